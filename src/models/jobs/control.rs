//! What an operator does to jobs: run them again, or have them not run.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Nullable};

use super::{Filter, Job, ahead, next_version};
use crate::api::models::{AttemptOutcome, JobStatus};
use crate::db::AnyConnection;
use crate::models::attempts;
use crate::schema::job_queue;

/// The statuses of a job that can be run again.
pub const RETRYABLE: [JobStatus; 2] = [JobStatus::Failed, JobStatus::Cancelled];
/// The statuses of a job that can be cancelled.
pub const CANCELLABLE: [JobStatus; 3] = [JobStatus::Pending, JobStatus::RetryPending, JobStatus::Processing];

/// What became of a wish.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The job as it is now.
    Changed(Box<Job>),
    /// There is no such job.
    Missing,
    /// Its status does not allow it.
    Refused(String),
    /// Another unfinished job, the one with this id, has its unique key.
    Taken(i64),
}

/// What became of one step of a wish for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Jobs that are as wished now.
    pub changed: usize,
    /// Jobs that stay as they are, because another unfinished job has their unique key.
    pub taken: usize,
    /// The last job that was looked at; the next step begins behind it. `None` when there are no more.
    pub last: Option<i64>,
}

/// Puts a `failed` or `cancelled` job back to waiting, due now, with all its retries; its attempts stay on record.
///
/// # Errors
/// The database's.
pub fn retry(conn: &mut AnyConnection, id: i64, now: NaiveDateTime) -> QueryResult<Outcome> {
    let Some(job) = for_change(conn, &[id])?.pop() else { return Ok(Outcome::Missing) };
    if !RETRYABLE.iter().any(|status| status.as_str() == job.status) {
        return Ok(Outcome::Refused(job.status));
    }
    match restart_free(conn, &[job], now)?.pop() {
        Some((_, other)) => Ok(Outcome::Taken(other)),
        None => changed(conn, id),
    }
}

/// Ends a job that waits or runs. One that runs loses its lease with it, so that its result will not count; its worker is
/// told to stop when it next looks.
///
/// # Errors
/// The database's.
pub fn cancel(conn: &mut AnyConnection, id: i64, now: NaiveDateTime) -> QueryResult<Outcome> {
    let Some(job) = for_change(conn, &[id])?.pop() else { return Ok(Outcome::Missing) };
    if job.completed_at.is_some() {
        return Ok(Outcome::Refused(job.status));
    }
    end(conn, vec![job], now)?;
    changed(conn, id)
}

/// [`retry`] for the newest jobs that the filter finds, at most `limit`; it must ask for one status.
///
/// # Errors
/// The database's.
pub fn retry_all(conn: &mut AnyConnection, filter: &Filter, limit: i64, now: NaiveDateTime) -> QueryResult<Step> {
    let (mut ids, last) = found(conn, filter, limit)?;
    // Nothing is locked or read of those that stay as they are, of which there may be very many.
    let held: HashSet<i64> = held(conn, &ids)?.into_iter().map(|(id, _)| id).collect();
    ids.retain(|id| !held.contains(id));
    let jobs = still_found(conn, filter, &ids)?;
    let taken = restart_free(conn, &jobs, now)?.len();
    Ok(Step { changed: jobs.len() - taken, taken: held.len() + taken, last })
}

/// [`cancel`] for the newest jobs that the filter finds, at most `limit`; it must ask for one status.
///
/// # Errors
/// The database's.
pub fn cancel_all(conn: &mut AnyConnection, filter: &Filter, limit: i64, now: NaiveDateTime) -> QueryResult<Step> {
    let (ids, last) = found(conn, filter, limit)?;
    let jobs = still_found(conn, filter, &ids)?;
    let changed = jobs.len();
    end(conn, jobs, now)?;
    Ok(Step { changed, taken: 0, last })
}

/// The ids of a step's jobs, and the last of them unless there are no more.
fn found(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<(Vec<i64>, Option<i64>)> {
    let ids = super::ids(conn, filter, limit)?;
    let last = ids.last().copied().filter(|_| i64::try_from(ids.len()).is_ok_and(|found| found == limit));
    Ok((ids, last))
}

/// Of the jobs that were found, those that are to be changed: another transaction may have changed some since, on PostgreSQL.
fn still_found(conn: &mut AnyConnection, filter: &Filter, ids: &[i64]) -> QueryResult<Vec<Job>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut jobs = for_change(conn, ids)?;
    jobs.retain(|job| filter.status.is_none_or(|status| status.as_str() == job.status));
    Ok(jobs)
}

