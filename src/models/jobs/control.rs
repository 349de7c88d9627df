//! What an operator does to a job: run it again, or have it not run.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Job, next_version};
use crate::api::models::{AttemptOutcome, JobStatus};
use crate::db::AnyConnection;
use crate::models::attempts;
use crate::schema::job_queue;

/// What became of a wish.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The job as it is now.
    Changed(Box<Job>),
    /// There is no such job.
    Missing,
    /// Its status does not allow it.
    Refused(String),
    /// Another unfinished job, the one with this id, has its unique key.
    Taken(i64),
}

/// Puts a `failed` or `cancelled` job back to waiting, due now, with all its retries; its attempts stay on record.
///
/// # Errors
/// The database's.
pub fn retry(conn: &mut AnyConnection, id: i64, now: NaiveDateTime) -> QueryResult<Outcome> {
    let Some(job) = find_for_change(conn, id)? else { return Ok(Outcome::Missing) };
    if ![JobStatus::Failed, JobStatus::Cancelled].iter().any(|status| status.as_str() == job.status) {
        return Ok(Outcome::Refused(job.status));
    }
    if let Some(key) = &job.unique_key
        && let Some(other) = super::unfinished(conn, &job.job_type, key)?
    {
        return Ok(Outcome::Taken(other));
    }
    let version = next_version(conn)?;
    diesel::update(job_queue::table.find(id))
        .set((
            job_queue::status.eq(JobStatus::Pending.as_str()),
            job_queue::retry_count.eq(0),
            job_queue::error_message.eq(None::<String>),
            job_queue::scheduled_at.eq(now),
            job_queue::started_at.eq(None::<NaiveDateTime>),
            job_queue::completed_at.eq(None::<NaiveDateTime>),
            job_queue::version.eq(version),
            job_queue::claimable.eq(true),
        ))
        .execute(conn)?;
    changed(conn, id)
}

/// Ends a job that waits or runs. One that runs loses its lease with it, so that its result will not count; its worker is
/// told to stop when it next looks.
///
/// # Errors
/// The database's.
pub fn cancel(conn: &mut AnyConnection, id: i64, now: NaiveDateTime) -> QueryResult<Outcome> {
    let Some(job) = find_for_change(conn, id)? else { return Ok(Outcome::Missing) };
    if job.completed_at.is_some() {
        return Ok(Outcome::Refused(job.status));
    }
    let version = next_version(conn)?;
    diesel::update(job_queue::table.find(id))
        .set((
            job_queue::status.eq(JobStatus::Cancelled.as_str()),
            job_queue::completed_at.eq(now),
            job_queue::version.eq(version),
            job_queue::claimable.eq(false),
            job_queue::wake_at.eq(None::<NaiveDateTime>),
            job_queue::lease.eq(None::<i64>),
            job_queue::worker.eq(None::<String>),
        ))
        .execute(conn)?;
    if job.lease.is_some() {
        attempts::record(conn, &job, AttemptOutcome::Cancelled, None, now)?;
    }
    changed(conn, id)
}

fn changed(conn: &mut AnyConnection, id: i64) -> QueryResult<Outcome> {
    super::find(conn, id).map(|job| job.map_or(Outcome::Missing, |job| Outcome::Changed(Box::new(job))))
}

/// The job with this id, which no other transaction changes before the end of this one.
fn find_for_change(conn: &mut AnyConnection, id: i64) -> QueryResult<Option<Job>> {
    let job = job_queue::table.find(id);
    match conn {
        // There is one writer.
        AnyConnection::Sqlite(conn) => job.first(conn),
        AnyConnection::Postgresql(conn) => job.for_update().first(conn),
    }
    .optional()
}
