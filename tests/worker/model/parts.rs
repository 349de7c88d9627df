//! What the model is made of: jobs, attempts, claims and answers, in plain fields.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::models::jobs::NewJob;

use super::steps::KNOWN;

/// Jobs and claims go by their place among all that there have been, because ids and leases are the database's to choose.
pub type Number = usize;

/// What a job is waiting for, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// To be claimed, as soon as somebody has noticed that it is due.
    Waiting {
        is_noticed: bool,
    },
    Running {
        claim: Number,
    },
    Ended {
        status: JobStatus,
        at: NaiveDateTime,
    },
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub outcome: AttemptOutcome,
    pub worker: String,
    pub error: Option<String>,
    pub started: NaiveDateTime,
    pub ended: NaiveDateTime,
}

/// What a claim takes away.
#[derive(Clone, Debug, Default)]
pub struct Before {
    pub started: Option<NaiveDateTime>,
    pub output: Option<String>,
    pub progress: Option<i32>,
    pub note: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Job {
    /// As it was put in, but for what was erased.
    pub put: NewJob,
    pub created: NaiveDateTime,
    pub due: NaiveDateTime,
    pub state: State,
    pub started: Option<NaiveDateTime>,
    pub retries: i32,
    pub losses: i32,
    /// Whether its last claim was ahead of its start.
    pub ahead: bool,
    /// Of one that runs: whether its row does not say so, but only a list of its claim.
    pub is_listed: bool,
    /// And what its row says meanwhile of the attempts before.
    pub before: Before,
    pub error: Option<String>,
    pub output: Option<String>,
    pub progress: Option<i32>,
    pub note: Option<String>,
    /// Those that have ended.
    pub attempts: Vec<Attempt>,
    /// The step that changed it last.
    pub changed_in: usize,
}

impl Job {
    pub fn status(&self) -> JobStatus {
        match self.state {
            State::Running { .. } if !self.is_listed => JobStatus::Processing,
            State::Ended { status, .. } => status,
            _ if self.retries == 0 => JobStatus::Pending,
            _ => JobStatus::RetryPending,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    pub fn is_claimable(&self) -> bool {
        self.state == State::Waiting { is_noticed: true }
    }

    /// Whether its row is among the claimable ones.
    pub fn is_row_claimable(&self) -> bool {
        self.is_claimable() || self.is_running() && self.is_listed
    }

    /// When time alone changes it.
    pub fn wakes(&self) -> Option<NaiveDateTime> {
        match self.state {
            State::Waiting { is_noticed: false } => Some(self.due),
            _ => None,
        }
    }

    /// Who has completed it.
    pub fn completed_by(&self) -> Option<String> {
        let last = self.attempts.last().filter(|last| last.outcome == AttemptOutcome::Completed);
        last.map(|last| last.worker.clone())
    }

    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }

    pub fn is_known(&self) -> bool {
        KNOWN.contains(&self.put.job_type.as_str())
    }

    pub fn wait_until(&mut self, due: NaiveDateTime, now: NaiveDateTime) {
        self.due = due;
        self.state = State::Waiting { is_noticed: due <= now };
    }

    pub fn restart(&mut self, now: NaiveDateTime) {
        (self.retries, self.error, self.started) = (0, None, None);
        self.wait_until(now, now);
    }
}

/// What somebody was given to run.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub job: Number,
    pub worker: usize,
    /// Those of one claim have one lease.
    pub lease: Number,
}

/// How an attempt ends.
#[derive(Clone, Debug)]
pub enum End {
    Completed,
    Failed { outcome: AttemptOutcome, error: &'static str, retry_at: Option<NaiveDateTime> },
    PutBack { outcome: AttemptOutcome, due: NaiveDateTime },
}

/// What an attempt says of itself.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub progress: Option<(i32, &'static str)>,
    pub output: Option<&'static str>,
}

impl Said {
    pub fn is_something(&self) -> bool {
        self.progress.is_some() || self.output.is_some()
    }
}

/// What the last step has to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Nothing,
    /// The job that has the key, and whether it is the new one.
    Put(Vec<(Number, bool)>),
    /// The jobs in order; the claims are the newest.
    Claimed {
        jobs: Vec<Number>,
        is_held_back: bool,
    },
    /// Whether the claim still held.
    Counts(bool),
    /// The claims that still held.
    Counted(BTreeSet<Number>),
    /// Jobs or leases that were changed.
    Many(usize),
    Became(Became),
    Stepped {
        changed: usize,
        taken: usize,
        last: Option<Number>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    Changed,
    Missing,
    Refused(JobStatus),
    Taken(Number),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub is_paused: bool,
    pub max_running: Option<i32>,
}
