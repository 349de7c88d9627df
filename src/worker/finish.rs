//! The end of an attempt: its outcome and its effects in one transaction, matched against the lease.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use diesel::result::Error;
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Instrument, Span};

use super::Shared;
use super::completed::{self, Completed};
use super::held::Claims;
use crate::api::models::AttemptOutcome;
use crate::db::{AnyConnection, DbError, storable};
use crate::jobs::{Backoff, Done};
use crate::models::attempts::{self, Attempt};
use crate::models::jobs::{self, Job, lease};
use crate::traces;

/// Pause before a commit that failed is tried again.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest that a job is put off by its attempt: ten years, which no calendar minds.
const LATEST: Duration = Duration::from_secs(3650 * 86_400);
/// What becomes of an attempt whose job was cancelled or claimed by another meanwhile.
const COUNTS_NOT: &str =
    "the lease was lost; this attempt counts for nothing: the job was cancelled, or another holds it";
/// Bytes kept of an error's text.
const ERROR_MOST: usize = 2_000;

/// How an attempt ended.
#[derive(Clone)]
pub(super) enum End {
    Completed(Done),
    Failed { outcome: AttemptOutcome, error: String, retry: bool },
    Snoozed(Duration),
    HandedBack,
}

impl End {
    /// No other attempt would do better.
    pub(super) fn rejected(error: String) -> End {
        End::Failed { outcome: AttemptOutcome::Failed, error, retry: false }
    }

    pub(super) fn panicked(message: &str) -> End {
        End::Failed { outcome: AttemptOutcome::Panicked, error: format!("panicked: {message}"), retry: true }
    }

    fn has_effects(&self) -> bool {
        matches!(self, End::Completed(done) if done.effects.is_some())
    }

    fn outcome(&self) -> AttemptOutcome {
        match self {
            End::Completed(_) => AttemptOutcome::Completed,
            End::Failed { outcome, .. } => *outcome,
            End::Snoozed(_) => AttemptOutcome::Snoozed,
            End::HandedBack => AttemptOutcome::HandedBack,
        }
    }
}

/// Commits the end beside the executor, which goes on with the next job; as a part of the attempt's `span`, which what it puts in
/// goes on from.
pub(super) fn spawn(
    shared: &Arc<Shared>,
    job: Arc<Job>,
    end: End,
    duration: Duration,
    place: Option<OwnedSemaphorePermit>,
    span: Span,
) {
    if let End::Failed { error, .. } = &end {
        traces::failed(&span, error);
    }
    if matches!(&end, End::Completed(done) if done.is_empty()) {
        return completed::add(shared, Completed { job, duration, _place: place });
    }
    let shared = Arc::clone(shared);
    shared.clone().finishing.spawn(async move {
        commit(&shared, &job, end, duration, span).await;
        shared.held.release([&*job]);
        drop(place);
    });
}

/// Gives back jobs whose attempts have not begun, all in one transaction.
pub(super) fn unclaim(shared: &Arc<Shared>, jobs: Vec<Arc<Job>>) {
    if jobs.is_empty() {
        return;
    }
    let shared = Arc::clone(shared);
    shared.clone().finishing.spawn(async move {
        let claims: Claims = jobs.iter().map(|job| (job.id, job.lease)).collect();
        let write = || {
            let claims = claims.clone();
            move |conn: &mut AnyConnection| lease::unclaim(conn, claims)
        };
        if let Some((jobs, _)) = insist(&shared, "claimed jobs could not be given back; trying again", write).await {
            tracing::info!(worker_id = %shared.name, jobs, "claimed jobs that had not begun were given back");
            shared.app.jobs.notify_one();
        }
        shared.held.release(jobs.iter().map(|job| &**job));
    });
}

/// Lets go of a job whose attempt counts no more: it was cancelled, or its lease could not be kept.
pub(super) fn revoked(shared: &Shared, job: &Job) {
    tracing::info!(worker_id = %shared.name, job_id = job.id, job_type = %job.job_type, attempt = job.attempts, "{COUNTS_NOT}");
    shared.held.give_up([job]);
}

/// The end of an attempt could not be committed, because its job was cancelled or claimed by another.
pub(super) fn report_lost(shared: &Shared, job: &Job) {
    tracing::warn!(worker_id = %shared.name, job_id = job.id, job_type = %job.job_type, attempt = job.attempts, "{COUNTS_NOT}");
}

/// Tries until the end is committed or another claim holds the job: work that is done is not lost with the database.
pub(super) async fn commit(shared: &Shared, job: &Arc<Job>, mut end: End, duration: Duration, span: Span) {
    let mut is_doubtful = false;
    loop {
        match try_commit(shared, job, &end).instrument(span.clone()).await {
            Ok(()) => return report(shared, job, &end, duration, shared.app.clock.now()),
            Err(DbError::Query(Error::RollbackTransaction)) => {
                let counts = is_doubtful && counts(shared, job, end.outcome()).await;
                return if counts {
                    report(shared, job, &end, duration, shared.app.clock.now())
                } else {
                    report_lost(shared, job)
                };
            }
            Err(DbError::Busy) => {}
            Err(DbError::Unavailable(_)) => is_doubtful = true,
            // The effects themselves were refused: the attempt ends without them.
            Err(error) if end.has_effects() => {
                let error = format!("its effects were refused: {error}");
                end = End::Failed { outcome: AttemptOutcome::Failed, error, retry: true };
                continue;
            }
            Err(error) => {
                tracing::error!(worker_id = %shared.name, job_id = job.id, job_type = %job.job_type, %error, "the end of an attempt was refused; trying again");
            }
        }
        if !may_try_again(shared).await {
            return shared.held.give_up([&**job]);
        }
    }
}

