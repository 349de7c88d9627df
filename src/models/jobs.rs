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
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
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

/// Has PostgreSQL answer what the rest of the transaction asks by an index in its order, and in no other way. It plans by statistics,
/// and a queue has outgrown them before they are taken anew: it would read and sort all that waits for each claim. A plan without a
/// way that is allowed counts as so costly that PostgreSQL would compile it, which takes a hundred times as long as to run it.
fn by_index(conn: &mut AnyConnection) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgresql(conn) => conn.batch_execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; SET LOCAL jit = off",
        ),
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

impl Filter {
    /// The conditions on texts that have an index with the id.
    fn columns(&self) -> Vec<(Way, String)> {
        let status = self.status.map(|status| status.as_str().to_owned());
        let given = [(Way::Status, status), (Way::JobType, self.job_type.clone()), (Way::Queue, self.queue.clone())];
        given.into_iter().filter_map(|(way, wanted)| Some((way, wanted?))).collect()
    }
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

impl Way {
    /// The column before the id in the index.
    fn column(self) -> &'static str {
        match self {
            Way::Status => "status",
            Way::JobType => "job_type",
            Way::Queue => "queue",
            Way::User => "user_id",
        }
    }
}

/// That which the fewest jobs meet. SQLite has no statistics: of a few running jobs in a queue it might look for one in all that
/// the queue ever had. PostgreSQL has some, and takes the jobs of a status for spread evenly, which they never are: it might
/// look for a page of completed ones among all that were put in later.
fn narrowest(conn: &mut AnyConnection, filter: &Filter) -> QueryResult<Option<Way>> {
    if filter.user_id.is_some() {
        return Ok(Some(Way::User));
    }
    let given = filter.columns();
    if given.len() < 2 {
        return Ok(given.first().map(|(way, _)| *way));
    }
    let columns = (job_counts::status, job_counts::job_type, job_counts::queue, job_counts::jobs);
    let rows: Vec<(String, String, String, i64)> = job_counts::table.select(columns).load(conn)?;
    let jobs = |(way, wanted): &(Way, String)| -> i64 {
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
    let mut query = matching(conn, filter, way).limit(limit);
    // The order that the index of the way has and no other: see `matching`.
    if let (AnyConnection::Postgresql(_), Some(column)) = (conn, way.map(Way::column)) {
        let direction = if filter.oldest_first { "" } else { " DESC" };
        query = query.then_order_by(sql::<Text>(&format!("job_queue.{column}{direction}")));
    }
    match filter.after {
        after if filter.oldest_first => {
            query.then_order_by(job_queue::id).filter(job_queue::id.gt(after.unwrap_or_default()))
        }
        Some(after) => query.then_order_by(job_queue::id.desc()).filter(job_queue::id.lt(after)),
        None => query.then_order_by(job_queue::id.desc()),
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

/// What stands around a column and its value.
const PLAIN: [&str; 3] = ["", " = ", ""];
/// Of a set, even of one, PostgreSQL does not know that within it an order by the column is none, so that only the index has
/// the jobs in that order.
const ORDERED: [&str; 3] = ["", " = ANY(ARRAY[", "])"];
/// To SQLite, this is no longer the column that the index has.
const NOT_BY_INDEX: [&str; 3] = ["", " || '' = ", ""];
/// The same for PostgreSQL, which sees through it to what its statistics say of the column.
const NOT_BY_INDEX_BUT_KNOWN: [&str; 3] = ["(", " = ", ") IS TRUE"];

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
    for (condition, value) in filter.columns() {
        let column = condition.column();
        let [before, between, after] = match (conn, way == Some(condition)) {
            (AnyConnection::Sqlite(_), true) => PLAIN,
            (AnyConnection::Sqlite(_), false) => NOT_BY_INDEX,
            (AnyConnection::Postgresql(_), true) => ORDERED,
            (AnyConnection::Postgresql(_), false) => NOT_BY_INDEX_BUT_KNOWN,
        };
        let is = sql::<Bool>(&format!("{before}job_queue.{column}{between}")).bind::<Text, _>(value).sql(after);
        query = query.filter(is);
    }
    if let Some(user_id) = filter.user_id {
        let [before, between, after] = if matches!(conn, AnyConnection::Postgresql(_)) { ORDERED } else { PLAIN };
        let is = sql::<Bool>(&format!("{before}job_queue.user_id{between}")).bind::<BigInt, _>(user_id).sql(after);
        query = query.filter(is);
    }
    query
}
