//! The worker's side of `job_queue` after the claim: what an attempt says of itself, and the ways it ends. What time alone changes is
//! [`super::settle`]'s.
//!
//! Every statement that ends an attempt matches the number of its lease and changes nothing when another claim has come since.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::dsl::{case_when, max};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Text;

use super::claim::padded;
use super::{Filter, Job, ahead, by_index, erase, kinds, next_version, page};
use crate::api::models::{AttemptOutcome, JobStatus};
use crate::db::{AnyConnection, Prepared, on_either};
use crate::models::{attempts, users};
use crate::schema::{job_attempts, job_queue};

/// A row that another claim holds by now; the transaction is to be rolled back.
const FENCED: Error = Error::RollbackTransaction;

/// Those of these claims, given by id and lease, that count no more: the job was cancelled, or another claim holds it.
///
/// # Errors
/// The database's.
pub fn lost(conn: &mut AnyConnection, claims: &[(i64, i64)]) -> QueryResult<Vec<(i64, i64)>> {
    let ids: Vec<i64> = claims.iter().map(|(id, _)| *id).collect();
    // The lists first: a job may go from a list to its row between the looks, and never the other way.
    let listed = ahead::held(conn, claims)?;
    let held: Vec<(i64, Option<i64>)> =
        job_queue::table.filter(job_queue::id.eq_any(ids)).select((job_queue::id, job_queue::lease)).load(conn)?;
    let holds = |claim: &(i64, i64)| listed.contains(claim) || held.contains(&(claim.0, Some(claim.1)));
    Ok(claims.iter().filter(|claim| !holds(claim)).copied().collect())
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
    let worker = job.worker.as_deref().filter(|_| matches!(next, Next::Finished(JobStatus::Completed)));
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
        job_queue::worker.eq(worker),
    );
    let row = job_queue::table.filter(job_queue::id.eq(job.id));
    let changed: usize = match conn {
        AnyConnection::Sqlite(conn) => {
            Prepared(diesel::update(row.filter(job_queue::lease.eq(job.lease))).set(change)).execute(conn)
        }
        AnyConnection::Postgresql(conn) => {
            // Of a row that is only listed, what the claim left out, too.
            let claim = (job_queue::attempts.eq(job.attempts), job_queue::started_at.eq(job.started_at));
            let said = (
                job_queue::output.eq(ahead::said_in("output")),
                job_queue::progress.eq(ahead::said_in("progress")),
                job_queue::progress_note.eq(ahead::said_in("progress_note")),
            );
            let held = row.filter(ahead::is_held_by(job.lease));
            let ended = diesel::update(held).set((change, claim, said)).returning(job_queue::id);
            Prepared(ended).get_results::<i64>(conn).map(|ended| ended.len())
        }
    }?;
    if changed == 0 {
        return Err(FENCED);
    }
    if claimable && job.ahead { ahead::forget(conn, &[job.id]) } else { Ok(()) }
}

/// Takes away again what an attempt brings home of a user who was deleted while it ran. It looks after the row is locked, so
/// that a deletion that is being committed has either erased the row already or comes after this.
fn erase_if_gone(conn: &mut AnyConnection, job: &Job) -> QueryResult<()> {
    match job.user_id {
        Some(id) if users::find(conn, id, users::Reach::All)?.is_none() => erase::user(conn, id),
        _ => Ok(()),
    }
}

/// What an attempt says of itself while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How far it is, in percent, with a note.
    pub progress: Option<(i32, String)>,
    /// What it has found out so far, as JSON text.
    pub output: Option<String>,
}

impl Report {
    /// The same with what was said later.
    #[must_use]
    pub fn then(self, later: Report) -> Report {
        Report { progress: later.progress.or(self.progress), output: later.output.or(self.output) }
    }
}

/// Notes what attempts say of themselves. Those whose leases are lost are passed over.
///
/// # Errors
/// The database's.
pub fn report(conn: &mut AnyConnection, reports: &[(&Job, &Report)]) -> QueryResult<()> {
    ahead::begun(conn, reports.iter().map(|(job, _)| (job.id, job.lease)))?;
    let version = next_version(conn)?;
    for (job, report) in reports {
        let held = job_queue::id.eq(job.id).and(job_queue::lease.eq(job.lease));
        let changed =
            diesel::update(job_queue::table.filter(held)).set(job_queue::version.eq(version)).execute(conn)?;
        if changed == 1 {
            keep(conn, job, report)?;
        }
    }
    Ok(())
}

