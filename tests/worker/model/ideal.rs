//! The queue as it should be, in plain fields: what every operation answers, and what every job is like afterwards, known
//! from what was asked before alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDateTime, TimeDelta};
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::models::jobs::NewJob;

use super::parts::{Answer, Attempt, Became, Before, Claim, End, Job, Number, Said, Settings, State};
use super::steps::{LEASE, ORPHAN_GRACE, Rooms, Wish, Wished};
use crate::database::is_postgres;
use crate::support::new_year;

#[derive(Clone, Debug)]
pub struct Ideal {
    pub now: NaiveDateTime,
    /// Those that are left of the jobs.
    pub jobs: BTreeMap<Number, Job>,
    pub put_in: Number,
    pub claims: Vec<Claim>,
    /// When the leases end that are left.
    pub leases: BTreeMap<Number, NaiveDateTime>,
    given: Number,
    /// The claims that each worker thinks it holds.
    pub held: [Vec<Number>; 3],
    /// Those that they have ended, the last one last.
    ended: Vec<Number>,
    pub queues: BTreeMap<&'static str, Settings>,
    /// Users who were deleted.
    pub gone: BTreeSet<i64>,
    pub steps: usize,
    pub answer: Answer,
}

impl Ideal {
    pub fn new() -> Ideal {
        Ideal {
            now: new_year().naive_utc(),
            jobs: BTreeMap::new(),
            put_in: 0,
            claims: Vec::new(),
            leases: BTreeMap::new(),
            given: 0,
            held: Default::default(),
            ended: Vec::new(),
            queues: BTreeMap::new(),
            gone: BTreeSet::new(),
            steps: 0,
            answer: Answer::Nothing,
        }
    }

    /// The job, which becomes another by this.
    fn change(&mut self, job: Number) -> &mut Job {
        let changed = self.jobs.get_mut(&job).unwrap();
        changed.changed_in = self.steps;
        changed
    }

    /// The same, unless its row is left as it was.
    fn change_unless(&mut self, is_left: bool, job: Number) -> &mut Job {
        if is_left { self.jobs.get_mut(&job).unwrap() } else { self.change(job) }
    }

    fn all(&self, wanted: impl Fn(&Job) -> bool) -> Vec<Number> {
        self.jobs.iter().filter(|(_, job)| wanted(job)).map(|(number, _)| *number).collect()
    }

    /// Whether the claim is the one that its job runs by.
    pub fn holds(&self, claim: Number) -> bool {
        let job = self.jobs.get(&self.claims[claim].job);
        job.is_some_and(|job| job.state == State::Running { claim })
    }

    /// The unfinished job that has the key.
    fn holder(&self, put: &NewJob) -> Option<Number> {
        let has_key = |job: &Job| job.put.job_type == put.job_type && job.put.unique_key == put.unique_key;
        put.unique_key.as_ref()?;
        self.all(|job| has_key(job) && !job.has_ended()).pop()
    }

    pub fn enqueue(&mut self, put: &NewJob) -> (Number, bool) {
        if let Some(holder) = self.holder(put) {
            return (holder, false);
        }
        let (number, now, due) = (self.put_in, self.now, put.scheduled_at.unwrap_or(self.now));
        let job = Job {
            put: put.clone(),
            created: now,
            due,
            state: State::Waiting { is_noticed: due <= now },
            started: None,
            retries: 0,
            losses: 0,
            ahead: false,
            is_listed: false,
            before: Before::default(),
            error: None,
            output: None,
            progress: None,
            note: None,
            attempts: Vec::new(),
            changed_in: self.steps,
        };
        self.jobs.insert(number, job);
        self.put_in += 1;
        (number, true)
    }

    /// How many more jobs of each queue that is not paused and has claimable ones may be claimed.
    pub fn room(&self, rooms: Rooms) -> HashMap<String, i64> {
        let mut room = HashMap::new();
        for queue in self.jobs.values().filter(|job| job.is_row_claimable()).map(|job| &job.put.queue) {
            let settings = self.queues.get(queue.as_str()).copied().unwrap_or_default();
            let running =
                self.jobs.values().filter(|job| job.put.queue == *queue && job.status() == JobStatus::Processing);
            let left = settings.max_running.map_or(i64::MAX, |most| i64::from(most) - running.count() as i64);
            if !settings.is_paused {
                room.insert(queue.clone(), left.min(rooms.of(queue)));
            }
        }
        room
    }

