//! `jobs_ahead`: what a claim holds beyond the jobs that start at once, in one row for all of them, so that the row of a quick job
//! is written once, by its end. PostgreSQL alone has it, where a row that is written costs more than all else of a claim.
//!
//! By its own row, a job that is listed here waits. How its attempt ends is written with what the claim left out. Whatever else becomes
//! of it comes after that was written into its row: that it runs for longer, says something, is cancelled, loses its worker. Invariants:
//! - what is claimable and listed is held by that claim, and no other takes it;
//! - whatever makes a row claimable takes it out of the list that it may be in ([`forget`]).

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::expression::{SqlLiteral, TypedExpressionType};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SingleValue, SqlType, Text, Timestamp};

use super::{Job, NEXT_VERSION, by_index};
use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared};
use crate::schema::job_queue;

/// The rows of the lists, with a row for each job.
const LISTED: &str = "(SELECT lease, worker, claimed_at, unnest(jobs) AS job FROM jobs_ahead)";

/// Whether a `job` is one of those of this parameter, in a form that PostgreSQL looks up in a table of them: `= ANY` goes through all
/// for each job when the plan is to serve any values, and what it might make a join of is one without a table, after [`by_index`].
fn is_among(parameter: &str) -> String {
    format!("coalesce(job IN (SELECT unnest({parameter})), FALSE)")
}

#[derive(QueryableByName)]
pub(super) struct Id {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    lease: i64,
}

/// Whether a claimable row is in no list. What was put in after all that is listed is in none, and what waits first nearly always was.
pub(super) fn is_free() -> SqlLiteral<Bool> {
    sql("(id > (SELECT coalesce(max(last_job), 0) FROM jobs_ahead) OR id NOT IN (SELECT unnest(jobs) FROM jobs_ahead))")
}

/// Whether a row is held by a list.
pub(super) fn is_held() -> SqlLiteral<Bool> {
    sql("(claimable AND id IN (SELECT unnest(jobs) FROM jobs_ahead))")
}

