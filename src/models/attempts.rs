//! `job_attempts`: one row for each attempt that did not complete its job, written when it ended. What is to be known of the one
//! that did stands in the job's row, which nothing changes any more.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::api::models::{AttemptOutcome, JobStatus};
use crate::db::{AnyConnection, on_either};
use crate::models::jobs::Job;
use crate::schema::job_attempts;

/// Attempts of one job that are shown: one that is put off again and again has any number of them.
pub const MOST: i64 = 100;

/// A row of `job_attempts`.
#[derive(Clone, Debug, Insertable, Queryable, Serialize)]
#[diesel(table_name = job_attempts, treat_none_as_default_value = false)]
pub struct Attempt {
    /// Whose attempt.
    pub job_id: i64,
    /// From 1.
    pub attempt: i32,
    /// How it ended, in the contract's words.
    pub outcome: String,
    /// The process that ran it.
    pub worker: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// UTC.
    pub started_at: NaiveDateTime,
    /// UTC.
    pub finished_at: NaiveDateTime,
}

impl Attempt {
    /// The one that `job` was claimed for.
    fn of(job: &Job, outcome: AttemptOutcome, error: Option<&str>, finished_at: NaiveDateTime) -> Attempt {
        Attempt {
            job_id: job.id,
            attempt: job.attempts,
            outcome: outcome.as_str().to_owned(),
            worker: job.worker.clone(),
            error: error.map(str::to_owned),
            started_at: job.started_at.unwrap_or(finished_at),
            finished_at,
        }
    }
}

/// Records the end of the attempt that `job` was claimed for.
///
/// # Errors
/// The database's.
pub fn record(
    conn: &mut AnyConnection,
    job: &Job,
    outcome: AttemptOutcome,
    error: Option<&str>,
    finished_at: NaiveDateTime,
) -> QueryResult<()> {
    let attempt = Attempt::of(job, outcome, error, finished_at);
    on_either!(conn, conn => diesel::insert_into(job_attempts::table).values(attempt).execute(conn)).map(|_| ())
}

/// The last attempts of a job that have ended, at most [`MOST`], the first one first.
///
/// # Errors
/// The database's.
pub fn of_job(conn: &mut AnyConnection, job: &Job) -> QueryResult<Vec<Attempt>> {
    let recorded = job_attempts::table.filter(job_attempts::job_id.eq(job.id));
    let mut attempts: Vec<Attempt> = recorded.order(job_attempts::attempt.desc()).limit(MOST).load(conn)?;
    attempts.reverse();
    let completed_at = job.completed_at.filter(|_| job.status == JobStatus::Completed.as_str());
    // Processes of the release before recorded this one, too.
    let is_recorded = attempts.last().is_some_and(|last| last.attempt == job.attempts);
    attempts
        .extend(completed_at.filter(|_| !is_recorded).map(|at| Attempt::of(job, AttemptOutcome::Completed, None, at)));
    let too_many = attempts.len().saturating_sub(MOST as usize);
    Ok(attempts.split_off(too_many))
}