    /// Whether a queue with jobs that wait has a limit.
    fn has_limits(&self) -> bool {
        let waiting = self.jobs.values().filter(|job| job.is_row_claimable());
        let mut settings = waiting.filter_map(|job| self.queues.get(job.put.queue.as_str()));
        settings.any(|settings| !settings.is_paused && settings.max_running.is_some())
    }

    /// Their rows say that they run, those of them whose rows did not.
    pub fn write_out(&mut self, wanted: impl Fn(&Job) -> bool) {
        for number in self.all(|job| job.is_running() && job.is_listed && wanted(job)) {
            self.change(number).is_listed = false;
        }
    }

    /// The most urgent jobs there is room for: of each queue the first are looked at, as many as might be taken. The most
    /// urgent of all start at once, and those behind them are claimed ahead if they never lost a worker.
    pub fn claim(&mut self, worker: usize, limit: usize, at_once: usize, rooms: Rooms) -> Answer {
        let room = self.room(rooms);
        let mut due = self.all(|job| job.is_claimable() && job.is_known());
        due.sort_by_key(|number| (Reverse(self.jobs[number].put.priority), self.jobs[number].due, *number));
        let mut looked_at: HashMap<&str, i64> = HashMap::new();
        due.retain(|number| {
            let queue = self.jobs[number].put.queue.as_str();
            let before = looked_at.entry(queue).or_default();
            *before += 1;
            room.get(queue).is_some_and(|room| *before <= (*room).min(limit as i64))
        });
        due.truncate(limit);
        let behind = due.split_off(at_once.min(due.len()));
        let (ahead, suspects): (Vec<_>, Vec<_>) = behind.into_iter().partition(|number| self.jobs[number].losses == 0);
        let is_held_back = room.values().any(|room| *room <= 0) || !suspects.is_empty();
        let jobs: Vec<Number> = due.iter().chain(&ahead).copied().collect();
        let (lease, now, lists) = (self.given, self.now, is_postgres() && !self.has_limits());
        if !jobs.is_empty() {
            self.leases.insert(lease, now + LEASE);
            self.given += 1;
        }
        for (place, number) in jobs.iter().enumerate() {
            let claim = self.claims.len();
            self.claims.push(Claim { job: *number, worker, lease });
            self.held[worker].push(claim);
            let (is_ahead, is_listed) = (place >= at_once, lists && place >= at_once);
            let job = self.change_unless(is_listed, *number);
            job.state = State::Running { claim };
            job.before = Before {
                started: job.started.replace(now),
                output: job.output.take(),
                progress: job.progress.take(),
                note: job.note.take(),
            };
            (job.ahead, job.is_listed) = (is_ahead, is_listed);
        }
        Answer::Claimed { jobs, is_held_back }
    }

    /// The attempt ends if its claim still holds; its worker forgets it in any case.
    pub fn end(&mut self, claim: Number, end: &End, said: &Said) -> bool {
        self.held.iter_mut().for_each(|held| held.retain(|held| *held != claim));
        self.ended.push(claim);
        self.leave(claim, end, said)
    }

    /// The attempt never began: if its claim still holds, the job is as though nobody had claimed it.
    pub fn unclaim(&mut self, claim: Number) -> bool {
        self.held.iter_mut().for_each(|held| held.retain(|held| *held != claim));
        self.ended.push(claim);
        let holds = self.holds(claim);
        if holds {
            let number = self.claims[claim].job;
            let job = self.change_unless(self.jobs[&number].is_listed, number);
            job.started = job.attempts.last().map(|last| last.started);
            if job.is_listed {
                let before = std::mem::take(&mut job.before);
                (job.started, job.output) = (before.started, before.output);
                (job.progress, job.note) = (before.progress, before.note);
            }
            job.state = State::Waiting { is_noticed: true };
        }
        holds
    }

