//! Job types: one file each, a payload from the contract and what running it means.
//!
//! `run` does the outside work and hands back its database writes as a [`Done`]; the worker commits those together with
//! the completion, so they happen once, whatever crashes. To add a type: its schema under `x-job-types` in the contract,
//! one file here, one line in [`Registry::all`].

mod data_analysis;
mod erase_mail;
mod send_welcome_email;
mod user_created;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::NaiveDateTime;
use diesel::QueryResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::api::models::{DataAnalysisPayload, EraseMailPayload, SendWelcomeEmailPayload, UserCreatedPayload};
use crate::app::App;
use crate::db::{AnyConnection, DbError, storable};
use crate::models::jobs::lease::Report;
use crate::models::jobs::{self, NewJob};

pub(crate) use user_created::profile;

/// A job type, implemented for its payload.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name under which the contract lists it.
    const JOB_TYPE: &'static str;
    /// The higher, the sooner.
    const PRIORITY: i32 = 0;
    /// Attempts after the first.
    const MAX_RETRIES: i32 = 3;
    /// How long an attempt may take before it is abandoned and counts as failed.
    const TIMEOUT: Duration = Duration::from_secs(60);

    /// How long to wait before a retry, the first of which is 0; up to half of it is taken off at random. By default it doubles
    /// from a second up to ten minutes.
    fn backoff(retry: u32) -> Duration {
        exponential(retry)
    }

    /// A text of which there is at most one among the unfinished jobs of the type; [`jobs::enqueue`] then names the one there
    /// is.
    fn unique_key(&self) -> Option<String> {
        None
    }

    /// Whose data the payload holds. Such a payload has the id in `user_id`, and when the user is erased, nothing else; the
    /// job must bear that.
    fn user_id(&self) -> Option<i64> {
        None
    }

    /// One attempt. It may be repeated: outside effects must bear that, database writes belong into [`Done`].
    fn run(self, context: Context) -> impl Future<Output = Result<Done, JobError>> + Send;
}

/// What an attempt works with.
#[derive(Clone)]
pub struct Context {
    /// The shared parts.
    pub app: App,
    /// The row as it was claimed.
    pub job: Arc<jobs::Job>,
    /// Cancelled when the attempt counts no more: the job was cancelled, or the lease is lost. One that does not stop within
    /// some seconds is abandoned. One that stops before its work is done has to say so by an error: a lease that could not be
    /// extended in time may still hold.
    pub revoked: CancellationToken,
    pub(crate) said: Said,
}

impl Context {
    /// Shows how far the attempt is: 0 to 100, and a note, without secrets or personal data. It can be called as often as one
    /// likes: what was said last is written down a few times a second.
    pub fn progress(&self, percent: u8, note: impl Into<String>) {
        let progress = Some((i32::from(percent.min(100)), storable(note.into())));
        self.said.add(Report { progress, output: None });
    }

    /// Shows what the attempt has found out so far, one JSON object; [`Done::output`] has the last word.
    pub fn output(&self, output: &serde_json::Map<String, serde_json::Value>) {
        self.said.add(Report { progress: None, output: serde_json::to_string(output).ok() });
    }
}

/// What an attempt has said of itself and nobody has written down yet.
#[derive(Clone)]
pub(crate) struct Said {
    unwritten: Arc<Mutex<Unwritten>>,
    /// Told when there is something.
    told: Arc<Notify>,
}

#[derive(Default)]
struct Unwritten {
    report: Report,
    /// How often something was said so far.
    times: u64,
}

impl Said {
    pub(crate) fn new(told: &Arc<Notify>) -> Said {
        Said { unwritten: Arc::default(), told: Arc::clone(told) }
    }

    /// No code panics while it holds the lock; if one did, what it holds would still be whole.
    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, report: Report) {
        let mut unwritten = self.unwritten();
        unwritten.report = std::mem::take(&mut unwritten.report).then(report);
        unwritten.times += 1;
        self.told.notify_one();
    }

    /// What is not written down, and up to which time it was said. It stays until [`Said::is_written`]: what is being written may
    /// come too late or fail, and then goes with the end of the attempt.
    pub(crate) fn report(&self) -> (Report, u64) {
        let unwritten = self.unwritten();
        (unwritten.report.clone(), unwritten.times)
    }

    /// What was said up to then is committed; if more was said since, all of it is written once more.
    pub(crate) fn is_written(&self, times: u64) {
        let mut unwritten = self.unwritten();
        if unwritten.times == times {
            unwritten.report = Report::default();
        }
    }
}

type Effects = Arc<dyn Fn(&mut AnyConnection, NaiveDateTime) -> QueryResult<()> + Send + Sync>;

/// What a successful attempt leaves behind.
#[derive(Clone, Default)]
pub struct Done {
    pub(crate) effects: Option<Effects>,
    pub(crate) report: Report,
}

impl Done {
    /// Database writes to commit with the completion, given the time of it. They may be tried more than once, when a
    /// commit fails, and count once.
    pub fn with(
        effects: impl Fn(&mut AnyConnection, NaiveDateTime) -> QueryResult<()> + Send + Sync + 'static,
    ) -> Done {
        Done { effects: Some(Arc::new(effects)), report: Report::default() }
    }

    /// True when there is nothing to write but the completion itself.
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_none() && self.report == Report::default()
    }

    /// A result to keep with the job: one JSON object.
    #[must_use]
    pub fn output(mut self, output: &serde_json::Map<String, serde_json::Value>) -> Done {
        self.report.output = Some(serde_json::to_string(output).unwrap_or_default());
        self
    }
}

