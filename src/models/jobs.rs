//! `job_queue`: the jobs. Here are the row and looking them up; [`enqueue()`] puts them in, [`claim`], [`lease`] and [`completions`]
//! are the worker's side, [`counts`] counts, [`control`] is the operator's side, [`events`] tells what has changed, [`prune`] and
//! [`erase`] take away.
//!
//! Invariants of a row, kept by every statement of these files:
//! - `claimable` only in `pending` and `retry_pending`, and only when `scheduled_at` has come;
//! - `wake_at` is the due time of a row that waits for it, else NULL;
//! - a row that is `claimable` and in [`ahead`]'s lists is held by a claim that has left the row as it was;
//! - `lease` is set only while `processing`, and then `job_leases` says until when; without a row there the job has lost its
//!   worker. `worker` is set then, too, and of a `completed` one: who has completed it;
//! - `version` takes a new, larger value with every change.

pub mod ahead;
pub mod claim;
pub mod completions;
pub mod control;
pub mod counts;
pub mod ends;
mod enqueue;
pub mod erase;
pub mod events;
mod ground;
pub mod lease;
pub mod prune;
pub mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDateTime;
use diesel::connection::{SimpleConnection, TransactionManager};
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

/// PostgreSQL's next version. The transaction has its number before it has a version, which `events::flight` builds upon: PostgreSQL
/// gives it with the first write otherwise, and reads the branches of a CASE in order.
pub(super) const NEXT_VERSION: &str = "CASE WHEN pg_current_xact_id() IS NULL THEN 0 ELSE nextval('job_versions') END";

/// The number of a change: larger than every one before it, in every process.
pub(super) fn next_version(conn: &mut AnyConnection) -> QueryResult<i64> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            let next = job_versions::last.eq(job_versions::last + 1);
            Prepared(diesel::update(job_versions::table).set(next).returning(job_versions::last)).get_result(conn)
        }
        AnyConnection::Postgresql(conn) => Prepared(diesel::select(sql::<BigInt>(NEXT_VERSION))).get_result(conn),
    }
}

/// Has PostgreSQL answer what the rest of the transaction asks by an index in its order, and in no other way. It plans by statistics,
/// and a queue has outgrown them before they are taken anew: it would read and sort all that waits for each claim, and read every
/// job there is for each end. A plan without a way that is allowed counts as so costly that PostgreSQL would compile it, which takes
/// a hundred times as long as to run it; and nothing is gained by one for the values of this time, for which it would go through
/// thousands of ids.
fn by_index(conn: &mut AnyConnection) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgresql(conn) => conn.batch_execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; SET LOCAL jit = off; \
             SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; \
             SET LOCAL plan_cache_mode = force_generic_plan",
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

/// What a job is counted under. The jobs of a kind lie by their ids in an index of kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    job_type: String,
    status: String,
    queue: String,
}

impl Filter {
    /// Whether its jobs are looked for kind by kind, since it asks for some kinds and nothing that finds fewer.
    fn is_of_kinds(&self) -> bool {
        let kinds = self.status.is_some() || self.job_type.is_some() || self.queue.is_some();
        kinds && self.user_id.is_none() && self.ids.is_none()
    }

    fn has(&self, kind: &Kind) -> bool {
        self.status.is_none_or(|status| status.as_str() == kind.status)
            && self.job_type.as_ref().is_none_or(|job_type| *job_type == kind.job_type)
            && self.queue.as_ref().is_none_or(|queue| *queue == kind.queue)
    }
}

/// At most `limit` jobs, in the filter's order.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Job>> {
    if !filter.is_of_kinds() {
        return page(conn, filter, None, limit).load(conn);
    }
    at_one_moment(conn, |conn| {
        let ids = ids(conn, filter, limit)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = Filter { ids: Some(ids), oldest_first: filter.oldest_first, ..Filter::default() };
        page(conn, &found, None, limit).load(conn)
    })
}

