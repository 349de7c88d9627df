//! Everything that can be done to the jobs, and how often it is.

use chrono::{NaiveDateTime, TimeDelta};
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::models::jobs::NewJob;
use keiyaku::models::queues;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::ideal::Ideal;
use super::parts::{Answer, End, Job, Number, Said};

/// The types that the workers run; put in is also one that none does.
pub const KNOWN: [&str; 2] = ["hasty", "scripted"];
pub const UNKNOWN: &str = "invented_tomorrow";
pub const QUEUES: [&str; 3] = ["default", "mail", "reports"];
pub const USERS: [i64; 2] = [1, 2];
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
pub const ORPHAN_GRACE: TimeDelta = TimeDelta::seconds(60);
pub const ROOMS: [Rooms; 4] = [
    Rooms(&[], i64::MAX),
    Rooms(&[("mail", 1)], 2),
    Rooms(&[("default", 0), ("reports", 3)], 1),
    Rooms(&[("mail", 2)], 0),
];

/// What a process has room for: of these queues, and of each other one.
#[derive(Clone, Copy, Debug)]
pub struct Rooms(&'static [(&'static str, i64)], i64);

impl Rooms {
    pub fn of(self, queue: &str) -> i64 {
        self.0.iter().find(|(name, _)| *name == queue).map_or(self.1, |(_, room)| *room)
    }

    pub fn room(self) -> queues::Room {
        queues::Room { listed: self.0.iter().map(|(name, room)| ((*name).to_owned(), *room)).collect(), others: self.1 }
    }
}

/// What is put in. Times are microseconds, here and below.
#[derive(Clone, Debug)]
pub struct Put {
    job_type: &'static str,
    queue: &'static str,
    payload: &'static str,
    user: Option<i64>,
    priority: i32,
    max_retries: i32,
    delay: Option<i64>,
    key: Option<&'static str>,
    timeout: Option<i32>,
}

impl Put {
    pub fn at(&self, now: NaiveDateTime) -> NewJob {
        NewJob {
            job_type: self.job_type.to_owned(),
            queue: self.queue.to_owned(),
            payload: self.payload.to_owned(),
            user_id: self.user,
            priority: self.priority,
            max_retries: self.max_retries,
            scheduled_at: self.delay.map(|delay| now + TimeDelta::microseconds(delay)),
            unique_key: self.key.map(str::to_owned),
            timeout_seconds: self.timeout,
        }
    }
}

/// What becomes of an attempt.
#[derive(Clone, Debug)]
pub enum Ending {
    Complete(Said),
    /// With another attempt after a pause, while there are retries left; or without.
    Fail {
        outcome: AttemptOutcome,
        pause: Option<i64>,
    },
    HandBack,
    Snooze {
        nap: i64,
    },
}

impl Ending {
    /// What it means for a job that was claimed with `due` and `may_retry`.
    pub fn end(&self, due: NaiveDateTime, may_retry: bool, now: NaiveDateTime) -> End {
        match self {
            Ending::Complete(_) => End::Completed,
            Ending::Fail { outcome, pause } => {
                let retry_at = pause.filter(|_| may_retry).map(|pause| now + TimeDelta::microseconds(pause));
                End::Failed { outcome: *outcome, error: "no answer", retry_at }
            }
            Ending::HandBack => End::PutBack { outcome: AttemptOutcome::HandedBack, due },
            Ending::Snooze { nap } => {
                End::PutBack { outcome: AttemptOutcome::Snoozed, due: now + TimeDelta::microseconds(*nap) }
            }
        }
    }