/// Why an attempt failed. The text is stored with the job: no secret, no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Worth another attempt, while there are retries left.
    #[error("{0}")]
    Temporary(String),
    /// No attempt will succeed.
    #[error("{0}")]
    Permanent(String),
    /// Not now: another attempt after this time, and no retry is spent.
    #[error("snoozed")]
    Snooze(Duration),
}

/// How long a job that found the database away waits before it is tried again.
const AWAY: Duration = Duration::from_secs(1);

/// That the database is away is not the job's fault, and spends no retry.
impl From<DbError> for JobError {
    fn from(error: DbError) -> JobError {
        match error {
            DbError::Busy | DbError::Unavailable(_) => JobError::Snooze(AWAY),
            DbError::Query(_) | DbError::Panicked(_) => JobError::Temporary(error.to_string()),
        }
    }
}

/// A payload that the contract's schema of its job type refuses, or that is too large. Holds no value of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payload of a {job_type} job is refused: {reason}")]
pub struct PayloadError {
    job_type: &'static str,
    reason: String,
}

impl From<PayloadError> for diesel::result::Error {
    fn from(error: PayloadError) -> diesel::result::Error {
        diesel::result::Error::SerializationError(Box::new(error))
    }
}

impl From<PayloadError> for JobError {
    fn from(error: PayloadError) -> JobError {
        JobError::Permanent(error.to_string())
    }
}

impl App {
    /// The job with this payload, checked by the contract, to be put in by [`jobs::enqueue`] or [`jobs::enqueue_all`]; what
    /// differs from its type's usual is set before that. Tell [`App`]'s `jobs` after the commit.
    ///
    /// # Errors
    /// [`PayloadError`] for a payload that does not fit its schema, or is larger than twice `BODY_LIMIT`: nothing that a
    /// request brings is.
    pub fn job<J: Job>(&self, payload: &J) -> Result<NewJob, PayloadError> {
        let refused = |reason: String| PayloadError { job_type: J::JOB_TYPE, reason };
        let text = serde_json::to_string(payload).map_err(|error| refused(error.to_string()))?;
        let most = self.config.body_limit * 2;
        if text.len() as u64 > most {
            return Err(refused(format!("it has {} bytes, and {most} are allowed", text.len())));
        }
        // Only tests have types that the contract does not list.
        if self.contract.has_job_type(J::JOB_TYPE) {
            let value = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
            self.contract.check_payload("", J::JOB_TYPE, &value).map_err(|violations| {
                let words = violations.iter().map(|found| format!("{} {}", found.pointer, found.message));
                refused(words.collect::<Vec<_>>().join("; "))
            })?;
        }
        Ok(NewJob {
            job_type: J::JOB_TYPE.to_owned(),
            queue: jobs::DEFAULT_QUEUE.to_owned(),
            payload: text,
            user_id: payload.user_id(),
            priority: J::PRIORITY,
            max_retries: J::MAX_RETRIES,
            scheduled_at: None,
            unique_key: payload.unique_key(),
            timeout_seconds: None,
        })
    }
}

/// How long to wait before a retry, the first of which is 0.
pub(crate) type Backoff = fn(u32) -> Duration;

fn exponential(retry: u32) -> Duration {
    const FIRST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(600);
    (FIRST * 2_u32.pow(retry.min(20))).min(MOST)
}

/// A started attempt.
pub(crate) type Attempt = Pin<Box<dyn Future<Output = Result<Done, JobError>> + Send>>;

/// What the worker must know of a job type.
#[derive(Clone, Copy)]
pub(crate) struct JobType {
    pub(crate) timeout: Duration,
    pub(crate) backoff: Backoff,
    /// Reads the payload and starts an attempt.
    pub(crate) start: fn(Context) -> serde_json::Result<Attempt>,
}

/// The job types that a process can run.
#[derive(Clone, Default)]
pub struct Registry {
    types: BTreeMap<&'static str, JobType>,
}

impl Registry {
    /// Every job type of the contract, in alphabetical order.
    pub fn all() -> Registry {
        Registry::default()
            .with::<DataAnalysisPayload>()
            .with::<EraseMailPayload>()
            .with::<SendWelcomeEmailPayload>()
            .with::<UserCreatedPayload>()
    }

    /// Adds one type.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Registry {
        let start = |context: Context| -> serde_json::Result<Attempt> {
            let job: J = serde_json::from_str(&context.job.payload)?;
            Ok(Box::pin(job.run(context)))
        };
        self.types.insert(J::JOB_TYPE, JobType { timeout: J::TIMEOUT, backoff: J::backoff, start });
        self
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> Vec<&'static str> {
        self.types.keys().copied().collect()
    }

    /// The backoff of a type; of one that is not known here, the usual one.
    pub(crate) fn backoff(&self, job_type: &str) -> Backoff {
        self.get(job_type).map_or(exponential, |known| known.backoff)
    }

    pub(crate) fn get(&self, job_type: &str) -> Option<JobType> {
        self.types.get(job_type).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_backoff_doubles_from_a_second_up_to_ten_minutes() {
        let seconds = [0, 1, 5, 9, 10, u32::MAX].map(|retry| exponential(retry).as_secs());
        assert_eq!(seconds, [1, 2, 32, 512, 600, 600]);
    }

    #[test]
    fn what_was_said_is_kept_until_it_is_written() {
        let said = Said::new(&Arc::default());
        let progress = |percent| Report { progress: Some((percent, String::new())), output: None };
        said.add(progress(10));
        let (report, times) = said.report();
        assert_eq!(report, progress(10));
        // Its write fails or comes too late, so the end of the attempt takes it.
        assert_eq!(said.report().0, progress(10));
        said.add(progress(20));
        said.is_written(times);
        let (report, times) = said.report();
        assert_eq!(report, progress(20), "what was said during the write");
        said.is_written(times);
        assert_eq!(said.report().0, Report::default());
    }
}