    /// The leases that a worker extends: of the claims that it holds, and of some whose end it has not heard of yet.
    pub fn extended(&self, worker: usize) -> BTreeSet<Number> {
        let unheard = self.ended.iter().rev().take(8).filter(|claim| self.claims[**claim].worker == worker);
        self.held[worker].iter().chain(unheard).map(|claim| self.claims[*claim].lease).collect()
    }

    /// The leases that it takes away: of claims that have ended, and which hold nothing that it knows of.
    pub fn over(&self, worker: usize) -> BTreeSet<Number> {
        let ended = self.ended.iter().filter(|claim| self.claims[**claim].worker == worker);
        let held: BTreeSet<Number> = self.held[worker].iter().map(|claim| self.claims[*claim].lease).collect();
        ended.map(|claim| self.claims[*claim].lease).filter(|lease| !held.contains(lease)).collect()
    }

    fn leave(&mut self, claim: Number, end: &End, said: &Said) -> bool {
        if !self.holds(claim) {
            return false;
        }
        let (number, now) = (self.claims[claim].job, self.now);
        match end {
            End::Completed => {
                self.record(number, AttemptOutcome::Completed, None);
                let job = self.change(number);
                job.error = None;
                job.state = State::Ended { status: JobStatus::Completed, at: now };
                if !said.is_something() {
                    return true;
                }
                self.say(number, said);
            }
            End::Failed { outcome, error, retry_at } => {
                self.record(number, *outcome, Some(error));
                let job = self.change(number);
                job.error = Some((*error).to_owned());
                match retry_at {
                    Some(due) => {
                        job.retries += 1;
                        job.wait_until(*due, now);
                    }
                    None => job.state = State::Ended { status: JobStatus::Failed, at: now },
                }
            }
            End::PutBack { outcome, due } => {
                self.record(number, *outcome, None);
                self.change(number).wait_until(*due, now);
            }
        }
        self.erase_if_gone(number);
        true
    }

    fn record(&mut self, number: Number, outcome: AttemptOutcome, error: Option<&str>) {
        let job = &self.jobs[&number];
        let State::Running { claim } = job.state else { panic!("{job:?} does not run") };
        let attempt = Attempt {
            outcome,
            worker: self.claims[claim].worker.to_string(),
            error: error.map(str::to_owned),
            started: job.started.unwrap(),
            ended: self.now,
        };
        self.change(number).attempts.push(attempt);
    }

    fn say(&mut self, number: Number, said: &Said) {
        let job = self.change(number);
        if let Some((progress, note)) = said.progress {
            (job.progress, job.note) = (Some(progress), Some(note.to_owned()));
        }
        job.output = said.output.map(str::to_owned).or(job.output.take());
    }

    pub fn report(&mut self, claims: &[(Number, Said)]) {
        for (claim, said) in claims {
            if self.holds(*claim) {
                let job = self.change(self.claims[*claim].job);
                job.ahead &= !job.is_listed;
                job.is_listed = false;
                self.say(self.claims[*claim].job, said);
                self.erase_if_gone(self.claims[*claim].job);
            }
        }
    }

    pub fn heartbeat(&mut self, worker: usize) -> usize {
        let (given, ends_at) = (self.extended(worker), self.now + LEASE);
        let extended = self.leases.iter_mut().filter(|(lease, _)| given.contains(lease));
        extended.map(|(_, end)| *end = ends_at).count()
    }

    pub fn let_go(&mut self, worker: usize) {
        let over = self.over(worker);
        self.leases.retain(|lease, _| !over.contains(lease));
        let claims = self.claims.clone();
        self.write_out(|job| matches!(job.state, State::Running { claim } if over.contains(&claims[claim].lease)));
    }

