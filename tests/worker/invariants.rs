//! What holds of every row whatever happens: random sequences of everything that can be done to jobs.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer};
use keiyaku::api::models::AttemptOutcome;
use keiyaku::db::{AnyConnection, DatabaseUrl, migrate};
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::control::{self, Outcome};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::{self, Filter, Job, NewJob};
use keiyaku::models::queues::Room;
use keiyaku::models::{attempts, queues};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::new_year;

const KNOWN: [&str; 2] = ["hasty", "scripted"];
const UNKNOWN: &str = "invented_tomorrow";
const LEASE: TimeDelta = TimeDelta::seconds(30);

#[derive(Clone, Debug)]
enum Step {
    Enqueue {
        job_type: &'static str,
        queue: &'static str,
        delay: i64,
        priority: i32,
        max_retries: i32,
    },
    Claim {
        worker: usize,
        limit: usize,
    },
    /// Ends one of all the claims there have been, most of which are over.
    End {
        claim: Index,
        end: End,
    },
    /// Ends many of them at once that leave nothing behind.
    CompleteAll {
        claims: Vec<Index>,
    },
    Heartbeat {
        worker: usize,
    },
    Tick {
        seconds: i64,
    },
    Settle,
    RejectOrphans,
    /// By hand, of one of all the jobs.
    Retry {
        job: Index,
    },
    Cancel {
        job: Index,
    },
    Pause {
        queue: &'static str,
        paused: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum End {
    Complete,
    Fail { pause: i64 },
    HandBack,
    Snooze { nap: i64 },
}

fn queue() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["default", "mail", "reports"])
}

fn step() -> impl Strategy<Value = Step> {
    let job_type = prop::sample::select(vec![KNOWN[0], KNOWN[1], KNOWN[1], UNKNOWN]);
    let end = prop_oneof![
        3 => Just(End::Complete),
        4 => (0..20_i64).prop_map(|pause| End::Fail { pause }),
        2 => Just(End::HandBack),
        2 => (0..20_i64).prop_map(|nap| End::Snooze { nap }),
    ];
    prop_oneof![
        4 => (job_type, queue(), 0..40_i64, -1..2_i32, 0..3_i32).prop_map(|(job_type, queue, delay, priority, max_retries)| {
            // Half of all jobs are due at once.
            Step::Enqueue { job_type, queue, delay: (delay - 20).max(0), priority, max_retries }
        }),
        4 => (0..3_usize, 1..5_usize).prop_map(|(worker, limit)| Step::Claim { worker, limit }),
        6 => (any::<Index>(), end).prop_map(|(claim, end)| Step::End { claim, end }),
        2 => prop::collection::vec(any::<Index>(), 1..6).prop_map(|claims| Step::CompleteAll { claims }),
        2 => (0..3_usize).prop_map(|worker| Step::Heartbeat { worker }),
        3 => (1..20_i64).prop_map(|seconds| Step::Tick { seconds }),
        3 => Just(Step::Settle),
        1 => Just(Step::RejectOrphans),
        2 => any::<Index>().prop_map(|job| Step::Retry { job }),
        1 => any::<Index>().prop_map(|job| Step::Cancel { job }),
        1 => (queue(), any::<bool>()).prop_map(|(queue, paused)| Step::Pause { queue, paused }),
    ]
}

/// The jobs, and what the test knows of them.
struct Queue {
    conn: AnyConnection,
    now: NaiveDateTime,
    /// Every row as it was after the last step.
    rows: HashMap<i64, Job>,
    /// Every row that a claim has returned.
    claims: Vec<Job>,
    paused: HashSet<&'static str>,
}

impl Queue {
    fn new(folder: &tempfile::TempDir) -> Queue {
        let path = folder.path().join("jobs.db");
        migrate(&DatabaseUrl::Sqlite(path.clone())).unwrap();
        let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        diesel::sql_query("PRAGMA synchronous = OFF").execute(&mut conn).unwrap();
        let now = new_year().naive_utc();
        Queue {
            conn: AnyConnection::Sqlite(conn),
            now,
            rows: HashMap::new(),
            claims: Vec::new(),
            paused: HashSet::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Enqueue { job_type, queue, delay, priority, max_retries } => {
                let scheduled_at = self.now + TimeDelta::seconds(delay);
                let payload = "{}".to_owned();
                let job = NewJob {
                    job_type: job_type.to_owned(),
                    queue: queue.to_owned(),
                    payload,
                    user_id: None,
                    priority,
                    max_retries,
                    scheduled_at: Some(scheduled_at),
                    unique_key: None,
                    timeout_seconds: None,
                };
                jobs::enqueue(&mut self.conn, &job, self.now).unwrap();
            }
            Step::Claim { worker, limit } => self.claim(worker, limit),
            Step::End { ref claim, end } if !self.claims.is_empty() => self.end(&claim.get(&self.claims).clone(), end),
            Step::CompleteAll { ref claims } if !self.claims.is_empty() => self.complete_all(claims),
            Step::End { .. } | Step::CompleteAll { .. } => {}
            Step::Heartbeat { worker } => self.heartbeat(worker),
            Step::Tick { seconds } => self.now += TimeDelta::seconds(seconds),
            Step::Settle => self.settle(),
            Step::RejectOrphans => self.reject_orphans(),
            Step::Retry { ref job } => self.control(job, control::retry, &["failed", "cancelled"], "pending"),
            Step::Cancel { ref job } => {
                self.control(job, control::cancel, &["pending", "retry_pending", "processing"], "cancelled");
            }
            Step::Pause { queue, paused } => {
                queues::set_paused(&mut self.conn, queue, paused).unwrap();
                if paused {
                    self.paused.insert(queue)
                } else {
                    self.paused.remove(queue)
                };
            }
        }
    }