/// Whether the attempt has ended so. A commit that nobody has confirmed may have happened, and to try it again then finds no lease.
pub(super) async fn counts(shared: &Shared, job: &Arc<Job>, outcome: AttemptOutcome) -> bool {
    let job = Arc::clone(job);
    let look = move |conn: &mut AnyConnection| {
        let Some(row) = jobs::find(conn, job.id)? else { return Ok(false) };
        let ended = attempts::of_job(conn, &row)?;
        let is_this = |ended: &Attempt| ended.attempt == job.attempts && ended.worker == job.worker;
        Ok(ended.iter().any(|ended| is_this(ended) && ended.outcome == outcome.as_str()))
    };
    shared.app.db.read(look).await.unwrap_or(false)
}

/// Writes for many jobs at once, again and again until it is committed; `None` when the process gives it up. Also says whether
/// one of the tries before may have been committed without being confirmed.
pub(super) async fn insist<T: Send + 'static, W>(
    shared: &Shared,
    refused: &str,
    write: impl Fn() -> W,
) -> Option<(T, bool)>
where
    W: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
{
    let mut is_doubtful = false;
    loop {
        match shared.app.db.write_in_background(write()).await {
            Ok(done) => return Some((done, is_doubtful)),
            Err(DbError::Busy) => {}
            Err(DbError::Unavailable(_)) => is_doubtful = true,
            Err(error) => tracing::error!(worker_id = %shared.name, %error, "{refused}"),
        }
        if !may_try_again(shared).await {
            return None;
        }
    }
}

/// Waits before a commit that failed is tried again; false when the process gives it up.
async fn may_try_again(shared: &Shared) -> bool {
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => true,
        () = shared.give_up.cancelled() => false,
    }
}

async fn try_commit(shared: &Shared, job: &Arc<Job>, end: &End) -> Result<(), DbError> {
    let (clock, job, ended) = (shared.app.clock.clone(), Arc::clone(job), end.clone());
    let backoff = shared.registry.backoff(&job.job_type);
    shared.app.db.write_in_background(move |conn| apply(conn, &job, &ended, backoff, clock.now())).await?;
    let more = match end {
        End::Completed(_) => end.has_effects(),
        End::Failed { retry, .. } => *retry,
        End::Snoozed(_) | End::HandedBack => true,
    };
    if more {
        shared.app.jobs.notify_one();
    }
    Ok(())
}

fn apply(conn: &mut AnyConnection, job: &Job, end: &End, backoff: Backoff, now: NaiveDateTime) -> QueryResult<()> {
    match end {
        End::Completed(done) => {
            // The fence first: a late worker's effects must not even be tried.
            lease::complete(conn, job, &done.report, now)?;
            done.effects.as_ref().map_or(Ok(()), |effects| effects(conn, now)).map_err(|error| match error {
                // Not to be taken for a lost lease.
                Error::RollbackTransaction => Error::QueryBuilderError("they asked for a rollback".into()),
                error => error,
            })
        }
        End::Failed { outcome, error, retry } => fail(conn, job, *outcome, error, retry.then_some(backoff), now),
        End::Snoozed(time) => lease::put_back(conn, job, AttemptOutcome::Snoozed, later(now, *time), now),
        End::HandedBack => lease::put_back(conn, job, AttemptOutcome::HandedBack, job.scheduled_at, now),
    }
}

/// A failed attempt: another one after the backoff while retries are left, else the end; without a backoff no other would do
/// better.
pub(super) fn fail(
    conn: &mut AnyConnection,
    job: &Job,
    outcome: AttemptOutcome,
    error: &str,
    backoff: Option<Backoff>,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let backoff = backoff.filter(|_| job.retry_count < job.max_retries);
    let retry_at = backoff.map(|backoff| later(now, jittered(backoff(u32::try_from(job.retry_count).unwrap_or(0)))));
    lease::fail(conn, job, outcome, &kept(error), retry_at, now)
}

/// Between half and the whole of it, so that jobs that failed together don't return together.
fn jittered(time: Duration) -> Duration {
    time.mul_f64(rand::random_range(0.5..=1.0))
}

fn later(now: NaiveDateTime, time: Duration) -> NaiveDateTime {
    now + TimeDelta::milliseconds(i64::try_from(time.min(LATEST).as_millis()).unwrap_or_default())
}

/// What is stored of an error's text: a job says what it likes, and its attempt has to end all the same.
fn kept(error: &str) -> String {
    let mut text = storable(error.to_owned());
    text.truncate(text.floor_char_boundary(ERROR_MOST));
    text
}

/// One line an attempt, which ended `now` after this `duration`.
pub(super) fn report(shared: &Shared, job: &Job, end: &End, duration: Duration, now: NaiveDateTime) {
    let outcome = end.outcome().as_str();
    let duration_ms = (duration.as_secs_f64() * 1e6).round() / 1e3;
    let (worker_id, job_id, job_type, attempt) = (&*shared.name, job.id, &*job.job_type, job.attempts);
    let trace_id = traces::id_of(job);
    if let End::Completed(_) | End::Failed { .. } = end {
        let succeeded = matches!(end, End::Completed(_));
        shared.app.metrics.job_processed(job_type, succeeded, duration);
        shared.tally.add(job, succeeded, duration, now);
    }
    if let End::Failed { error, .. } = end {
        tracing::warn!(worker_id, job_id, job_type, attempt, outcome, duration_ms, %error, trace_id, "job");
    } else {
        tracing::info!(worker_id, job_id, job_type, attempt, outcome, duration_ms, trace_id, "job");
    }
}
