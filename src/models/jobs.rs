//! `job_queue`: the jobs. Here are the row and looking them up; [`enqueue()`] puts them in, [`claim`] and [`lease`] are the worker's side,
//! [`counts`] counts, [`control`] is the operator's side, [`events`] tells what has changed, [`prune`] and [`erase`] take away.
//!
//! Invariants of a row, kept by every statement of these files:
//! - `claimable` only in `pending` and `retry_pending`, and only when `scheduled_at` has come;
//! - `wake_at` is the due time of a waiting row, the end of the lease of a processing one, else NULL;
//! - `lease` and `worker` are set only while `processing`;
//! - `version` takes a new, larger value with every change but the heartbeat.

pub mod claim;
pub mod control;
pub mod counts;
mod enqueue;
pub mod erase;
pub mod events;
mod ground;
pub mod lease;
pub mod prune;

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use serde::{Deserialize, Serialize};

use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared};
use crate::schema::{job_counts, job_queue, job_versions};

pub use enqueue::{DEFAULT_QUEUE, Enqueued, NewJob, enqueue, enqueue_all};
pub use ground::Ground;

/// A row of `job_queue`; the columns are described in the migration.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Serialize, Deserialize)]
#[diesel(table_name = job_queue, treat_none_as_default_value = false)]
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
    pub timeout_seconds: Option<i32>,
    pub progress: Option<i32>,
    pub progress_note: Option<String>,
    // A row that an idempotency key has kept since before there were these.
    #[serde(default)]
    pub ahead: bool,
    #[serde(default)]
    pub losses: i32,
    #[serde(default)]
    pub traceparent: Option<String>,
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

/// When the newest job was put in, UTC.
///
/// # Errors
/// The database's.
pub fn newest(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    job_queue::table.order(job_queue::id.desc()).select(job_queue::created_at).first(conn).optional()
}

/// Which jobs a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One of these; `None` for any.
    pub ids: Option<Vec<i64>>,
    /// Of this status.
    pub status: Option<JobStatus>,
    /// Of this type.
    pub job_type: Option<String>,
    /// In this queue.
    pub queue: Option<String>,
    /// About this user.
    pub user_id: Option<i64>,
    /// Whose payload, error or unique key contains this, in whatever case of ASCII letters.
    pub text: Option<String>,
    /// Where the page before ended: behind this job, in the list's order.
    pub after: Option<i64>,
    /// The oldest first, and not the newest.
    pub oldest_first: bool,
}

/// At most `limit` jobs, in the filter's order.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Job>> {
    let way = narrowest(conn, filter)?;
    filtered(conn, filter, way, limit).load(conn)
}

/// The ids of the same jobs.
fn ids(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<i64>> {
    let way = narrowest(conn, filter)?;
    filtered(conn, filter, way, limit).select(job_queue::id).load(conn)
}

/// Added to a column, it keeps the column's own index out of the plan.
const NO_INDEX: &str = "";

/// The condition of a filter by whose index the jobs are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Status,
    JobType,
    Queue,
    User,
}

/// That which the fewest jobs meet. SQLite has no statistics: of a few running jobs in a queue it might look for one in all that
/// the queue ever had. PostgreSQL knows by itself.
fn narrowest(conn: &mut AnyConnection, filter: &Filter) -> QueryResult<Option<Way>> {
    if matches!(conn, AnyConnection::Postgresql(_)) {
        return Ok(None);
    }
    if filter.user_id.is_some() {
        return Ok(Some(Way::User));
    }
    let Filter { status, job_type, queue, .. } = filter;
    let conditions = [
        (Way::Status, status.map(JobStatus::as_str)),
        (Way::JobType, job_type.as_deref()),
        (Way::Queue, queue.as_deref()),
    ];
    let given: Vec<(Way, &str)> = conditions.into_iter().filter_map(|(way, wanted)| Some((way, wanted?))).collect();
    if given.len() < 2 {
        return Ok(None);
    }
    let columns = (job_counts::status, job_counts::job_type, job_counts::queue, job_counts::jobs);
    let rows: Vec<(String, String, String, i64)> = job_counts::table.select(columns).load(conn)?;
    let jobs = |(way, wanted): &(Way, &str)| -> i64 {
        let counted = rows.iter().filter(|(status, job_type, queue, _)| match way {
            Way::Status => status == wanted,
            Way::JobType => job_type == wanted,
            Way::Queue | Way::User => queue == wanted,
        });
        counted.map(|(.., jobs)| jobs).sum()
    };
    Ok(given.iter().min_by_key(|condition| jobs(condition)).map(|(way, _)| *way))
}

fn filtered(
    conn: &AnyConnection,
    filter: &Filter,
    way: Option<Way>,
    limit: i64,
) -> job_queue::BoxedQuery<'static, <AnyConnection as Connection>::Backend> {
    let query = matching(conn, filter, way).limit(limit);
    match filter.after {
        after if filter.oldest_first => query.order(job_queue::id).filter(job_queue::id.gt(after.unwrap_or_default())),
        Some(after) => query.order(job_queue::id.desc()).filter(job_queue::id.lt(after)),
        None => query.order(job_queue::id.desc()),
    }
}

/// How many jobs the filter finds, wherever the page before ended. Reads all of them.
///
/// # Errors
/// The database's.
pub fn count(conn: &mut AnyConnection, filter: &Filter) -> QueryResult<i64> {
    let way = narrowest(conn, filter)?;
    matching(conn, filter, way).count().get_result(conn)
}

fn matching(
    conn: &AnyConnection,
    filter: &Filter,
    way: Option<Way>,
) -> job_queue::BoxedQuery<'static, <AnyConnection as Connection>::Backend> {
    let mut query = job_queue::table.into_boxed();
    if let Some(text) = &filter.text {
        // SQLite's LIKE takes no notice of the case of ASCII letters, PostgreSQL's has a name of its own for that.
        let like = if matches!(conn, AnyConnection::Sqlite(_)) { "LIKE" } else { "ILIKE" };
        let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let texts = "(payload || ' ' || coalesce(error_message, '') || ' ' || coalesce(unique_key, ''))";
        query = query.filter(sql::<Bool>(&format!("{texts} {like} ")).bind::<Text, _>(pattern).sql(" ESCAPE '\\'"));
    }
    if let Some(ids) = filter.ids.clone() {
        query = query.filter(job_queue::id.eq_any(ids));
    }
    let is_way = |condition: Way| way.is_none_or(|way| way == condition);
    if let Some(status) = filter.status.map(|status| status.as_str()) {
        query = match is_way(Way::Status) {
            true => query.filter(job_queue::status.eq(status)),
            false => query.filter(job_queue::status.concat(NO_INDEX).eq(status)),
        };
    }
    if let Some(job_type) = filter.job_type.clone() {
        query = match is_way(Way::JobType) {
            true => query.filter(job_queue::job_type.eq(job_type)),
            false => query.filter(job_queue::job_type.concat(NO_INDEX).eq(job_type)),
        };
    }
    if let Some(queue) = filter.queue.clone() {
        query = match is_way(Way::Queue) {
            true => query.filter(job_queue::queue.eq(queue)),
            false => query.filter(job_queue::queue.concat(NO_INDEX).eq(queue)),
        };
    }
    if let Some(user_id) = filter.user_id {
        query = query.filter(job_queue::user_id.eq(user_id));
    }
    query
}