    /// What an operator does: it happens to jobs of these statuses and changes nothing of others.
    fn control(
        &mut self,
        job: &Index,
        wish: fn(&mut AnyConnection, i64, NaiveDateTime) -> QueryResult<Outcome>,
        from: &[&str],
        to: &str,
    ) {
        let mut ids: Vec<i64> = self.rows.keys().copied().collect();
        ids.sort_unstable();
        let id = if ids.is_empty() { 1 } else { *job.get(&ids) };
        match (wish(&mut self.conn, id, self.now).unwrap(), self.rows.get(&id)) {
            (Outcome::Missing, None) => {}
            (Outcome::Changed(after), Some(before)) => {
                assert!(from.contains(&before.status.as_str()) && after.status == to, "{before:?} became {after:?}");
            }
            (Outcome::Refused(status), Some(before)) => {
                assert!(status == before.status && !from.contains(&status.as_str()), "{before:?} was refused");
            }
            (outcome, before) => panic!("{before:?}: {outcome:?}"),
        }
    }

    /// Whether a claim may take it.
    fn is_open(&self, job: &Job) -> bool {
        job.claimable && KNOWN.contains(&job.job_type.as_str()) && !self.paused.contains(job.queue.as_str())
    }

    /// A claim takes exactly the first of those that can be claimed, in order.
    fn claim(&mut self, worker: usize, limit: usize) {
        let mut expected: Vec<&Job> = self.rows.values().filter(|job| self.is_open(job)).collect();
        expected.sort_by_key(|job| (-job.priority, job.scheduled_at, job.id));
        let expected: Vec<i64> = expected.into_iter().take(limit).map(|job| job.id).collect();
        let claim = Claim {
            job_types: KNOWN.to_vec(),
            limit: i64::try_from(limit).unwrap(),
            at_once: i64::try_from(limit).unwrap(),
            room: Room::ANY,
            worker: worker.to_string(),
            until: self.now + LEASE,
        };
        let claimed = claim::claim(&mut self.conn, &claim, self.now).unwrap().jobs;
        assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), expected);
        let newest = self.claims.iter().filter_map(|job| job.lease).max();
        assert!(claimed.iter().all(|job| job.lease > newest), "a lease has a number that was never given before");
        self.claims.extend(claimed);
    }

    /// An end happens if its claim still holds the row, else it changes nothing.
    fn end(&mut self, claim: &Job, end: End) {
        let (now, holds) = (self.now, self.rows[&claim.id].lease == claim.lease);
        let ended = self.conn.transaction(|conn| match end {
            End::Complete => {
                lease::complete(conn, claim, &Report { progress: None, output: Some("{}".to_owned()) }, now)
            }
            End::Fail { pause } => {
                let retry_at = (claim.retry_count < claim.max_retries).then(|| now + TimeDelta::seconds(pause));
                lease::fail(conn, claim, AttemptOutcome::Failed, "no answer", retry_at, now)
            }
            End::HandBack => lease::put_back(conn, claim, AttemptOutcome::HandedBack, claim.scheduled_at, now),
            End::Snooze { nap } => {
                lease::put_back(conn, claim, AttemptOutcome::Snoozed, now + TimeDelta::seconds(nap), now)
            }
        });
        assert_eq!(ended, if holds { Ok(()) } else { Err(Error::RollbackTransaction) });
    }

    /// Those happen whose claims still hold their rows, and no other.
    fn complete_all(&mut self, claims: &[Index]) {
        let claims: HashSet<_> =
            claims.iter().map(|claim| claim.get(&self.claims)).map(|job| (job.id, job.lease)).collect();
        let hold: HashSet<_> = claims.iter().copied().filter(|(id, lease)| self.rows[id].lease == *lease).collect();
        assert_eq!(lease::complete_all(&mut self.conn, claims, "w", self.now).unwrap(), hold);
        for (id, _) in hold {
            assert_eq!(jobs::find(&mut self.conn, id).unwrap().unwrap().status, "completed");
            let last = attempts::of_job(&mut self.conn, id).unwrap().pop().unwrap();
            assert_eq!((last.outcome.as_str(), last.finished_at), ("completed", self.now));
        }
    }

    fn heartbeat(&mut self, worker: usize) {
        let name = worker.to_string();
        let ids: Vec<i64> = self.claims.iter().map(|job| job.id).collect();
        let held = self.rows.values().filter(|job| job.worker.as_deref() == Some(&name)).count();
        assert_eq!(lease::heartbeat(&mut self.conn, &ids, &name, self.now + LEASE).unwrap(), held);
    }

    /// What the keeper does.
    fn settle(&mut self) {
        let now = self.now;
        let due = lease::due(&mut self.conn, now, 1_000).unwrap();
        let (lost, waiting): (Vec<_>, Vec<_>) = due.into_iter().partition(|job| job.lease.is_some());
        for job in lost {
            let retry_at = (job.retry_count < job.max_retries).then_some(now);
            lease::fail(&mut self.conn, &job, AttemptOutcome::Lost, "the worker was lost", retry_at, now).unwrap();
        }
        let ids: Vec<i64> = waiting.iter().map(|job| job.id).collect();
        assert_eq!(lease::release(&mut self.conn, &ids).unwrap(), ids.len());
        assert!(lease::due(&mut self.conn, now, 1).unwrap().is_empty());
    }

    fn reject_orphans(&mut self) {
        let since = self.now - TimeDelta::seconds(10);
        for job in lease::orphans(&mut self.conn, &KNOWN, since, 1_000).unwrap() {
            assert!(job.job_type == UNKNOWN && job.claimable && job.scheduled_at <= since);
            lease::reject(&mut self.conn, &job, "No processor", self.now).unwrap();
        }
    }

    /// Looks at every row after a step.
    fn check(&mut self) {
        let rows = jobs::list(&mut self.conn, &Filter::default(), i64::MAX).unwrap();
        let newest = self.rows.values().map(|job| job.version).max().unwrap_or_default();
        let recorded = self.recorded();
        for job in &rows {
            is_sound(job, self.now);
            let running = i32::from(job.status == "processing");
            assert_eq!(recorded.get(&job.id).unwrap_or(&0) + running, job.attempts, "{job:?}");
            match self.rows.get(&job.id) {
                Some(before) if before.version == job.version => {
                    let but_for_the_heartbeat = Job { wake_at: before.wake_at, ..job.clone() };
                    assert_eq!(but_for_the_heartbeat, *before);
                    assert!(job.wake_at == before.wake_at || running == 1, "{job:?}");
                }
                _ => assert!(job.version > newest, "a change has the newest version: {job:?}"),
            }
        }
        self.check_outlook(&rows);
        self.rows = rows.into_iter().map(|job| (job.id, job)).collect();
    }

    /// How many attempts of each job are on record.
    fn recorded(&mut self) -> HashMap<i64, i32> {
        #[derive(QueryableByName)]
        struct Recorded {
            #[diesel(sql_type = BigInt)]
            job_id: i64,
            #[diesel(sql_type = Integer)]
            attempts: i32,
        }
        let query = diesel::sql_query("SELECT job_id, count(*) AS attempts FROM job_attempts GROUP BY job_id");
        let rows: Vec<Recorded> = query.load(&mut self.conn).unwrap();
        rows.into_iter().map(|row| (row.job_id, row.attempts)).collect()
    }

    fn check_outlook(&mut self, rows: &[Job]) {
        let claimable = rows.iter().any(|job| self.is_open(job));
        let next = rows.iter().filter_map(|job| job.wake_at).min();
        let outlook = claim::outlook(&mut self.conn, &KNOWN, &Room::ANY).unwrap();
        assert_eq!((outlook.is_claimable, outlook.next), (claimable, next));
    }
}

