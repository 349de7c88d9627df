//! `workers`: the processes that run jobs. What they run is in `job_queue`.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use crate::api::models::JobStatus;
use crate::db::{AnyConnection, on_either};
use crate::schema::{job_queue, workers};

/// Who has said nothing for this long is not there any more: workers say that they are there once a minute.
pub const SILENT: TimeDelta = TimeDelta::seconds(150);

/// A row of `workers`.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = workers)]
pub struct Worker {
    /// As in the rows of its jobs.
    pub name: String,
    /// UTC.
    pub started_at: NaiveDateTime,
    /// When it last said that it is there, UTC.
    pub seen_at: NaiveDateTime,
    /// Jobs at a time.
    pub executors: i32,
    /// The queues that it serves, as `WORKER_QUEUES` has them.
    pub queues: String,
    /// The types that it knows, with commas between them; `None` where it is of a build that did not say.
    pub job_types: Option<String>,
}

/// Says that a worker is there.
///
/// # Errors
/// The database's.
pub fn put(conn: &mut AnyConnection, worker: &Worker) -> QueryResult<()> {
    let put = diesel::insert_into(workers::table)
        .values(worker)
        .on_conflict(workers::name)
        .do_update()
        .set(workers::seen_at.eq(worker.seen_at));
    on_either!(conn, conn => put.execute(conn)).map(|_| ())
}

/// Takes a worker away that has stopped.
///
/// # Errors
/// The database's.
pub fn delete(conn: &mut AnyConnection, name: &str) -> QueryResult<()> {
    diesel::delete(workers::table.find(name)).execute(conn).map(|_| ())
}

/// Takes those away that have said nothing since then.
///
/// # Errors
/// The database's.
pub fn delete_silent(conn: &mut AnyConnection, since: NaiveDateTime) -> QueryResult<()> {
    diesel::delete(workers::table.filter(workers::seen_at.lt(since))).execute(conn).map(|_| ())
}

/// Those that have said since then that they are there, by name.
///
/// # Errors
/// The database's.
pub fn alive(conn: &mut AnyConnection, since: NaiveDateTime) -> QueryResult<Vec<Worker>> {
    workers::table.filter(workers::seen_at.ge(since)).order(workers::name).load(conn)
}

/// The types that some worker knows that has said since then that it is there; `None` when one of them does not say.
///
/// # Errors
/// The database's.
pub fn known_types(conn: &mut AnyConnection, since: NaiveDateTime) -> QueryResult<Option<BTreeSet<String>>> {
    let said = workers::table.filter(workers::seen_at.ge(since)).select(workers::job_types);
    let said: Option<Vec<String>> = said.load::<Option<String>>(conn)?.into_iter().collect();
    Ok(said.map(|said| said.iter().flat_map(|types| types.split(',')).map(str::to_owned).collect()))
}

/// When a worker last said that it is there, UTC.
///
/// # Errors
/// The database's.
pub fn last_seen(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    workers::table.select(diesel::dsl::max(workers::seen_at)).first(conn)
}

/// What is shown of a job that runs.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Running {
    /// The worker that has claimed it.
    pub worker: Option<String>,
    /// The job.
    pub id: i64,
    /// Its type.
    pub job_type: String,
    /// The queue it was in.
    pub queue: String,
    /// When it was claimed, UTC.
    pub started_at: Option<NaiveDateTime>,
    /// In percent.
    pub progress: Option<i32>,
    /// What it says of how far it is.
    pub progress_note: Option<String>,
}

/// At most `limit` jobs that run, the newest first; without their payloads, which may be large.
///
/// # Errors
/// The database's.
pub fn running(conn: &mut AnyConnection, limit: i64) -> QueryResult<Vec<Running>> {
    job_queue::table
        .filter(job_queue::status.eq(JobStatus::Processing.as_str()))
        .order(job_queue::id.desc())
        .limit(limit)
        .select((
            job_queue::worker,
            job_queue::id,
            job_queue::job_type,
            job_queue::queue,
            job_queue::started_at,
            job_queue::progress,
            job_queue::progress_note,
        ))
        .load(conn)
}
