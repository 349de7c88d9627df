//! The worker's side of `job_queue`: claim, heartbeat, the ways an attempt ends, and what time alone changes.
//!
//! A claim takes a lease, whose number is the version of the claim: it only grows, so it fences. Every statement that
//! ends an attempt matches it and changes nothing when another claim has come since.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::result::Error;

use super::{Job, erase, next_version};
use crate::api::models::{AttemptOutcome, JobStatus};
use crate::db::{AnyConnection, Prepared, on_either};
use crate::models::{attempts, queues, users};
use crate::schema::job_queue;

/// A row that another claim holds by now; the transaction is to be rolled back.
const FENCED: Error = Error::RollbackTransaction;

/// Appended to a column, keeps its index out of the plan: the claim's own index has the rows in order, and few of another
/// type.
const NO_INDEX: &str = "";

/// Who claims, and for how long.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The job types that this process knows.
    pub job_types: Vec<&'static str>,
    /// At most so many.
    pub limit: i64,
    /// The process's name.
    pub worker: String,
    /// When the lease ends unless it is extended, UTC.
    pub until: NaiveDateTime,
}

/// Takes the jobs that are due, in queues that are not paused: the highest priority first, then the earliest, then the first
/// put in.
///
/// # Errors
/// The database's.
pub fn claim(conn: &mut AnyConnection, claim: &Claim, now: NaiveDateTime) -> QueryResult<Vec<Job>> {
    let mut due = Vec::new();
    for queue in queues::claimable(conn)? {
        due.extend(due_in(conn, &queue, claim)?);
    }
    // Each queue's are in order, and so is the whole now.
    due.sort_by_key(|(id, priority, scheduled_at)| (Reverse(*priority), *scheduled_at, *id));
    due.truncate(usize::try_from(claim.limit).unwrap_or_default());
    let ids: Vec<i64> = due.into_iter().map(|(id, ..)| id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let version = next_version(conn)?;
    let change = (
        job_queue::status.eq(JobStatus::Processing.as_str()),
        job_queue::attempts.eq(job_queue::attempts + 1),
        job_queue::started_at.eq(now),
        job_queue::version.eq(version),
        job_queue::claimable.eq(false),
        job_queue::wake_at.eq(claim.until),
        job_queue::lease.eq(version),
        job_queue::worker.eq(&claim.worker),
    );
    let rows = diesel::update(job_queue::table.filter(job_queue::id.eq_any(padded(ids)))).set(change);
    let mut jobs: Vec<Job> =
        on_either!(conn, conn => Prepared(rows.returning(job_queue::all_columns)).get_results(conn))?;
    // RETURNING has no order of its own.
    jobs.sort_by_key(|job| (Reverse(job.priority), job.scheduled_at, job.id));
    Ok(jobs)
}

/// Repeats the last id up to a power of two, so that a list of any length makes one of few statements, whose plans are kept.
fn padded(mut ids: Vec<i64>) -> Vec<i64> {
    let last = ids.last().copied().unwrap_or_default();
    ids.resize(ids.len().next_power_of_two(), last);
    ids
}

/// Id, priority and time of the first jobs of a queue.
fn due_in(conn: &mut AnyConnection, queue: &str, claim: &Claim) -> QueryResult<Vec<(i64, i32, NaiveDateTime)>> {
    let due = job_queue::table
        .filter(job_queue::claimable)
        .filter(job_queue::queue.eq(queue))
        .filter(job_queue::job_type.concat(NO_INDEX).eq_any(&claim.job_types))
        .order((job_queue::priority.desc(), job_queue::scheduled_at, job_queue::id))
        .limit(claim.limit)
        .select((job_queue::id, job_queue::priority, job_queue::scheduled_at));
    match conn {
        AnyConnection::Sqlite(conn) => Prepared(due).load(conn),
        AnyConnection::Postgresql(conn) => due.for_update().skip_locked().load(conn),
    }
}

/// Extends the leases of the jobs that this process holds, in one statement; returns how many it still holds.
///
/// # Errors
/// The database's.
pub fn heartbeat(conn: &mut AnyConnection, ids: &[i64], worker: &str, until: NaiveDateTime) -> QueryResult<usize> {
    let held = job_queue::id.eq_any(ids).and(job_queue::worker.eq(worker));
    diesel::update(job_queue::table.filter(held)).set(job_queue::wake_at.eq(until)).execute(conn)
}

/// Those of these claims, given by id and lease, that count no more: the job was cancelled, or another claim holds it.
///
/// # Errors
/// The database's.
pub fn lost(conn: &mut AnyConnection, claims: &[(i64, i64)]) -> QueryResult<Vec<(i64, i64)>> {
    let ids: Vec<i64> = claims.iter().map(|(id, _)| *id).collect();
    let held: Vec<(i64, Option<i64>)> =
        job_queue::table.filter(job_queue::id.eq_any(ids)).select((job_queue::id, job_queue::lease)).load(conn)?;
    Ok(claims.iter().filter(|(id, lease)| !held.contains(&(*id, Some(*lease)))).copied().collect())
}

/// Where a job goes after an attempt.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// To an end.
    Finished(JobStatus),
    /// Back to waiting, until this time.
    Waiting(JobStatus, NaiveDateTime),
}

