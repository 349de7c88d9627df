//! `job_queue`: the jobs. Here are the row, putting one in and looking them up; [`lease`] is the worker's side, [`counts`]
//! counts, [`control`] is the operator's side, [`events`] tells what has changed, [`prune`] and [`erase`] take away.
//!
//! Invariants of a row, kept by every statement of both files:
//! - `claimable` only in `pending` and `retry_pending`, and only when `scheduled_at` has come;
//! - `wake_at` is the due time of a waiting row, the end of the lease of a processing one, else NULL;
//! - `lease` and `worker` are set only while `processing`;
//! - `version` takes a new, larger value with every change but the heartbeat.

pub mod control;
pub mod counts;
pub mod erase;
pub mod events;
pub mod lease;
pub mod prune;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::{job_queue, job_versions};

/// A row of `job_queue`; the columns are described in the migration.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the migration describes the columns; one place for each fact")]
pub struct Job {
    pub id: i64,
    pub job_type: String,
    pub queue: String,
    pub payload: String,
    pub user_id: Option<i64>,
    pub status: String,
    pub priority: i32,
    pub max_retries: i32,
    pub retry_count: i32,
    pub attempts: i32,
    pub error_message: Option<String>,
    pub output: Option<String>,
    pub scheduled_at: NaiveDateTime,
    pub started_at: Option<NaiveDateTime>,
    pub completed_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
    pub version: i64,
    pub claimable: bool,
    pub wake_at: Option<NaiveDateTime>,
    pub lease: Option<i64>,
    pub worker: Option<String>,
    pub unique_key: Option<String>,
}

/// What a job is put in with.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// One of the contract's `x-job-types`.
    pub job_type: String,
    /// The queue; [`DEFAULT_QUEUE`] when in doubt.
    pub queue: String,
    /// The payload as JSON text.
    pub payload: String,
    /// Whose data the payload holds, so that it can be erased.
    pub user_id: Option<i64>,
    /// The higher, the sooner.
    pub priority: i32,
    /// Attempts after the first.
    pub max_retries: i32,
    /// Not before this time, UTC.
    pub scheduled_at: NaiveDateTime,
    /// At most one unfinished job of the type has this key.
    pub unique_key: Option<String>,
}

/// Where a job stands that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job's id.
    pub id: i64,
    /// False when another unfinished job has its unique key: then this is the other's id, and nothing was put in.
    pub is_new: bool,
}

/// The queue of a job that names none.
pub const DEFAULT_QUEUE: &str = "default";

/// Puts a job in; it is there when the transaction commits. One whose unique key another unfinished job of its type has is not
/// put in, and the other is named instead.
///
/// # Errors
/// The database's.
pub fn enqueue(conn: &mut AnyConnection, job: &NewJob, now: NaiveDateTime) -> QueryResult<Enqueued> {
    loop {
        if let Some(id) = insert(conn, job, now)? {
            return Ok(Enqueued { id, is_new: true });
        }
        let key = job.unique_key.as_deref().ok_or(diesel::result::Error::NotFound)?;
        // On PostgreSQL it may have ended between the two statements, and then there is room for this one.
        if let Some(id) = unfinished(conn, &job.job_type, key)? {
            return Ok(Enqueued { id, is_new: false });
        }
    }
}

/// The id of the new row; `None` when its unique key is taken.
fn insert(conn: &mut AnyConnection, job: &NewJob, now: NaiveDateTime) -> QueryResult<Option<i64>> {
    let due = job.scheduled_at <= now;
    let row = (
        job_queue::job_type.eq(&job.job_type),
        job_queue::queue.eq(&job.queue),
        job_queue::payload.eq(&job.payload),
        job_queue::user_id.eq(job.user_id),
        job_queue::status.eq(JobStatus::Pending.as_str()),
        job_queue::priority.eq(job.priority),
        job_queue::max_retries.eq(job.max_retries),
        job_queue::retry_count.eq(0),
        job_queue::attempts.eq(0),
        job_queue::scheduled_at.eq(job.scheduled_at),
        job_queue::created_at.eq(now),
        job_queue::version.eq(next_version(conn)?),
        job_queue::claimable.eq(due),
        job_queue::wake_at.eq((!due).then_some(job.scheduled_at)),
        job_queue::unique_key.eq(&job.unique_key),
    );
    let insert = diesel::insert_into(job_queue::table).values(row).on_conflict_do_nothing().returning(job_queue::id);
    on_either!(conn, conn => insert.get_result(conn).optional())
}

/// The unfinished job of this type with this unique key.
pub(super) fn unfinished(conn: &mut AnyConnection, job_type: &str, unique_key: &str) -> QueryResult<Option<i64>> {
    let with_key = job_queue::job_type.eq(job_type).and(job_queue::unique_key.eq(unique_key));
    job_queue::table
        .filter(with_key.and(job_queue::unique_key.is_not_null()).and(job_queue::completed_at.is_null()))
        .select(job_queue::id)
        .first(conn)
        .optional()
}

/// The number of a change: larger than every one before it, in every process.
pub(super) fn next_version(conn: &mut AnyConnection) -> QueryResult<i64> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            let next = job_versions::last.eq(job_versions::last + 1);
            Prepared(diesel::update(job_versions::table).set(next).returning(job_versions::last)).get_result(conn)
        }
        AnyConnection::Postgresql(conn) => {
            // The transaction has its number before it has a version, which `events::flight` builds upon. PostgreSQL gives
            // it with the first write otherwise, and reads the branches of a CASE in order.
            let next = "CASE WHEN pg_current_xact_id() IS NULL THEN 0 ELSE nextval('job_versions') END";
            diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(next)).get_result(conn)
        }
    }
}

/// The job with this id.
///
/// # Errors
/// The database's.
pub fn find(conn: &mut AnyConnection, id: i64) -> QueryResult<Option<Job>> {
    job_queue::table.find(id).first(conn).optional()
}

/// Which jobs a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this status.
    pub status: Option<JobStatus>,
    /// Of this type.
    pub job_type: Option<String>,
    /// In this queue.
    pub queue: Option<String>,
    /// About this user.
    pub user_id: Option<i64>,
    /// Older than this job: where the page before ended.
    pub before: Option<i64>,
}

/// At most `limit` jobs, the newest first.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Job>> {
    let mut query = job_queue::table.order(job_queue::id.desc()).limit(limit).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(job_queue::status.eq(status.as_str()));
    }
    if let Some(job_type) = filter.job_type.clone() {
        query = query.filter(job_queue::job_type.eq(job_type));
    }
    if let Some(queue) = filter.queue.clone() {
        query = query.filter(job_queue::queue.eq(queue));
    }
    if let Some(user_id) = filter.user_id {
        query = query.filter(job_queue::user_id.eq(user_id));
    }
    if let Some(before) = filter.before {
        query = query.filter(job_queue::id.lt(before));
    }
    query.load(conn)
}