    /// What time alone changes: waiting jobs that are due, and running ones whose lease is gone. Who had been claimed
    /// ahead is not charged for it.
    pub fn settle(&mut self, pause: TimeDelta) {
        let now = self.now;
        for number in self.all(|job| job.wakes().is_some_and(|wakes| wakes <= now)) {
            self.change(number).state = State::Waiting { is_noticed: true };
        }
        self.leases.retain(|_, end| *end > now);
        for number in self.jobs.keys().copied().collect::<Vec<_>>() {
            let State::Running { claim } = self.jobs[&number].state else { continue };
            if self.leases.contains_key(&self.claims[claim].lease) {
                continue;
            }
            let job = self.change(number);
            job.losses += 1;
            let end = if job.ahead {
                End::PutBack { outcome: AttemptOutcome::Lost, due: job.due }
            } else {
                let retry_at = (job.retries < job.put.max_retries).then_some(now + pause);
                End::Failed { outcome: AttemptOutcome::Lost, error: "the worker was lost", retry_at }
            };
            // The worker does not know, and goes on.
            self.leave(claim, &end, &Said::default());
        }
    }

    pub fn reject_orphans(&mut self) {
        let (now, since) = (self.now, self.now - ORPHAN_GRACE);
        let is_paused = |queue: &str| self.queues.get(queue).is_some_and(|settings| settings.is_paused);
        let is_orphan =
            |job: &Job| job.is_claimable() && !job.is_known() && job.due <= since && !is_paused(&job.put.queue);
        for number in self.all(is_orphan) {
            let job = self.change(number);
            job.error = Some(format!("No processor for job type: {}", job.put.job_type));
            job.state = State::Ended { status: JobStatus::Failed, at: now };
        }
    }

    /// What an operator wishes for one job.
    pub fn control(&mut self, wish: Wish, number: Number) -> Became {
        let Some(job) = self.jobs.get(&number) else { return Became::Missing };
        if !wish.statuses().contains(&job.status()) {
            return Became::Refused(job.status());
        }
        let holder = self.holder(&job.put).filter(|_| wish == Wish::Retry);
        if let Some(holder) = holder {
            return Became::Taken(holder);
        }
        let now = self.now;
        match wish {
            Wish::Retry => self.change(number).restart(now),
            Wish::Cancel => {
                if job.is_running() {
                    self.record(number, AttemptOutcome::Cancelled, None);
                }
                self.change(number).state = State::Ended { status: JobStatus::Cancelled, at: now };
            }
        }
        Became::Changed
    }

    /// And for many: the newest that are found.
    pub fn control_all(&mut self, wish: Wish, wished: &Wished, limit: usize) -> Answer {
        let mut found = self.all(|job| wished.matches(job));
        found.retain(|number| wished.before.is_none_or(|before| *number < before));
        let found: Vec<Number> = found.into_iter().rev().take(limit).collect();
        let became: Vec<Became> = found.iter().map(|number| self.control(wish, *number)).collect();
        let changed = became.iter().filter(|became| **became == Became::Changed).count();
        let last = found.last().copied().filter(|_| found.len() == limit);
        Answer::Stepped { changed, taken: found.len() - changed, last }
    }

    pub fn delete_user(&mut self, user: i64) {
        self.gone.insert(user);
        self.erase(user);
    }

    fn erase(&mut self, user: i64) {
        for number in self.all(|job| job.put.user_id == Some(user)) {
            let job = self.change(number);
            job.is_listed = false;
            job.put.payload = format!(r#"{{"user_id":{user}}}"#);
            (job.put.unique_key, job.error, job.output, job.note) = (None, None, None, None);
            job.attempts.iter_mut().for_each(|attempt| attempt.error = None);
        }
    }

    /// What an attempt brings home of a user who was deleted while it ran.
    fn erase_if_gone(&mut self, number: Number) {
        if let Some(user) = self.jobs[&number].put.user_id.filter(|user| self.gone.contains(user)) {
            self.erase(user);
        }
    }

    /// Of the oldest ended ones of each status, so many, those are deleted that ended before `end`.
    pub fn prune(&mut self, end: NaiveDateTime, step: usize) {
        for status in [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled] {
            for number in self.all(|job| job.status() == status).into_iter().take(step) {
                if matches!(self.jobs[&number].state, State::Ended { at, .. } if at < end) {
                    self.jobs.remove(&number);
                }
            }
        }
    }
}