/// The invariants of `src/models/jobs.rs`, of one row.
fn is_sound(job: &Job, now: NaiveDateTime) {
    let held = job.lease.is_some() && job.worker.is_some();
    let free = job.lease.is_none() && job.worker.is_none();
    let sound = match job.status.as_str() {
        "pending" | "retry_pending" => {
            let waits = if job.claimable {
                job.scheduled_at <= now && job.wake_at.is_none()
            } else {
                job.wake_at == Some(job.scheduled_at)
            };
            free && waits && job.completed_at.is_none() && (job.status == "pending") == (job.retry_count == 0)
        }
        "processing" => held && !job.claimable && job.wake_at.is_some() && job.started_at.is_some(),
        "completed" | "failed" | "cancelled" => {
            free && !job.claimable && job.wake_at.is_none() && job.completed_at.is_some()
        }
        _ => false,
    };
    assert!(sound && job.retry_count <= job.max_retries, "at {now}: {job:?}");
}

#[test]
fn every_row_keeps_its_invariants_whatever_happens_to_the_jobs() {
    // 10,000 steps, and twenty times as many in the long form.
    let cases = if std::env::var_os("KEIYAKU_LONG").is_some_and(|value| value != "0") { 1_000 } else { 50 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 200))| {
        let folder = tempfile::tempdir().unwrap();
        let mut queue = Queue::new(&folder);
        for step in &steps {
            queue.take(step);
            queue.check();
        }
    });
}
