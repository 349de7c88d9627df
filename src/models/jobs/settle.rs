//! What time alone changes in `job_queue`: waiting rows that are due, jobs that have lost their workers, and those that nobody knows.
//!
//! How an attempt ends that its worker has seen to the end is [`super::lease`]'s.

use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;

use super::{Filter, Ground, Job, ahead, by_index, kinds, next_version, page};
use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::{job_leases, job_queue};

/// A job has lost its worker.
///
/// # Errors
/// The database's.
pub fn count_loss(conn: &mut AnyConnection, id: i64) -> QueryResult<()> {
    let counted = job_queue::losses.eq(job_queue::losses + 1);
    diesel::update(job_queue::table.find(id)).set(counted).execute(conn).map(|_| ())
}

/// Id and lease of at most `limit` jobs that have lost their workers: their leases are gone, or had ended by then.
///
/// # Errors
/// The database's.
pub fn abandoned(conn: &mut AnyConnection, by: Option<NaiveDateTime>, limit: i64) -> QueryResult<Vec<(i64, i64)>> {
    let running = Filter { status: Some(JobStatus::Processing), ..Filter::default() };
    // None ends as early as that.
    let by = by.unwrap_or(DateTime::UNIX_EPOCH.naive_utc());
    let mut abandoned = Vec::new();
    for kind in kinds(conn, &running)? {
        let leases = job_leases::table.filter(job_leases::ends_at.gt(by)).select(job_leases::lease.nullable());
        let of_kind = page(conn, &running, Some(&kind), limit).filter(job_queue::lease.ne_all(leases));
        let of_kind: Vec<(i64, i64)> =
            of_kind.select((job_queue::id, job_queue::lease.assume_not_null())).load(conn)?;
        abandoned.extend(of_kind);
    }
    abandoned.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(abandoned)
}

/// Those of them that nobody has changed since, for this transaction to settle.
///
/// # Errors
/// The database's.
pub fn unsettled(conn: &mut AnyConnection, abandoned: &[(i64, i64)]) -> QueryResult<Vec<Job>> {
    by_index(conn)?;
    let ids = abandoned.iter().map(|(id, _)| *id);
    let rows = job_queue::table.filter(job_queue::id.eq_any(ids)).order(job_queue::id);
    let mut jobs: Vec<Job> = match conn {
        AnyConnection::Sqlite(conn) => rows.load(conn)?,
        // What another process is settling at this moment is left to it, and so is what a late end is ending.
        AnyConnection::Postgresql(conn) => rows.for_update().skip_locked().load(conn)?,
    };
    jobs.retain(|job| job.lease.is_some_and(|lease| abandoned.contains(&(job.id, lease))));
    Ok(jobs)
}

/// At most `limit` waiting rows that are due, for this transaction to let them be claimed.
///
/// # Errors
/// The database's.
pub fn due(conn: &mut AnyConnection, ground: &Ground, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<i64>> {
    by_index(conn)?;
    let due = job_queue::table.filter(job_queue::wake_at.le(now)).order(job_queue::wake_at).limit(limit);
    let due = due.select(job_queue::id);
    match conn {
        AnyConnection::Sqlite(conn) => due.load(conn),
        // What another process is settling at this moment is left to it.
        AnyConnection::Postgresql(conn) => {
            due.filter(job_queue::wake_at.ge(ground.due())).for_update().skip_locked().load(conn)
        }
    }
}

/// Lets waiting rows be claimed, whose time has come.
///
/// # Errors
/// The database's.
pub fn release(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<usize> {
    ahead::forget(conn, ids)?;
    let version = next_version(conn)?;
    diesel::update(job_queue::table.filter(job_queue::id.eq_any(ids)))
        .set((
            job_queue::claimable.eq(true),
            job_queue::wake_at.eq(None::<NaiveDateTime>),
            job_queue::version.eq(version),
        ))
        .execute(conn)
}

/// Whether there is no waiting job of a type that is none of `known`, by the counts.
///
/// # Errors
/// The database's.
pub fn are_known(conn: &mut AnyConnection, known: &[&str]) -> QueryResult<bool> {
    let waiting = [JobStatus::Pending, JobStatus::RetryPending].map(JobStatus::as_str);
    let kinds = kinds(conn, &Filter::default())?;
    Ok(kinds.iter().all(|kind| known.contains(&&*kind.job_type) || !waiting.contains(&&*kind.status)))
}

/// At most `limit` jobs of types that are none of `known`, due since before `since`, in queues that are none of `left`.
///
/// # Errors
/// The database's.
pub fn orphans(
    conn: &mut AnyConnection,
    known: &[&str],
    left: &[&str],
    since: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<Job>> {
    let orphans = job_queue::table
        .filter(job_queue::claimable)
        .filter(job_queue::scheduled_at.le(since))
        .filter(job_queue::job_type.ne_all(known))
        .filter(job_queue::queue.ne_all(left))
        // That of the claimable rows' index, without which PostgreSQL would rather look through all rows.
        .order((job_queue::queue, job_queue::priority.desc(), job_queue::scheduled_at, job_queue::id))
        .limit(limit);
    on_either!(conn, conn => Prepared(orphans).load(conn))
}

/// Ends a waiting job that nothing can run.
///
/// # Errors
/// The database's.
pub fn reject(conn: &mut AnyConnection, job: &Job, error: &str, now: NaiveDateTime) -> QueryResult<()> {
    if let AnyConnection::Postgresql(postgres) = &mut *conn {
        // Somebody may know it all the same, and have claimed it by now.
        let row = job_queue::table.find(job.id).select(job_queue::id).for_update();
        row.get_result::<i64>(postgres).optional()?;
        ahead::write_out(conn, &[job.id])?;
    }
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