/// Writes a report into a row that the transaction has changed already.
fn keep(conn: &mut AnyConnection, job: &Job, report: &Report) -> QueryResult<()> {
    let row = job_queue::table.find(job.id);
    if let Some((progress, note)) = &report.progress {
        let said = (job_queue::progress.eq(progress), job_queue::progress_note.eq(note));
        diesel::update(row).set(said).execute(conn)?;
    }
    if let Some(output) = &report.output {
        diesel::update(row).set(job_queue::output.eq(output)).execute(conn)?;
    }
    erase_if_gone(conn, job)
}

/// The attempt succeeded.
///
/// # Errors
/// [`Error::RollbackTransaction`] when the lease is lost, else the database's.
pub fn complete(conn: &mut AnyConnection, job: &Job, report: &Report, now: NaiveDateTime) -> QueryResult<()> {
    leave(conn, job, Next::Finished(JobStatus::Completed), None, job.retry_count, now)?;
    if *report == Report::default() { Ok(()) } else { keep(conn, job, report) }
}

pub(super) fn by_lease<L: Ord>(claims: impl IntoIterator<Item = (i64, L)>) -> BTreeMap<L, Vec<i64>> {
    let mut by_lease: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    claims.into_iter().for_each(|(id, lease)| by_lease.entry(lease).or_default().push(id));
    by_lease
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

/// The attempt ends before its job has, because its process stops, it asked for another at `due`, or it may not have begun
/// when its worker was lost. The job waits as before, and no retry is spent.
///
/// # Errors
/// [`Error::RollbackTransaction`] when the lease is lost, else the database's.
pub fn put_back(
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

/// These jobs, given by id and lease, were claimed and their attempts never began: they are as though nobody had claimed them, but
/// without what an attempt before said of itself, which the claim took away. Returns how many; the others' leases are lost.
///
/// # Errors
/// The database's.
pub fn unclaim(conn: &mut AnyConnection, claims: impl IntoIterator<Item = (i64, Option<i64>)>) -> QueryResult<usize> {
    by_index(conn)?;
    let version = next_version(conn)?;
    let status = |status: JobStatus| status.as_str().into_sql::<Text>();
    let waiting =
        case_when(job_queue::retry_count.eq(0), status(JobStatus::Pending)).otherwise(status(JobStatus::RetryPending));
    let begun = job_attempts::table.filter(job_attempts::job_id.eq(job_queue::id));
    let change = (
        job_queue::status.eq(waiting),
        job_queue::attempts.eq(job_queue::attempts - 1),
        job_queue::started_at.eq(begun.select(max(job_attempts::started_at)).single_value()),
        job_queue::version.eq(version),
        job_queue::claimable.eq(true),
        job_queue::lease.eq(None::<i64>),
        job_queue::worker.eq(None::<String>),
    );
    let mut changed = 0;
    for (lease, ids) in by_lease(claims) {
        changed += lease.map_or(Ok(0), |lease| ahead::let_go(conn, &ids, lease))?;
        let held = job_queue::table.filter(job_queue::id.eq_any(padded(ids)).and(job_queue::lease.eq(lease)));
        changed += on_either!(conn, conn => diesel::update(held).set(change.clone()).execute(conn))?;
    }
    Ok(changed)
}

/// Id and lease of what this worker has claimed since then, by other leases than those it knows of, and what has not ended.
///
/// # Errors
/// The database's.
pub fn claimed_since(
    conn: &mut AnyConnection,
    worker: &str,
    since: NaiveDateTime,
    known: &[i64],
) -> QueryResult<Vec<(i64, Option<i64>)>> {
    let running = Filter { status: Some(JobStatus::Processing), ..Filter::default() };
    by_index(conn)?;
    let mut claimed = ahead::listed_since(conn, worker, since, known)?;
    for kind in kinds(conn, &running)? {
        let of_worker = job_queue::worker.eq(worker.to_owned()).and(job_queue::started_at.ge(since));
        let unknown = of_worker.and(job_queue::lease.ne_all(known.to_vec()));
        let of_kind = page(conn, &running, Some(&kind), i64::MAX).filter(unknown);
        let of_kind: Vec<(i64, Option<i64>)> = of_kind.select((job_queue::id, job_queue::lease)).load(conn)?;
        claimed.extend(of_kind);
    }
    Ok(claimed)
}