    pub fn said(&self) -> Said {
        if let Ending::Complete(said) = self { said.clone() } else { Said::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Retry,
    Cancel,
}

impl Wish {
    pub fn statuses(self) -> &'static [JobStatus] {
        match self {
            Wish::Retry => &[JobStatus::Failed, JobStatus::Cancelled],
            Wish::Cancel => &[JobStatus::Pending, JobStatus::RetryPending, JobStatus::Processing],
        }
    }
}

/// Which jobs a wish is about.
#[derive(Clone, Debug)]
pub struct Wished {
    pub status: JobStatus,
    pub job_type: Option<&'static str>,
    pub queue: Option<&'static str>,
    pub user: Option<i64>,
    pub before: Option<Number>,
}

impl Wished {
    pub fn matches(&self, job: &Job) -> bool {
        job.status() == self.status
            && self.job_type.is_none_or(|job_type| job_type == job.put.job_type)
            && self.queue.is_none_or(|queue| queue == job.put.queue)
            && self.user.is_none_or(|user| job.put.user_id == Some(user))
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    Enqueue(Put),
    EnqueueAll(Vec<Put>),
    Claim { worker: usize, limit: usize, at_once: usize, rooms: Rooms },
    End { claim: Number, ending: Ending },
    CompleteAll { claims: Vec<Number> },
    Unclaim { claims: Vec<Number> },
    Report(Vec<(Number, Said)>),
    Heartbeat { worker: usize },
    LetGo { worker: usize },
    Crash { worker: usize },
    Tick { by: i64 },
    Settle { pause: i64 },
    RejectOrphans,
    Control { wish: Wish, job: Number },
    ControlAll { wish: Wish, wished: Wished, limit: usize },
    Pause { queue: &'static str, paused: bool },
    Limit { queue: &'static str, max_running: Option<i32> },
    DeleteUser { user: i64 },
    Prune { age: i64, step: usize },
}

impl Step {
    /// Whether the claims it names exist. When a step before was left out, that may be so no more.
    pub fn is_possible(&self, ideal: &Ideal) -> bool {
        match self {
            Step::End { claim, .. } => *claim < ideal.claims.len(),
            Step::CompleteAll { claims } | Step::Unclaim { claims } => {
                claims.iter().all(|claim| *claim < ideal.claims.len())
            }
            Step::Report(said) => said.iter().all(|(claim, _)| *claim < ideal.claims.len()),
            _ => true,
        }
    }

    pub fn take(&self, ideal: &mut Ideal) {
        let now = ideal.now;
        ideal.steps += 1;
        ideal.answer = Answer::Nothing;
        match self {
            Step::Enqueue(put) => ideal.answer = Answer::Put(vec![ideal.enqueue(&put.at(now))]),
            Step::EnqueueAll(puts) => {
                ideal.answer = Answer::Put(puts.iter().map(|put| ideal.enqueue(&put.at(now))).collect());
            }
            Step::Claim { worker, limit, at_once, rooms } => {
                ideal.answer = ideal.claim(*worker, *limit, *at_once, *rooms);
            }
            Step::End { claim, ending } => {
                let job = ideal.jobs.get(&ideal.claims[*claim].job);
                let end = job.map(|job| ending.end(job.due, job.retries < job.put.max_retries, now));
                ideal.answer = Answer::Counts(ideal.end(*claim, &end.unwrap_or(End::Completed), &ending.said()));
            }
            Step::CompleteAll { claims } => {
                let counted = claims.iter().filter(|claim| ideal.end(**claim, &End::Completed, &Said::default()));
                ideal.answer = Answer::Counted(counted.copied().collect());
            }
            Step::Unclaim { claims } => {
                let held = claims.iter().filter(|claim| ideal.unclaim(**claim));
                ideal.answer = Answer::Many(held.count());
            }
            Step::Report(said) => ideal.report(said),
            Step::Heartbeat { worker } => ideal.answer = Answer::Many(ideal.heartbeat(*worker)),
            Step::LetGo { worker } => ideal.let_go(*worker),
            Step::Crash { worker } => ideal.held[*worker].clear(),
            Step::Tick { by } => ideal.now += TimeDelta::microseconds(*by),
            Step::Settle { pause } => ideal.settle(TimeDelta::microseconds(*pause)),
            Step::RejectOrphans => ideal.reject_orphans(),
            Step::Control { wish, job } => ideal.answer = Answer::Became(ideal.control(*wish, *job)),
            Step::ControlAll { wish, wished, limit } => ideal.answer = ideal.control_all(*wish, wished, *limit),
            Step::Pause { queue, paused } => {
                ideal.queues.entry(queue).or_default().is_paused = *paused;
                ideal.write_out(|job| job.put.queue == *queue);
            }
            Step::Limit { queue, max_running } => {
                ideal.queues.entry(queue).or_default().max_running = *max_running;
                ideal.write_out(|job| job.put.queue == *queue);
            }
            Step::DeleteUser { user } => ideal.delete_user(*user),
            Step::Prune { age, step } => ideal.prune(now - TimeDelta::microseconds(*age), *step),
        }
    }
}

const SECOND: i64 = 1_000_000;

fn put() -> impl Strategy<Value = Put> {
    // Equal times and those just before and after are as likely as others.
    let delays = vec![-100 * SECOND, -SECOND, -1, 0, 1, 500_000, SECOND, 10 * SECOND, 45 * SECOND];
    let delay = prop_oneof![2 => Just(None), 3 => select(delays).prop_map(Some)];
    let what = (select(vec![KNOWN[0], KNOWN[1], KNOWN[1], UNKNOWN]), select(&QUEUES), select(vec!["{}", r#"{"n":1}"#]));
    let whose = (prop::option::weighted(0.3, select(&USERS)), prop::option::weighted(0.4, select(vec!["a", "b"])));
    let numbers = (-1..2_i32, 0..3_i32, prop::option::weighted(0.2, 1..100_i32));
    (what, whose, delay, numbers).prop_map(|((job_type, queue, payload), (user, key), delay, numbers)| {
        let (priority, max_retries, timeout) = numbers;
        Put { job_type, queue, payload, user, priority, max_retries, delay, key, timeout }
    })
}

fn said() -> impl Strategy<Value = Said> {
    let progress = prop::option::of((0..101_i32, select(vec!["half", "soon"])));
    (progress, prop::option::of(select(vec!["{}", "[1]"]))).prop_map(|(progress, output)| Said { progress, output })
}

fn ending() -> impl Strategy<Value = Ending> {
    let pauses = || select(vec![0, 1, SECOND, 20 * SECOND]);
    let outcome = select(vec![AttemptOutcome::Failed, AttemptOutcome::TimedOut, AttemptOutcome::Panicked]);
    prop_oneof![
        1 => Just(Ending::Complete(Said::default())),
        2 => said().prop_map(Ending::Complete),
        4 => (outcome, prop::option::weighted(0.7, pauses())).prop_map(|(outcome, pause)| Ending::Fail { outcome, pause }),
        1 => Just(Ending::HandBack),
        2 => pauses().prop_map(|nap| Ending::Snooze { nap }),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    select(vec![Wish::Retry, Wish::Retry, Wish::Cancel])
}

fn wished(wish: Wish, jobs: Number) -> impl Strategy<Value = Wished> {
    let (job_type, queue) = (prop::option::weighted(0.2, select(&KNOWN)), prop::option::weighted(0.3, select(&QUEUES)));
    let (user, before) = (prop::option::weighted(0.2, select(&USERS)), prop::option::weighted(0.2, 0..jobs + 1));
    (select(wish.statuses()), job_type, queue, user, before)
        .prop_map(|(status, job_type, queue, user, before)| Wished { status, job_type, queue, user, before })
}

/// One that it may happen to, or any.
fn job(ideal: &Ideal, wish: Wish) -> BoxedStrategy<Number> {
    let fit = ideal.jobs.iter().filter(|(_, job)| wish.statuses().contains(&job.status()));
    one_of(fit.map(|(number, _)| *number).collect(), (0..=ideal.put_in).collect())
}

/// Mostly one of the first ones.
fn one_of(first: Vec<Number>, others: Vec<Number>) -> BoxedStrategy<Number> {
    let others = (1, select(others).boxed());
    if first.is_empty() { others.1 } else { Union::new_weighted(vec![(4, select(first).boxed()), others]).boxed() }
}

/// A next step.
pub fn step(ideal: &Ideal) -> BoxedStrategy<Step> {
    let worker = || 0..3_usize;
    let ticks = vec![1, 1_000, 1_500_000, 10 * SECOND, 30 * SECOND, 31 * SECOND, 120 * SECOND];
    let claim = (worker(), 1..8_usize, 1..5_usize, select(&ROOMS))
        .prop_map(|(worker, limit, at_once, rooms)| Step::Claim { worker, limit, at_once: at_once.min(limit), rooms });
    let holders = (0..3).filter(|worker| !ideal.held[*worker].is_empty()).collect();
    let heartbeat = one_of(holders, vec![0, 1, 2]);
    let mut steps: Vec<(u32, BoxedStrategy<Step>)> = vec![
        (8, put().prop_map(Step::Enqueue).boxed()),
        (2, prop::collection::vec(put(), 1..6).prop_map(Step::EnqueueAll).boxed()),
        (12, claim.boxed()),
        (3, heartbeat.prop_map(|worker| Step::Heartbeat { worker }).boxed()),
        (3, worker().prop_map(|worker| Step::LetGo { worker }).boxed()),
        (2, worker().prop_map(|worker| Step::Crash { worker }).boxed()),
        (5, select(ticks).prop_map(|by| Step::Tick { by }).boxed()),
        (7, select(vec![0, 1, 5 * SECOND]).prop_map(|pause| Step::Settle { pause }).boxed()),
        (1, Just(Step::RejectOrphans).boxed()),
        (1, (select(vec![0, 100 * SECOND]), 1..4_usize).prop_map(|(age, step)| Step::Prune { age, step }).boxed()),
    ];
    steps.extend(of_operators(ideal));
    if !ideal.claims.is_empty() {
        steps.extend(of_claims(ideal));
    }
    Union::new_weighted(steps).boxed()
}

fn of_operators(ideal: &Ideal) -> Vec<(u32, BoxedStrategy<Step>)> {
    let (jobs, control) = (ideal.put_in, (job(ideal, Wish::Retry), job(ideal, Wish::Cancel), wish()));
    let control = control.prop_map(|(retry, cancel, wish)| match wish {
        Wish::Retry => Step::Control { wish, job: retry },
        Wish::Cancel => Step::Control { wish, job: cancel },
    });
    let control_all = wish().prop_flat_map(move |wish| {
        (wished(wish, jobs), 1..5_usize).prop_map(move |(wished, limit)| Step::ControlAll { wish, wished, limit })
    });
    let pauses = (select(&QUEUES), prop::bool::weighted(0.3));
    let limits = (select(&QUEUES), prop::option::of(1..4_i32));
    let mut steps = vec![
        (6, control.boxed()),
        (2, control_all.boxed()),
        (1, pauses.prop_map(|(queue, paused)| Step::Pause { queue, paused }).boxed()),
        (1, limits.prop_map(|(queue, max_running)| Step::Limit { queue, max_running }).boxed()),
    ];
    // Once in a sequence or so: what follows is about users who are gone.
    if ideal.steps > 60 && ideal.gone.len() < USERS.len() {
        steps.push((1, select(&USERS).prop_map(|user| Step::DeleteUser { user }).boxed()));
    }
    steps
}

/// Mostly those that a worker thinks it holds; of all the claims there have been, most are over.
fn of_claims(ideal: &Ideal) -> Vec<(u32, BoxedStrategy<Step>)> {
    let claim = || one_of(ideal.held.concat(), (0..ideal.claims.len()).collect());
    let end = (claim(), ending()).prop_map(|(claim, ending)| Step::End { claim, ending });
    let report = prop::collection::vec((claim(), said()), 1..4).prop_map(Step::Report);
    let mut steps = vec![(12, end.boxed()), (3, report.boxed())];
    if !ideal.claims.is_empty() {
        let claims = || prop::collection::vec(claim(), 1..6);
        steps.push((3, claims().prop_map(|claims| Step::CompleteAll { claims }).boxed()));
        steps.push((1, claims().prop_map(|claims| Step::Unclaim { claims }).boxed()));
    }
    steps
}
