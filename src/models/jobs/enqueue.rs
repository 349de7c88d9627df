//! Putting jobs into `job_queue`, one or many.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::result::Error;

use super::{next_version, unfinished};
use crate::api::models::JobStatus;
use crate::db::{AnyConnection, on_either};
use crate::schema::job_queue;
use crate::traces;

/// Rows of one statement. Their parameters stay below what SQLite (32,766) and PostgreSQL (65,535) take.
const BATCH: usize = 1_000;

/// The queue of a job that names none.
pub const DEFAULT_QUEUE: &str = "default";

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
    /// Not before this time, UTC; `None` for at once.
    pub scheduled_at: Option<NaiveDateTime>,
    /// At most one unfinished job of the type has this key.
    pub unique_key: Option<String>,
    /// How long an attempt may take, in seconds; `None` for the type's own time.
    pub timeout_seconds: Option<i32>,
}

/// Where a job stands that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job's id.
    pub id: i64,
    /// False when another unfinished job has its unique key: then this is the other's id, and nothing was put in.
    pub is_new: bool,
}

/// A new row.
#[derive(Insertable)]
#[diesel(table_name = job_queue, treat_none_as_default_value = false)]
struct Row<'a> {
    job_type: &'a str,
    queue: &'a str,
    payload: &'a str,
    user_id: Option<i64>,
    status: &'static str,
    priority: i32,
    max_retries: i32,
    retry_count: i32,
    attempts: i32,
    scheduled_at: NaiveDateTime,
    created_at: NaiveDateTime,
    version: i64,
    claimable: bool,
    wake_at: Option<NaiveDateTime>,
    unique_key: Option<&'a str>,
    timeout_seconds: Option<i32>,
    traceparent: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn new(job: &'a NewJob, version: i64, traceparent: Option<&'a str>, now: NaiveDateTime) -> Row<'a> {
        let due = job.scheduled_at.unwrap_or(now);
        let later = Some(due).filter(|due| *due > now);
        Row {
            job_type: &job.job_type,
            queue: &job.queue,
            payload: &job.payload,
            user_id: job.user_id,
            status: JobStatus::Pending.as_str(),
            priority: job.priority,
            max_retries: job.max_retries,
            retry_count: 0,
            attempts: 0,
            scheduled_at: due,
            created_at: now,
            version,
            claimable: later.is_none(),
            wake_at: later,
            unique_key: job.unique_key.as_deref(),
            timeout_seconds: job.timeout_seconds,
            traceparent,
        }
    }
}

/// Puts a job in; it is there when the transaction commits. One whose unique key another unfinished job of its type has is not
/// put in, and the other is named instead.
///
/// # Errors
/// The database's.
pub fn enqueue(conn: &mut AnyConnection, job: &NewJob, now: NaiveDateTime) -> QueryResult<Enqueued> {
    let traceparent = traces::here();
    loop {
        let row = Row::new(job, next_version(conn)?, traceparent.as_deref(), now);
        let insert =
            diesel::insert_into(job_queue::table).values(row).on_conflict_do_nothing().returning(job_queue::id);
        if let Some(id) = on_either!(conn, conn => insert.get_result(conn).optional())? {
            return Ok(Enqueued { id, is_new: true });
        }
        let key = job.unique_key.as_deref().ok_or(Error::NotFound)?;
        // On PostgreSQL it may have ended between the two statements, and then there is room for this one.
        if let Some(id) = unfinished(conn, &job.job_type, key)? {
            return Ok(Enqueued { id, is_new: false });
        }
    }
}

/// The same for many, a thousand in a statement; of two with the same unique key the first is put in. The answers are in the
/// order of the jobs.
///
/// # Errors
/// The database's.
pub fn enqueue_all(conn: &mut AnyConnection, jobs: &[NewJob], now: NaiveDateTime) -> QueryResult<Vec<Enqueued>> {
    let mut enqueued = Vec::with_capacity(jobs.len());
    for batch in jobs.chunks(BATCH) {
        let mut inserted = insert_all(conn, batch, now)?.into_iter().peekable();
        for job in batch {
            // Those that were put in come in the order of the batch, so the next one is either this job or a later one, and
            // then this one's key was taken.
            let next = inserted.next_if(|(_, job_type, key)| (job_type, key) == (&job.job_type, &job.unique_key));
            enqueued.push(match next {
                Some((id, ..)) => Enqueued { id, is_new: true },
                None => enqueue(conn, job, now)?,
            });
        }
        if inserted.next().is_some() {
            return Err(Error::QueryBuilderError("a batch of jobs was stored in another order".into()));
        }
    }
    Ok(enqueued)
}

/// Id, type and key of the new rows, in the order of their ids, which is that of the batch.
fn insert_all(
    conn: &mut AnyConnection,
    jobs: &[NewJob],
    now: NaiveDateTime,
) -> QueryResult<Vec<(i64, String, Option<String>)>> {
    let version = next_version(conn)?;
    let traceparent = traces::here();
    let rows: Vec<Row<'_>> = jobs.iter().map(|job| Row::new(job, version, traceparent.as_deref(), now)).collect();
    let insert = diesel::insert_into(job_queue::table).values(&rows).on_conflict_do_nothing();
    let columns = (job_queue::id, job_queue::job_type, job_queue::unique_key);
    let mut inserted: Vec<(i64, String, Option<String>)> =
        on_either!(conn, conn => insert.returning(columns).get_results(conn))?;
    inserted.sort_unstable_by_key(|(id, ..)| *id);
    Ok(inserted)
}