/// Puts those of the jobs back to waiting whose unique keys are free, of several with the same key the first. Returns the others,
/// each with the job that has its key.
fn restart_free(conn: &mut AnyConnection, jobs: &[Job], now: NaiveDateTime) -> QueryResult<Vec<(i64, i64)>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = jobs.iter().map(|job| job.id).collect();
    loop {
        let mut taken = held(conn, &ids)?;
        let held: HashSet<i64> = taken.iter().map(|(id, _)| *id).collect();
        let (mut free, mut first) = (Vec::with_capacity(jobs.len()), HashMap::new());
        for job in jobs.iter().filter(|job| !held.contains(&job.id)) {
            match job.unique_key.as_ref().map(|key| first.entry((&job.job_type, key))) {
                Some(Entry::Occupied(other)) => {
                    taken.push((job.id, *other.get()));
                    continue;
                }
                Some(Entry::Vacant(place)) => {
                    place.insert(job.id);
                }
                None => {}
            }
            free.push(job.id);
        }
        // Undone alone when, on PostgreSQL, another transaction has given a key away since the look: it has ended by now, and the
        // next look sees whose the key is.
        match conn.transaction(|conn| restart(conn, &free, now)) {
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
            restarted => return restarted.map(|()| taken),
        }
    }
}

/// Those of these jobs whose unique keys other, unfinished jobs have, each with that job. A subquery for each job, so that each is
/// one look into the index of the keys: PostgreSQL might read all that is unfinished for a join.
fn held(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<(i64, i64)>> {
    let holder = sql::<Nullable<BigInt>>(
        "(SELECT holder.id FROM job_queue AS holder WHERE holder.job_type = job_queue.job_type \
          AND holder.unique_key = job_queue.unique_key AND holder.unique_key IS NOT NULL AND holder.completed_at IS NULL \
          AND holder.id <> job_queue.id)",
    );
    let with_key = job_queue::table.filter(job_queue::id.eq_any(ids)).filter(job_queue::unique_key.is_not_null());
    let found: Vec<(i64, Option<i64>)> = with_key.select((job_queue::id, holder)).load(conn)?;
    Ok(found.into_iter().filter_map(|(id, holder)| Some((id, holder?))).collect())
}

fn restart(conn: &mut AnyConnection, ids: &[i64], now: NaiveDateTime) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    ahead::forget(conn, ids)?;
    let version = next_version(conn)?;
    diesel::update(job_queue::table.filter(job_queue::id.eq_any(ids)))
        .set((
            job_queue::status.eq(JobStatus::Pending.as_str()),
            job_queue::retry_count.eq(0),
            job_queue::error_message.eq(None::<String>),
            job_queue::scheduled_at.eq(now),
            job_queue::started_at.eq(None::<NaiveDateTime>),
            job_queue::completed_at.eq(None::<NaiveDateTime>),
            job_queue::version.eq(version),
            job_queue::claimable.eq(true),
        ))
        .execute(conn)
        .map(|_| ())
}

fn end(conn: &mut AnyConnection, mut jobs: Vec<Job>, now: NaiveDateTime) -> QueryResult<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = jobs.iter().map(|job| job.id).collect();
    // The rows are locked, so no claim takes them any more; what one has listed before is seen now.
    if ahead::write_out(conn, &ids)? > 0 {
        jobs = for_change(conn, &ids)?;
    }
    let version = next_version(conn)?;
    diesel::update(job_queue::table.filter(job_queue::id.eq_any(ids)))
        .set((
            job_queue::status.eq(JobStatus::Cancelled.as_str()),
            job_queue::completed_at.eq(now),
            job_queue::version.eq(version),
            job_queue::claimable.eq(false),
            job_queue::wake_at.eq(None::<NaiveDateTime>),
            job_queue::lease.eq(None::<i64>),
            job_queue::worker.eq(None::<String>),
        ))
        .execute(conn)?;
    let running = jobs.iter().filter(|job| job.lease.is_some());
    for job in running {
        attempts::record(conn, job, AttemptOutcome::Cancelled, None, now)?;
    }
    Ok(())
}

fn changed(conn: &mut AnyConnection, id: i64) -> QueryResult<Outcome> {
    super::find(conn, id).map(|job| job.map_or(Outcome::Missing, |job| Outcome::Changed(Box::new(job))))
}

/// The jobs with these ids, the newest first, which no other transaction changes before the end of this one.
fn for_change(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<Job>> {
    // In the order in which ends lock them.
    let jobs = job_queue::table.filter(job_queue::id.eq_any(ids)).order(job_queue::id);
    let mut jobs: Vec<Job> = match conn {
        // There is one writer.
        AnyConnection::Sqlite(conn) => jobs.load(conn),
        AnyConnection::Postgresql(conn) => jobs.for_update().load(conn),
    }?;
    jobs.reverse();
    Ok(jobs)
}
