//! Claiming: what of `job_queue` a process may run now, and taking it.
//!
//! A claim takes a lease, whose number is the version of the claim: it only grows, so it fences. What ends a lease is
//! [`super::lease`]'s.

use std::cmp::Reverse;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Job, next_version};
use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared, on_either};
use crate::models::queues::{self, Room};
use crate::schema::job_queue;

/// Appended to a column, keeps its index out of the plan: the claim's own index has the rows in order, and few of another
/// type.
const NO_INDEX: &str = "";

/// Jobs that a queue is asked for first, however many queues there are.
const FEWEST: i64 = 4;

/// Who claims, how much, and for how long.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The job types that this process knows.
    pub job_types: Vec<&'static str>,
    /// At most so many.
    pub limit: i64,
    /// So many of them start at once; the others are claimed ahead.
    pub at_once: i64,
    /// What it may take of each queue.
    pub room: Room,
    /// The process's name.
    pub worker: String,
    /// When the lease ends unless it is extended, UTC.
    pub until: NaiveDateTime,
}

/// What a claim has taken.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// The rows as they are now, those that start at once first.
    pub jobs: Vec<Job>,
    /// Whether due jobs were left that the end of another job lets in.
    pub is_held_back: bool,
}

/// Takes the jobs that are due, in queues that are not paused: the highest priority first, then the earliest, then the first
/// put in. Jobs that have lost a worker are not claimed ahead, so that the next loss says that they had begun.
///
/// # Errors
/// The database's.
pub fn claim(conn: &mut AnyConnection, claim: &Claim, now: NaiveDateTime) -> QueryResult<Claimed> {
    let open = queues::open_for_claim(conn, &claim.room)?;
    let mut due = most_urgent(conn, &open.queues, claim)?;
    let most = usize::try_from(claim.at_once.min(claim.limit)).unwrap_or_default();
    let behind = due.split_off(most.min(due.len()));
    let (ahead, suspects): (Vec<_>, Vec<_>) = behind.into_iter().partition(|due| due.losses == 0);
    let is_held_back = open.is_held_back || !suspects.is_empty();
    let mut jobs = Vec::new();
    let version = if due.is_empty() && ahead.is_empty() { None } else { Some(next_version(conn)?) };
    for (rows, is_ahead) in [(due, false), (ahead, true)] {
        let ids: Vec<i64> = rows.iter().map(|due| due.id).collect();
        if let Some(version) = version.filter(|_| !ids.is_empty()) {
            jobs.extend(take(conn, claim, ids, version, is_ahead, now)?);
        }
    }
    Ok(Claimed { jobs, is_held_back })
}

/// Gives the lease `version` to these rows, and returns them in order.
fn take(
    conn: &mut AnyConnection,
    claim: &Claim,
    ids: Vec<i64>,
    version: i64,
    is_ahead: bool,
    now: NaiveDateTime,
) -> QueryResult<Vec<Job>> {
    let change = (
        job_queue::status.eq(JobStatus::Processing.as_str()),
        job_queue::attempts.eq(job_queue::attempts + 1),
        job_queue::output.eq(None::<String>),
        job_queue::started_at.eq(now),
        job_queue::version.eq(version),
        job_queue::claimable.eq(false),
        job_queue::wake_at.eq(claim.until),
        job_queue::lease.eq(version),
        job_queue::worker.eq(&claim.worker),
        job_queue::progress.eq(None::<i32>),
        job_queue::progress_note.eq(None::<String>),
        job_queue::ahead.eq(is_ahead),
    );
    let rows = diesel::update(job_queue::table.filter(job_queue::id.eq_any(padded(ids)))).set(change);
    let mut jobs: Vec<Job> =
        on_either!(conn, conn => Prepared(rows.returning(job_queue::all_columns)).get_results(conn))?;
    // RETURNING has no order of its own.
    jobs.sort_by_key(|job| (Reverse(job.priority), job.scheduled_at, job.id));
    Ok(jobs)
}

/// Repeats the last id up to a power of two, so that a list of any length makes one of few statements, whose plans are kept.
pub(super) fn padded(mut ids: Vec<i64>) -> Vec<i64> {
    let last = ids.last().copied().unwrap_or_default();
    ids.resize(ids.len().next_power_of_two(), last);
    ids
}