/// One row's way out of `processing`, if `job` still holds the lease.
fn leave(
    conn: &mut AnyConnection,
    job: &Job,
    next: Next,
    error: Option<&str>,
    retries: i32,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let (status, completed_at, wake_at, scheduled_at) = match next {
        Next::Finished(status) => (status, Some(now), None, job.scheduled_at),
        Next::Waiting(status, due) => (status, None, (due > now).then_some(due), due),
    };
    let claimable = completed_at.is_none() && wake_at.is_none();
    let version = next_version(conn)?;
    let change = (
        job_queue::status.eq(status.as_str()),
        job_queue::retry_count.eq(retries),
        job_queue::error_message.eq(error),
        job_queue::scheduled_at.eq(scheduled_at),
        job_queue::completed_at.eq(completed_at),
        job_queue::version.eq(version),
        job_queue::claimable.eq(claimable),
        job_queue::wake_at.eq(wake_at),
        job_queue::lease.eq(None::<i64>),
        job_queue::worker.eq(None::<String>),
    );
    let held = job_queue::table.filter(job_queue::id.eq(job.id).and(job_queue::lease.eq(job.lease)));
    let changed = on_either!(conn, conn => Prepared(diesel::update(held).set(change)).execute(conn))?;
    if changed == 1 { Ok(()) } else { Err(FENCED) }
}

/// Takes away again what an attempt brings home of a user who was deleted while it ran. It looks after the row is locked, so
/// that a deletion that is being committed has either erased the row already or comes after this.
fn erase_if_gone(conn: &mut AnyConnection, job: &Job) -> QueryResult<()> {
    match job.user_id {
        Some(id) if users::find(conn, id, users::Reach::All)?.is_none() => erase::user(conn, id),
        _ => Ok(()),
    }
}

/// The attempt succeeded.
///
/// # Errors
/// [`Error::RollbackTransaction`] when the lease is lost, else the database's.
pub fn complete(conn: &mut AnyConnection, job: &Job, output: Option<&str>, now: NaiveDateTime) -> QueryResult<()> {
    leave(conn, job, Next::Finished(JobStatus::Completed), None, job.retry_count, now)?;
    if output.is_some() {
        diesel::update(job_queue::table.find(job.id)).set(job_queue::output.eq(output)).execute(conn)?;
    }
    attempts::record(conn, job, AttemptOutcome::Completed, None, now)?;
    if output.is_some() { erase_if_gone(conn, job) } else { Ok(()) }
}

/// Attempts of `worker` succeeded that leave nothing else behind, given by id and lease. Returns those of them that counted:
/// the others' leases are lost.
///
/// # Errors
/// The database's.
pub fn complete_all(
    conn: &mut AnyConnection,
    claims: impl IntoIterator<Item = (i64, Option<i64>)>,
    worker: &str,
    now: NaiveDateTime,
) -> QueryResult<HashSet<(i64, Option<i64>)>> {
    let mut by_lease: BTreeMap<Option<i64>, Vec<i64>> = BTreeMap::new();
    claims.into_iter().for_each(|(id, lease)| by_lease.entry(lease).or_default().push(id));
    let change = (
        job_queue::status.eq(JobStatus::Completed.as_str()),
        job_queue::error_message.eq(None::<String>),
        job_queue::completed_at.eq(now),
        job_queue::version.eq(next_version(conn)?),
        job_queue::claimable.eq(false),
        job_queue::wake_at.eq(None::<NaiveDateTime>),
        job_queue::lease.eq(None::<i64>),
        job_queue::worker.eq(None::<String>),
    );
    let mut ended = HashSet::new();
    for (lease, ids) in by_lease {
        let held = job_queue::table.filter(job_queue::id.eq_any(padded(ids)).and(job_queue::lease.eq(lease)));
        let rows = diesel::update(held).set(change.clone()).returning(job_queue::id);
        let counted: Vec<i64> = on_either!(conn, conn => Prepared(rows).get_results(conn))?;
        if !counted.is_empty() {
            attempts::record_completed(conn, padded(counted.clone()), worker, now)?;
        }
        ended.extend(counted.into_iter().map(|id| (id, lease)));
    }
    Ok(ended)
}

