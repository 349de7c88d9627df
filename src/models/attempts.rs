//! `job_attempts`: one row for each time a job was claimed, written when that attempt ended.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamp};
use serde::Serialize;

use crate::api::models::AttemptOutcome;
use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::{job_attempts, job_queue};

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

/// Records the end of the attempt that `job` was claimed for.
///
/// # Errors
/// The database's.
pub fn record(
    conn: &mut AnyConnection,
    job: &super::jobs::Job,
    outcome: AttemptOutcome,
    error: Option<&str>,
    finished_at: NaiveDateTime,
) -> QueryResult<()> {
    let attempt = Attempt {
        job_id: job.id,
        attempt: job.attempts,
        outcome: outcome.as_str().to_owned(),
        worker: job.worker.clone(),
        error: error.map(str::to_owned),
        started_at: job.started_at.unwrap_or(finished_at),
        finished_at,
    };
    on_either!(conn, conn => diesel::insert_into(job_attempts::table).values(attempt).execute(conn)).map(|_| ())
}

/// Records that the last attempts of these jobs, which `worker` ran, have succeeded; in one statement.
///
/// # Errors
/// The database's.
pub fn record_completed(
    conn: &mut AnyConnection,
    ids: Vec<i64>,
    worker: &str,
    finished_at: NaiveDateTime,
) -> QueryResult<()> {
    let attempts = job_queue::table.filter(job_queue::id.eq_any(ids)).select((
        job_queue::id,
        job_queue::attempts,
        AttemptOutcome::Completed.as_str().into_sql::<Text>(),
        Some(worker).into_sql::<Nullable<Text>>(),
        job_queue::started_at.assume_not_null(),
        finished_at.into_sql::<Timestamp>(),
    ));
    let record = attempts.insert_into(job_attempts::table).into_columns((
        job_attempts::job_id,
        job_attempts::attempt,
        job_attempts::outcome,
        job_attempts::worker,
        job_attempts::started_at,
        job_attempts::finished_at,
    ));
    on_either!(conn, conn => Prepared(record).execute(conn)).map(|_| ())
}

/// The attempts of a job, the first one first.
///
/// # Errors
/// The database's.
pub fn of_job(conn: &mut AnyConnection, job_id: i64) -> QueryResult<Vec<Attempt>> {
    job_attempts::table.filter(job_attempts::job_id.eq(job_id)).order(job_attempts::attempt).load(conn)
}