/// The leases of all lists.
pub(super) fn leases(conn: &mut PgConnection) -> QueryResult<Vec<i64>> {
    let rows: Vec<Id> = Prepared(diesel::sql_query("SELECT lease AS id FROM jobs_ahead")).load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What is in other lists than these. A look that found rows to lock may have begun before another claim was committed that listed
/// them; it cannot have locked them before that.
pub(super) fn listed_by_others(conn: &mut PgConnection, leases: &[i64]) -> QueryResult<HashSet<i64>> {
    let listed = "SELECT unnest(jobs) AS id FROM jobs_ahead WHERE lease <> ALL($1)";
    let rows: Vec<Id> = Prepared(diesel::sql_query(listed).bind::<Array<BigInt>, _>(leases)).load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Whether a claim with this lease holds a row, by the row or by a list. The list is that of the statement's beginning, however long
/// it waits for the row, which may have been given to another claim meanwhile: then it has a version that is not before the lease.
pub(super) fn is_held_by(lease: Option<i64>) -> Box<dyn BoxableExpression<job_queue::table, Pg, SqlType = Bool>> {
    let by_row = sql::<Bool>("(job_queue.lease = ").bind::<Nullable<BigInt>, _>(lease);
    let is_before = by_row.sql(" OR claimable AND version < ").bind::<Nullable<BigInt>, _>(lease);
    let by_list = is_before.sql(" AND EXISTS (SELECT FROM jobs_ahead WHERE jobs_ahead.lease = ");
    Box::new(by_list.bind::<Nullable<BigInt>, _>(lease).sql(" AND (whole OR job_queue.id = ANY(jobs))))"))
}

/// What an attempt has said of itself in this column, which the claim of a row that is only listed would have taken away.
pub(super) fn said_in<T: SqlType + SingleValue + TypedExpressionType>(column: &str) -> SqlLiteral<T> {
    sql(&format!("CASE WHEN claimable THEN NULL ELSE {column} END"))
}

/// Of a row that waits, what its attempt may need to know.
#[derive(Queryable, Selectable)]
#[diesel(table_name = job_queue)]
pub(super) struct Waiting {
    pub(super) id: i64,
    pub(super) priority: i32,
    pub(super) scheduled_at: NaiveDateTime,
    pub(super) losses: i32,
    job_type: String,
    pub(super) queue: String,
    payload: String,
    user_id: Option<i64>,
    max_retries: i32,
    retry_count: i32,
    attempts: i32,
    error_message: Option<String>,
    created_at: NaiveDateTime,
    unique_key: Option<String>,
    timeout_seconds: Option<i32>,
    traceparent: Option<String>,
}

impl Waiting {
    /// The row as a claim would have left it.
    fn claimed(self, lease: i64, worker: &str, now: NaiveDateTime) -> Arc<Job> {
        Arc::new(Job {
            id: self.id,
            job_type: self.job_type,
            queue: self.queue,
            payload: self.payload,
            user_id: self.user_id,
            status: JobStatus::Processing.as_str().to_owned(),
            priority: self.priority,
            max_retries: self.max_retries,
            retry_count: self.retry_count,
            attempts: self.attempts + 1,
            error_message: self.error_message,
            output: None,
            scheduled_at: self.scheduled_at,
            started_at: Some(now),
            completed_at: None,
            created_at: self.created_at,
            version: lease,
            claimable: false,
            wake_at: None,
            lease: Some(lease),
            worker: Some(worker.to_owned()),
            unique_key: self.unique_key,
            timeout_seconds: self.timeout_seconds,
            progress: None,
            progress_note: None,
            ahead: true,
            losses: self.losses,
            traceparent: self.traceparent,
        })
    }
}

/// Lists these rows, which the transaction has locked, under this lease. Returns them with what the claim leaves out.
#[expect(
    clippy::vec_box,
    reason = "the rows of a claim in one piece are a megabyte that is made and given back again and again"
)]
pub(super) fn take(
    conn: &mut PgConnection,
    rows: Vec<Box<Waiting>>,
    lease: i64,
    worker: &str,
    now: NaiveDateTime,
) -> QueryResult<Vec<Arc<Job>>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let last = ids.iter().max().copied();
    let list =
        "INSERT INTO jobs_ahead (lease, worker, claimed_at, jobs, whole, last_job) VALUES ($1, $2, $3, $4, TRUE, $5)";
    let list = diesel::sql_query(list).bind::<BigInt, _>(lease).bind::<Text, _>(worker).bind::<Timestamp, _>(now);
    list.bind::<Array<BigInt>, _>(ids).bind::<Nullable<BigInt>, _>(last).execute(conn)?;
    Ok(rows.into_iter().map(|row| row.claimed(lease, worker, now)).collect())
}

/// Which listed jobs are to be written into their rows.
struct Which<'a> {
    /// Of which lists, or of which jobs in them; `$1` are `keys` and `$2` are `leases`.
    listed: String,
    keys: &'a [i64],
    leases: &'a [i64],
    /// In this queue.
    queue: Option<&'a str>,
}