/// The attempt failed: the job waits until `retry_at`, or has failed for good when that is `None`.
///
/// # Errors
/// [`Error::RollbackTransaction`] when the lease is lost, else the database's.
pub fn fail(
    conn: &mut AnyConnection,
    job: &Job,
    outcome: AttemptOutcome,
    error: &str,
    retry_at: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> QueryResult<()> {
    match retry_at {
        Some(due) => {
            leave(conn, job, Next::Waiting(JobStatus::RetryPending, due), Some(error), job.retry_count + 1, now)?
        }
        None => leave(conn, job, Next::Finished(JobStatus::Failed), Some(error), job.retry_count, now)?,
    }
    attempts::record(conn, job, outcome, Some(error), now)?;
    erase_if_gone(conn, job)
}

/// The process stops before the job has ended: it waits as before, and no retry is spent.
///
/// # Errors
/// [`Error::RollbackTransaction`] when the lease is lost, else the database's.
pub fn hand_back(conn: &mut AnyConnection, job: &Job, now: NaiveDateTime) -> QueryResult<()> {
    put_back(conn, job, AttemptOutcome::HandedBack, job.scheduled_at, now)
}

/// The attempt asked for another at `due`, and no retry is spent.
///
/// # Errors
/// [`Error::RollbackTransaction`] when the lease is lost, else the database's.
pub fn snooze(conn: &mut AnyConnection, job: &Job, due: NaiveDateTime, now: NaiveDateTime) -> QueryResult<()> {
    put_back(conn, job, AttemptOutcome::Snoozed, due, now)
}

fn put_back(
    conn: &mut AnyConnection,
    job: &Job,
    outcome: AttemptOutcome,
    due: NaiveDateTime,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let status = if job.retry_count == 0 { JobStatus::Pending } else { JobStatus::RetryPending };
    leave(conn, job, Next::Waiting(status, due), job.error_message.as_deref(), job.retry_count, now)?;
    attempts::record(conn, job, outcome, None, now)?;
    erase_if_gone(conn, job)
}

/// At most `limit` rows whose time has come, for this transaction to settle: waiting ones that are due, and running ones
/// whose lease has ended.
///
/// # Errors
/// The database's.
pub fn due(conn: &mut AnyConnection, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Job>> {
    let due = job_queue::table.filter(job_queue::wake_at.le(now)).order(job_queue::wake_at).limit(limit);
    match conn {
        AnyConnection::Sqlite(conn) => due.load(conn),
        // What another process is settling at this moment is left to it.
        AnyConnection::Postgresql(conn) => due.for_update().skip_locked().load(conn),
    }
}

/// Lets waiting rows be claimed, whose time has come.
///
/// # Errors
/// The database's.
pub fn release(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<usize> {
    let version = next_version(conn)?;
    diesel::update(job_queue::table.filter(job_queue::id.eq_any(ids).and(job_queue::lease.is_null())))
        .set((
            job_queue::claimable.eq(true),
            job_queue::wake_at.eq(None::<NaiveDateTime>),
            job_queue::version.eq(version),
        ))
        .execute(conn)
}

/// At most `limit` jobs of types that none of `known` runs, due since before `since`.
///
/// # Errors
/// The database's.
pub fn orphans(
    conn: &mut AnyConnection,
    known: &[&'static str],
    since: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<Job>> {
    let orphans = job_queue::table
        .filter(job_queue::claimable)
        .filter(job_queue::scheduled_at.le(since))
        .filter(job_queue::job_type.ne_all(known))
        .limit(limit);
    on_either!(conn, conn => Prepared(orphans).load(conn))
}

/// Ends a waiting job that nothing can run.
///
/// # Errors
/// The database's.
pub fn reject(conn: &mut AnyConnection, job: &Job, error: &str, now: NaiveDateTime) -> QueryResult<()> {
    let version = next_version(conn)?;
    diesel::update(job_queue::table.filter(job_queue::id.eq(job.id).and(job_queue::claimable)))
        .set((
            job_queue::status.eq(JobStatus::Failed.as_str()),
            job_queue::error_message.eq(error),
            job_queue::completed_at.eq(now),
            job_queue::version.eq(version),
            job_queue::claimable.eq(false),
        ))
        .execute(conn)?;
    Ok(())
}

/// What a look at the queue finds: whether a job of these types can be claimed now, and when time next changes a row.
///
/// # Errors
/// The database's.
pub fn outlook(conn: &mut AnyConnection, job_types: &[&'static str]) -> QueryResult<(bool, Option<NaiveDateTime>)> {
    let mut claimable = false;
    for queue in queues::claimable(conn)? {
        let first = job_queue::table
            .filter(job_queue::claimable)
            .filter(job_queue::queue.eq(queue))
            .filter(job_queue::job_type.concat(NO_INDEX).eq_any(job_types))
            .order((job_queue::priority.desc(), job_queue::scheduled_at, job_queue::id))
            .select(job_queue::id)
            .limit(1);
        let first: Vec<i64> = on_either!(conn, conn => Prepared(first).load(conn))?;
        claimable = !first.is_empty();
        if claimable {
            break;
        }
    }
    let next = job_queue::table
        .filter(job_queue::wake_at.is_not_null())
        .order(job_queue::wake_at)
        .select(job_queue::wake_at)
        .limit(1);
    let next: Vec<Option<NaiveDateTime>> = on_either!(conn, conn => next.load(conn))?;
    Ok((claimable, next.into_iter().flatten().next()))
}