/// What a claim decides by.
#[derive(Queryable)]
struct Due {
    id: i64,
    priority: i32,
    scheduled_at: NaiveDateTime,
    losses: i32,
}

impl Due {
    /// The smaller, the sooner.
    fn key(&self) -> (Reverse<i32>, NaiveDateTime, i64) {
        (Reverse(self.priority), self.scheduled_at, self.id)
    }
}

/// The first jobs of all these queues together, in order. Each queue gives some, and those whose last one is still among the
/// most urgent give all they may: so many queues cost little more than one.
fn most_urgent(conn: &mut AnyConnection, queues: &[(String, i64)], claim: &Claim) -> QueryResult<Vec<Due>> {
    let some = (2 * claim.limit / i64::try_from(queues.len().max(1)).unwrap_or(1)).max(FEWEST);
    let mut all: Vec<Due> = Vec::new();
    let mut may_have_more = Vec::new();
    for (queue, room) in queues {
        let most = claim.limit.min(*room);
        let first = due_in(conn, queue, claim, most.min(some))?;
        if let Some(last) =
            first.last().filter(|_| some < most && i64::try_from(first.len()).is_ok_and(|rows| rows == some))
        {
            may_have_more.push((queue, most, last.key()));
        }
        all.extend(first);
    }
    let limit = usize::try_from(claim.limit).unwrap_or_default();
    all.sort_by_key(Due::key);
    let least = limit.checked_sub(1).and_then(|last| all.get(last)).map(Due::key);
    for (queue, most, last) in may_have_more {
        if least.is_none_or(|least| last <= least) {
            let rest = due_in(conn, queue, claim, most)?;
            all.extend(rest.into_iter().filter(|due| due.key() > last));
        }
    }
    all.sort_by_key(Due::key);
    all.truncate(limit);
    Ok(all)
}

/// The first jobs of a queue.
fn due_in(conn: &mut AnyConnection, queue: &str, claim: &Claim, room: i64) -> QueryResult<Vec<Due>> {
    let due = job_queue::table
        .filter(job_queue::claimable)
        .filter(job_queue::queue.eq(queue))
        .filter(job_queue::job_type.concat(NO_INDEX).eq_any(&claim.job_types))
        .order((job_queue::priority.desc(), job_queue::scheduled_at, job_queue::id))
        .limit(claim.limit.min(room))
        .select((job_queue::id, job_queue::priority, job_queue::scheduled_at, job_queue::losses));
    match conn {
        AnyConnection::Sqlite(conn) => Prepared(due).load(conn),
        AnyConnection::Postgresql(conn) => due.for_update().skip_locked().load(conn),
    }
}

/// What a look at the queue finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether a job can be claimed now.
    pub is_claimable: bool,
    /// Whether queues have jobs that the end of another job lets in.
    pub is_held_back: bool,
    /// When time next changes a row, UTC.
    pub next: Option<NaiveDateTime>,
}

/// What there is to do for a process that knows these job types and has this much room.
///
/// # Errors
/// The database's.
pub fn outlook(conn: &mut AnyConnection, job_types: &[&'static str], room: &Room) -> QueryResult<Outlook> {
    let open = queues::open(conn, room)?;
    let mut is_claimable = false;
    for (queue, _) in open.queues {
        let first = job_queue::table
            .filter(job_queue::claimable)
            .filter(job_queue::queue.eq(queue))
            .filter(job_queue::job_type.concat(NO_INDEX).eq_any(job_types))
            .order((job_queue::priority.desc(), job_queue::scheduled_at, job_queue::id))
            .select(job_queue::id)
            .limit(1);
        let first: Vec<i64> = on_either!(conn, conn => Prepared(first).load(conn))?;
        is_claimable = !first.is_empty();
        if is_claimable {
            break;
        }
    }
    let next = job_queue::table
        .filter(job_queue::wake_at.is_not_null())
        .order(job_queue::wake_at)
        .select(job_queue::wake_at)
        .limit(1);
    let next: Vec<Option<NaiveDateTime>> = on_either!(conn, conn => next.load(conn))?;
    Ok(Outlook { is_claimable, is_held_back: open.is_held_back, next: next.into_iter().flatten().next() })
}
