//! Deleting finished jobs that have been kept long enough.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::api::models::JobStatus;
use crate::db::AnyConnection;
use crate::models::jobs::{self, Filter};
use crate::schema::job_queue;

const FINISHED: [JobStatus; 3] = [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled];

/// The jobs among the `step` oldest finished ones of each status that ended before `end`.
///
/// Only the oldest are looked at, by id, so that a look costs the same however many there are. A row that was put in
/// early and ended late stands in front of the others for a while; it holds them up, and no longer than it is kept itself.
///
/// # Errors
/// The database's.
pub fn outdated(conn: &mut AnyConnection, end: NaiveDateTime, step: i64) -> QueryResult<Vec<i64>> {
    let mut outdated = Vec::new();
    for status in FINISHED {
        let filter = Filter { status: Some(status), oldest_first: true, ..Filter::default() };
        let oldest = jobs::list(conn, &filter, step)?;
        outdated.extend(oldest.iter().filter(|job| job.completed_at.is_some_and(|at| at < end)).map(|job| job.id));
    }
    Ok(outdated)
}

/// Deletes these jobs, with their attempts, those that have been taken up again excepted.
///
/// # Errors
/// The database's.
pub fn delete(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<usize> {
    let finished = job_queue::status.eq_any(FINISHED.map(JobStatus::as_str));
    diesel::delete(job_queue::table.filter(job_queue::id.eq_any(ids).and(finished))).execute(conn)
}