/// Writes into these rows what the claim left out. Rows that others have locked are waited for, in order, or passed over: they are
/// ending or are being changed by somebody else. Nearly always there are none, which the lists alone say.
fn write(conn: &mut AnyConnection, which: &Which<'_>, ahead: bool, waits: bool) -> QueryResult<usize> {
    let AnyConnection::Postgresql(postgres) = &mut *conn else { return Ok(0) };
    let Which { listed, keys, leases, queue } = which;
    if keys.is_empty() && queue.is_none() {
        return Ok(0);
    }
    let ids = format!("SELECT job AS id FROM {LISTED} AS listed WHERE {listed}");
    let ids = diesel::sql_query(ids).bind::<Array<BigInt>, _>(*keys).bind::<Array<BigInt>, _>(*leases);
    let ids: Vec<Id> = Prepared(ids).load(postgres)?;
    if ids.is_empty() {
        return Ok(0);
    }
    by_index(conn)?;
    let AnyConnection::Postgresql(postgres) = conn else { return Ok(0) };
    let ids: Vec<i64> = ids.into_iter().map(|row| row.id).collect();
    let of_queue = queue.is_none().into_sql::<Bool>().or(job_queue::queue.eq(queue.unwrap_or_default()));
    let rows = job_queue::table.filter(job_queue::id.eq_any(ids).and(job_queue::claimable).and(of_queue));
    let rows = rows.order(job_queue::id).select(job_queue::id).for_update();
    let locked: Vec<i64> = if waits { rows.load(postgres)? } else { rows.skip_locked().load(postgres)? };
    if locked.is_empty() {
        return Ok(0);
    }
    // The lists as they are now that nobody else changes the rows. Where nothing matches, no version is spent.
    let write = format!(
        "WITH held AS MATERIALIZED (SELECT * FROM {LISTED} AS listed WHERE {listed} AND {})
        UPDATE job_queue SET status = 'processing', attempts = attempts + 1, output = NULL, started_at = held.claimed_at,
            version = (SELECT {NEXT_VERSION}), claimable = FALSE, lease = held.lease, worker = held.worker, progress = NULL,
            progress_note = NULL, ahead = $3
        FROM held WHERE job_queue.id = held.job AND job_queue.claimable",
        is_among("$4")
    );
    let write = diesel::sql_query(write).bind::<Array<BigInt>, _>(*keys).bind::<Array<BigInt>, _>(*leases);
    write.bind::<Bool, _>(ahead).bind::<Array<BigInt>, _>(locked).execute(postgres)
}

/// Listed jobs with these ids.
fn of_jobs(ids: &[i64]) -> Which<'_> {
    Which { listed: is_among("$1"), keys: ids, leases: &[], queue: None }
}

fn of_claims(claims: impl IntoIterator<Item = (i64, Option<i64>)>) -> (Vec<i64>, Vec<i64>) {
    claims.into_iter().filter_map(|(id, lease)| Some((id, lease?))).unzip()
}

/// Listed jobs of these claims.
fn of_pairs<'a>((ids, leases): &'a (Vec<i64>, Vec<i64>)) -> Which<'a> {
    let listed = "coalesce((listed.job, listed.lease) IN (SELECT * FROM unnest($1, $2)), FALSE)".to_owned();
    Which { listed, keys: ids, leases, queue: None }
}

/// Those of these claims, given by id and lease, that are listed have begun, and the loss of their worker will say so.
///
/// # Errors
/// The database's.
pub fn begun(conn: &mut AnyConnection, claims: impl IntoIterator<Item = (i64, Option<i64>)>) -> QueryResult<()> {
    write(conn, &of_pairs(&of_claims(claims)), false, true).map(|_| ())
}

/// The same of many that go on, but for those that are just ending.
///
/// # Errors
/// The database's.
pub fn go_on(conn: &mut AnyConnection, claims: impl IntoIterator<Item = (i64, Option<i64>)>) -> QueryResult<()> {
    write(conn, &of_pairs(&of_claims(claims)), false, false).map(|_| ())
}

/// Those of these jobs that are listed are about to be changed by somebody else than their worker, who has locked the rows; returns
/// how many they are.
///
/// # Errors
/// The database's.
pub fn write_out(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<usize> {
    write(conn, &of_jobs(ids), true, true)
}

/// These leases are about to go, and their jobs may have begun.
///
/// # Errors
/// The database's.
pub fn lost(conn: &mut AnyConnection, leases: &[i64]) -> QueryResult<()> {
    let of_leases = Which { listed: "listed.lease = ANY($1)".to_owned(), keys: leases, leases: &[], queue: None };
    write(conn, &of_leases, true, false).map(|_| ())
}

/// What is listed of a queue is counted as running from now on.
///
/// # Errors
/// The database's.
pub fn write_out_queue(conn: &mut AnyConnection, queue: &str) -> QueryResult<()> {
    let of_queue = Which { listed: "TRUE".to_owned(), keys: &[], leases: &[], queue: Some(queue) };
    write(conn, &of_queue, true, false).map(|_| ())
}

/// Takes jobs that nobody holds out of the lists that they may still be in: they are about to be claimable.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<()> {
    take_out(conn, ids, None).map(|_| ())
}