/// Has `work` see the jobs as they are at one moment: one that goes from a kind to another would be in none of two looks, or in
/// both. Within a transaction, that is the caller's business.
fn at_one_moment<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    type Manager = <AnyConnection as Connection>::TransactionManager;
    if Manager::transaction_manager_status_mut(conn).transaction_depth()?.is_some() {
        return work(conn);
    }
    conn.transaction(|conn| {
        if let AnyConnection::Postgresql(conn) = conn {
            conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
        }
        work(conn)
    })
}

/// The ids of the same jobs. Each kind gives as many as are wanted in all.
fn ids(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<i64>> {
    if !filter.is_of_kinds() {
        return page(conn, filter, None, limit).select(job_queue::id).load(conn);
    }
    let mut ids = Vec::new();
    for kind in kinds(conn, filter)? {
        let found: Vec<i64> = page(conn, filter, Some(&kind), limit).select(job_queue::id).load(conn)?;
        ids.extend(found);
    }
    ids.sort_unstable_by_key(|id| if filter.oldest_first { *id } else { -id });
    ids.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(ids)
}

/// How many jobs the filter finds, wherever the page before ended. Reads all of them, and where it asks for kinds no others.
///
/// # Errors
/// The database's.
pub fn count(conn: &mut AnyConnection, filter: &Filter) -> QueryResult<i64> {
    if !filter.is_of_kinds() {
        return matching(conn, filter, None, EVERY_ID).count().get_result(conn);
    }
    at_one_moment(conn, |conn| {
        by_index(conn)?;
        let kinds = kinds(conn, filter)?;
        kinds.iter().map(|kind| matching(conn, filter, Some(kind), EVERY_ID).count().get_result::<i64>(conn)).sum()
    })
}

/// The kinds of which there are jobs that the filter may find.
fn kinds(conn: &mut AnyConnection, filter: &Filter) -> QueryResult<BTreeSet<Kind>> {
    let columns = (job_counts::job_type, job_counts::status, job_counts::queue, job_counts::jobs);
    let rows: Vec<(String, String, String, i64)> = job_counts::table.select(columns).load(conn)?;
    let mut counts = BTreeMap::new();
    for (job_type, status, queue, jobs) in rows {
        // Those of PostgreSQL are in slots, of which some may be below nothing.
        *counts.entry(Kind { job_type, status, queue }).or_insert(0) += jobs;
    }
    Ok(counts.into_iter().filter(|(kind, jobs)| *jobs != 0 && filter.has(kind)).map(|(kind, _)| kind).collect())
}

const EVERY_ID: RangeInclusive<i64> = i64::MIN..=i64::MAX;

type Query = job_queue::BoxedQuery<'static, <AnyConnection as Connection>::Backend>;

fn page(conn: &AnyConnection, filter: &Filter, kind: Option<&Kind>, limit: i64) -> Query {
    let ids = match filter.after {
        Some(after) if filter.oldest_first => after.saturating_add(1)..=i64::MAX,
        Some(after) => i64::MIN..=after.saturating_sub(1),
        None => EVERY_ID,
    };
    let mut query = matching(conn, filter, kind, ids).limit(limit);
    // The order that the index has and no other: see `matching`.
    if let AnyConnection::Postgresql(_) = conn {
        let columns: &[&str] = match kind {
            Some(_) => &["hashtext(job_type)", "hashtext(status)", "hashtext(queue)"],
            None if filter.user_id.is_some() => &["user_id"],
            None => &[],
        };
        for column in columns {
            let direction = if filter.oldest_first { "" } else { " DESC" };
            query = query.then_order_by(sql::<Text>(&format!("{column}{direction}")));
        }
    }
    if filter.oldest_first { query.then_order_by(job_queue::id) } else { query.then_order_by(job_queue::id.desc()) }
}

/// The jobs of this kind, or of any, with ids in this range, that the filter finds. SQLite has no statistics and PostgreSQL none of
/// what goes together, so that it might look for a page of failed jobs among all that were put in later: what is not to lead to
/// the jobs is written so that no index is taken for it. Of a set, even of one, and of a range of rows PostgreSQL does not know
/// that an order by their columns is none, so that only the index has the jobs in that order.
fn matching(conn: &AnyConnection, filter: &Filter, kind: Option<&Kind>, ids: RangeInclusive<i64>) -> Query {
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    let mut query = job_queue::table.into_boxed();
    if let Some(text) = &filter.text {
        // SQLite's LIKE takes no notice of the case of ASCII letters, PostgreSQL's has a name of its own for that.
        let like = if is_sqlite { "LIKE" } else { "ILIKE" };
        let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let texts = "(payload || ' ' || coalesce(error_message, '') || ' ' || coalesce(unique_key, ''))";
        query = query.filter(sql::<Bool>(&format!("{texts} {like} ")).bind::<Text, _>(pattern).sql(" ESCAPE '\\'"));
    }
    if let Some(ids) = filter.ids.clone() {
        query = query.filter(job_queue::id.eq_any(ids));
    }
    if let Some(user_id) = filter.user_id {
        let [before, after] = if is_sqlite { [" = ", ""] } else { [" = ANY(ARRAY[", "])"] };
        let is = sql::<Bool>(&format!("job_queue.user_id{before}")).bind::<BigInt, _>(user_id).sql(after);
        query = query.filter(is);
    }
    match kind {
        Some(kind) if !is_sqlite => {
            query.filter(from(kind, ">=", *ids.start())).filter(from(kind, "<=", *ids.end())).filter(is_of(kind))
        }
        Some(kind) => query
            .filter(job_queue::id.between(*ids.start(), *ids.end()))
            .filter(job_queue::job_type.eq(kind.job_type.clone()))
            .filter(job_queue::status.eq(kind.status.clone()))
            .filter(job_queue::queue.eq(kind.queue.clone())),
        None => {
            if ids != EVERY_ID {
                query = query.filter(job_queue::id.between(*ids.start(), *ids.end()));
            }
            let status = filter.status.map(|status| status.as_str().to_owned());
            let texts = [("status", status), ("job_type", filter.job_type.clone()), ("queue", filter.queue.clone())];
            let [before, between, after] = if is_sqlite { ["", " || '' = ", ""] } else { ["(", " = ", ") IS TRUE"] };
            for (column, value) in texts.into_iter().filter_map(|(column, value)| Some((column, value?))) {
                let is = sql::<Bool>(&format!("{before}job_queue.{column}{between}")).bind::<Text, _>(value).sql(after);
                query = query.filter(is);
            }
            query
        }
    }
}

/// A row's place in PostgreSQL's index of kinds, which is one of numbers, compared with that of an id of this kind.
fn from(
    kind: &Kind,
    comparison: &str,
    id: i64,
) -> Box<dyn BoxableExpression<job_queue::table, <AnyConnection as Connection>::Backend, SqlType = Bool>> {
    let place = "(hashtext(job_type), hashtext(status), hashtext(queue), id)";
    let row = sql::<Bool>(&format!("{place} {comparison} (hashtext(")).bind::<Text, _>(kind.job_type.clone());
    let row = row.sql("), hashtext(").bind::<Text, _>(kind.status.clone());
    let row = row.sql("), hashtext(").bind::<Text, _>(kind.queue.clone());
    Box::new(row.sql("), ").bind::<BigInt, _>(id).sql(")"))
}

/// Whether a row at such a place is of the kind itself. PostgreSQL expects half of the rows to be, which is enough for it to go by
/// the index; of each of the three by itself it would expect few of them.
fn is_of(
    kind: &Kind,
) -> Box<dyn BoxableExpression<job_queue::table, <AnyConnection as Connection>::Backend, SqlType = Bool>> {
    let is = sql::<Bool>("coalesce(job_type = ").bind::<Text, _>(kind.job_type.clone());
    let is = is.sql(" AND status = ").bind::<Text, _>(kind.status.clone());
    Box::new(is.sql(" AND queue = ").bind::<Text, _>(kind.queue.clone()).sql(", FALSE)"))
}