/// Takes these jobs out of one list, if they are held by it; returns how many it held.
///
/// # Errors
/// The database's.
pub fn let_go(conn: &mut AnyConnection, ids: &[i64], lease: i64) -> QueryResult<usize> {
    if let AnyConnection::Postgresql(conn) = &mut *conn {
        // Who writes out what is listed has locked the rows, too.
        let rows = job_queue::table.filter(job_queue::id.eq_any(ids)).order(job_queue::id);
        let _: Vec<i64> = rows.select(job_queue::id).for_update().load(conn)?;
    }
    let claims: Vec<(i64, i64)> = ids.iter().map(|id| (*id, lease)).collect();
    let held = held(conn, &claims)?.len();
    take_out(conn, ids, Some(lease)).map(|()| held)
}

fn take_out(conn: &mut AnyConnection, ids: &[i64], lease: Option<i64>) -> QueryResult<()> {
    let AnyConnection::Postgresql(conn) = conn else { return Ok(()) };
    if ids.is_empty() {
        return Ok(());
    }
    let is_among = is_among("$1");
    let rest = format!(
        "UPDATE jobs_ahead SET jobs = ARRAY(SELECT job FROM unnest(jobs) AS of_list (job) WHERE NOT {is_among}), whole = FALSE
        WHERE ($2 IS NULL OR lease = $2) AND EXISTS (SELECT FROM unnest(jobs) AS of_list (job) WHERE {is_among})"
    );
    let rest = diesel::sql_query(rest).bind::<Array<BigInt>, _>(ids).bind::<Nullable<BigInt>, _>(lease);
    rest.execute(conn).map(|_| ())
}

/// Those of these claims, given by id and lease, that a list holds.
pub(super) fn held(conn: &mut AnyConnection, claims: &[(i64, i64)]) -> QueryResult<HashSet<(i64, i64)>> {
    let AnyConnection::Postgresql(conn) = conn else { return Ok(HashSet::new()) };
    if claims.is_empty() {
        return Ok(HashSet::new());
    }
    let held = format!(
        "SELECT job AS id, listed.lease FROM {LISTED} AS listed JOIN job_queue ON job_queue.id = listed.job
        WHERE listed.lease = ANY($2) AND {} AND job_queue.claimable",
        is_among("$1")
    );
    let ids: Vec<i64> = claims.iter().map(|(id, _)| *id).collect();
    let leases: BTreeSet<i64> = claims.iter().map(|(_, lease)| *lease).collect();
    let held = diesel::sql_query(held).bind::<Array<BigInt>, _>(ids);
    let rows: Vec<Held> = held.bind::<Array<BigInt>, _>(Vec::from_iter(leases)).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row.lease)).collect())
}

/// Id and lease of what this worker has listed since then, under other leases than those it knows of.
pub(super) fn listed_since(
    conn: &mut AnyConnection,
    worker: &str,
    since: NaiveDateTime,
    known: &[i64],
) -> QueryResult<Vec<(i64, Option<i64>)>> {
    let AnyConnection::Postgresql(conn) = conn else { return Ok(Vec::new()) };
    let listed = format!(
        "SELECT job AS id, lease FROM {LISTED} AS listed WHERE worker = $1 AND claimed_at >= $2 AND lease <> ALL($3)"
    );
    let listed = diesel::sql_query(listed).bind::<Text, _>(worker).bind::<Timestamp, _>(since);
    let rows: Vec<Held> = listed.bind::<Array<BigInt>, _>(known).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, Some(row.lease))).collect())
}
