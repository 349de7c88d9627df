//! Claiming: what of `job_queue` a process may run now, and taking it.
//!
//! A claim takes a lease, whose number is the version of the claim: it only grows, so it fences. What ends a lease is
//! [`super::lease`]'s.

use std::sync::Arc;
use std::time::Instant;

use chrono::NaiveDateTime;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{Desc, sql};
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamp};

use super::ahead::Waiting;
use super::ground::{self, Ground, Known, Place, Places};
use super::{Job, ahead, by_index};
use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared, on_either};
use crate::models::leases;
use crate::models::queues::{self, Room};
use crate::schema::job_queue;

/// Appended to a column, keeps its index out of SQLite's plan: the claim's own index has the rows in order, and few of another
/// type.
pub(super) const NO_INDEX: &str = "";

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
    /// Where to begin, as the claim before has left it.
    pub ground: Ground,
    /// The process's name.
    pub worker: String,
    /// When the lease ends unless it is extended, UTC.
    pub until: NaiveDateTime,
}

/// What a claim has taken.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// The rows as they are now, those that start at once first. Each by itself: thousands of them are a large piece of memory.
    pub jobs: Vec<Arc<Job>>,
    /// Whether due jobs were left that the end of another job lets in.
    pub is_held_back: bool,
    /// Where the next claim may begin.
    pub ground: Ground,
}

/// Takes the jobs that are due, in queues that are not paused: the highest priority first, then the earliest, then the first
/// put in. Jobs that have lost a worker are not claimed ahead, so that the next loss says that they had begun.
///
/// # Errors
/// The database's.
pub fn claim(conn: &mut AnyConnection, claim: &Claim, now: NaiveDateTime) -> QueryResult<Claimed> {
    by_index(conn)?;
    let mut ground = claim.ground.clone();
    let known = ground.queues.start();
    let lists = if let AnyConnection::Postgresql(conn) = conn { ahead::leases(conn)? } else { Vec::new() };
    let open = queues::open_for_claim(conn, &claim.room, known.map(names).as_deref())?;
    let (mut due, mut places) = most_urgent(conn, &open.queues, claim, known)?;
    let took = open.since.elapsed();
    let most = usize::try_from(claim.at_once.min(claim.limit)).unwrap_or_default();
    let mut later = due.split_off(most.min(due.len()));
    let behind = later.len();
    later.retain(|due| due.losses == 0);
    let has_suspects = later.len() < behind;
    let is_held_back = open.is_held_back || has_suspects;
    let mut listed = Vec::new();
    if let AnyConnection::Postgresql(conn) = conn {
        let listed_since = ahead::listed_by_others(conn, &lists)?;
        due.retain(|due| !listed_since.contains(&due.id));
        later.retain(|due| !listed_since.contains(&due.id));
        // The next claim begins behind what this one takes, unless that leaves something before it, or is less urgent than what
        // may come.
        for due in due.iter().chain(&later).filter(|_| !has_suspects) {
            let place = due.waiting.as_ref().and_then(|row| places.get_mut(&row.queue));
            if let Some(place) = place.filter(|place| place.0 == due.place().0) {
                *place = due.place();
            }
        }
        let is_whole = known.is_none();
        let known = known.into_iter().flatten().map(|(queue, place)| (queue.clone(), *place));
        if due.is_empty() && later.is_empty() {
            // Whatever comes next may lie anywhere, in a queue that had nothing too, and is not to wait for the next whole look.
            ground.queues = Known::default();
        } else {
            ground.queues.found(known.chain(places).collect(), is_whole, took);
        }
        // A limit is kept by what the rows say that runs.
        if !open.has_limits() {
            listed = later.drain(..).filter_map(|due| due.waiting).collect();
        }
    }
    if due.is_empty() && later.is_empty() && listed.is_empty() {
        return Ok(Claimed { jobs: Vec::new(), is_held_back, ground });
    }
    let lease = leases::put(conn, claim.until)?;
    let mut jobs = take(conn, claim, &due, &later, lease, now)?;
    if let AnyConnection::Postgresql(conn) = conn {
        jobs.append(&mut ahead::take(conn, listed, lease, &claim.worker, now)?);
    }
    // Neither RETURNING nor a list of ids has an order of its own.
    jobs.sort_unstable_by_key(|job| (job.ahead, -i64::from(job.priority), job.scheduled_at, job.id));
    Ok(Claimed { jobs, is_held_back, ground })
}

/// Gives these rows the lease `version`, and returns them.
fn take(
    conn: &mut AnyConnection,
    claim: &Claim,
    at_once: &[Due],
    ahead: &[Due],
    version: i64,
    now: NaiveDateTime,
) -> QueryResult<Vec<Arc<Job>>> {
    let first: Vec<i64> = at_once.iter().map(|due| due.id).collect();
    let ids: Vec<i64> = at_once.iter().chain(ahead).map(|due| due.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut jobs = Vec::with_capacity(ids.len());
    let change = (
        job_queue::status.eq(JobStatus::Processing.as_str()),
        job_queue::attempts.eq(job_queue::attempts + 1),
        job_queue::output.eq(None::<String>),
        job_queue::started_at.eq(now),
        job_queue::version.eq(version),
        job_queue::claimable.eq(false),
        job_queue::lease.eq(version),
        job_queue::worker.eq(&claim.worker),
        job_queue::progress.eq(None::<i32>),
        job_queue::progress_note.eq(None::<String>),
        job_queue::ahead.eq(job_queue::id.ne_all(padded(first))),
    );
    let rows = diesel::update(job_queue::table.filter(job_queue::id.eq_any(padded(ids)))).set(change);
    let rows = Prepared(rows.returning(job_queue::all_columns));
    let mut keep = |row: QueryResult<Job>| row.map(|job| jobs.push(Arc::new(job)));
    on_either!(conn, conn => rows.load_iter::<Job, DefaultLoadingMode>(conn)?.try_for_each(&mut keep))?;
    Ok(jobs)
}

/// Repeats the last id up to a power of two, so that a list of any length makes one of few statements, whose plans are kept.
pub(super) fn padded(mut ids: Vec<i64>) -> Vec<i64> {
    let last = ids.last().copied().unwrap_or_default();
    ids.resize(ids.len().next_power_of_two(), last);
    ids
}

/// What a claim decides by.
struct Due {
    id: i64,
    priority: i32,
    scheduled_at: NaiveDateTime,
    losses: i32,
    /// On PostgreSQL, where the row is not read again if it is listed.
    waiting: Option<Box<Waiting>>,
}

impl From<Waiting> for Due {
    fn from(row: Waiting) -> Due {
        let Waiting { id, priority, scheduled_at, losses, .. } = row;
        Due { id, priority, scheduled_at, losses, waiting: Some(Box::new(row)) }
    }
}

impl Due {
    /// The smaller, the sooner.
    fn place(&self) -> Place {
        (-i64::from(self.priority), self.scheduled_at, self.id)
    }
}

/// The first jobs of all these queues together, in order. Each queue gives some, and those whose last one is still among the
/// most urgent give all they may: so many queues cost little more than one.
fn most_urgent(
    conn: &mut AnyConnection,
    queues: &[(String, i64)],
    claim: &Claim,
    known: Option<&Places>,
) -> QueryResult<(Vec<Due>, Places)> {
    let some = (2 * claim.limit / i64::try_from(queues.len().max(1)).unwrap_or(1)).max(FEWEST);
    let (mut all, mut places): (Vec<Due>, Places) = Default::default();
    let mut may_have_more = Vec::new();
    for (queue, room) in queues {
        let start = known.and_then(|known| known.get(queue).copied()).unwrap_or_else(ground::start);
        let most = claim.limit.min(*room);
        let first = due_in(conn, queue, start, claim, most.min(some))?;
        places.insert(queue.clone(), first.first().map_or(start, Due::place));
        if let Some(last) =
            first.last().filter(|_| some < most && i64::try_from(first.len()).is_ok_and(|rows| rows == some))
        {
            may_have_more.push((queue, start, most, last.place()));
        }
        if all.is_empty() {
            all = first;
        } else {
            all.extend(first);
        }
    }
    let limit = usize::try_from(claim.limit).unwrap_or_default();
    all.sort_unstable_by_key(Due::place);
    let least = limit.checked_sub(1).and_then(|last| all.get(last)).map(Due::place);
    for (queue, start, most, last) in may_have_more {
        if least.is_none_or(|least| last <= least) {
            let rest = due_in(conn, queue, start, claim, most)?;
            all.extend(rest.into_iter().filter(|due| due.place() > last));
        }
    }
    all.sort_unstable_by_key(Due::place);
    all.truncate(limit);
    Ok((all, places))
}

/// The first jobs of a queue. On PostgreSQL they are locked, those that another process is claiming are passed over, and it
/// begins at `start`; there the limit counts what was locked, so no more are taken.
fn due_in(conn: &mut AnyConnection, queue: &str, start: Place, claim: &Claim, room: i64) -> QueryResult<Vec<Due>> {
    let most = claim.limit.min(room);
    let due = job_queue::table.filter(job_queue::claimable).filter(job_queue::queue.eq(queue)).limit(most);
    match conn {
        AnyConnection::Sqlite(conn) => {
            let known = job_queue::job_type.concat(NO_INDEX).eq_any(&claim.job_types);
            let columns = (job_queue::id, job_queue::priority, job_queue::scheduled_at, job_queue::losses);
            let due: Vec<(i64, i32, NaiveDateTime, i32)> =
                Prepared(due.filter(known).order(order()).select(columns)).load(conn)?;
            let due = due.into_iter().map(|(id, priority, scheduled_at, losses)| Due {
                id,
                priority,
                scheduled_at,
                losses,
                waiting: None,
            });
            Ok(due.collect())
        }
        AnyConnection::Postgresql(conn) => {
            let known = job_queue::job_type.eq_any(&claim.job_types);
            let due = due.filter(known.and(from(start)).and(ahead::is_free()));
            let due = due.order(place()).select(Waiting::as_select()).for_update().skip_locked();
            let rows = Prepared(due).load_iter::<Waiting, DefaultLoadingMode>(conn)?;
            // At its full length from the start: large pieces of memory, given back and made anew, are zeroed each time.
            let mut all = Vec::with_capacity(rows.size_hint().0);
            for row in rows {
                all.push(Due::from(row?));
            }
            Ok(all)
        }
    }
}

/// A queue's order, for SQLite.
fn order() -> (Desc<job_queue::priority>, job_queue::scheduled_at, job_queue::id) {
    (job_queue::priority.desc(), job_queue::scheduled_at, job_queue::id)
}

/// The same for PostgreSQL, as its index has it: a row's place.
fn place() -> SqlLiteral<BigInt> {
    sql("-priority::bigint, scheduled_at, id")
}

/// Places that are not before `start`.
fn from(start: Place) -> Box<dyn BoxableExpression<job_queue::table, Pg, SqlType = Bool>> {
    let (priority, scheduled_at, id) = start;
    let place = sql::<Bool>("(-priority::bigint, scheduled_at, id) >= (").bind::<BigInt, _>(priority);
    Box::new(place.sql(", ").bind::<Timestamp, _>(scheduled_at).sql(", ").bind::<BigInt, _>(id).sql(")"))
}

fn names(places: &Places) -> Vec<&str> {
    places.keys().map(String::as_str).collect()
}

/// What a look at the queue finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether a job can be claimed now.
    pub is_claimable: bool,
    /// Whether queues have jobs that the end of another job lets in.
    pub is_held_back: bool,
    /// When time next changes something, UTC.
    pub next: Option<NaiveDateTime>,
}

/// What there is to do for a process that knows these job types and has this much room.
///
/// # Errors
/// The database's.
pub fn outlook(
    conn: &mut AnyConnection,
    job_types: &[&'static str],
    room: &Room,
    ground: &mut Ground,
) -> QueryResult<Outlook> {
    match conn {
        AnyConnection::Sqlite(_) => look(conn, job_types, room, ground),
        AnyConnection::Postgresql(_) => conn.transaction(|conn| {
            by_index(conn)?;
            look(conn, job_types, room, ground)
        }),
    }
}

fn look(
    conn: &mut AnyConnection,
    job_types: &[&'static str],
    room: &Room,
    ground: &mut Ground,
) -> QueryResult<Outlook> {
    let known = ground.queues.start();
    let open = queues::open(conn, room, known.map(names).as_deref())?;
    let mut is_claimable = false;
    for (queue, _) in open.queues {
        let start = known.and_then(|known| known.get(&queue).copied()).unwrap_or_else(ground::start);
        let first = job_queue::table
            .filter(job_queue::claimable)
            .filter(job_queue::queue.eq(queue))
            .select(job_queue::id)
            .limit(1);
        let first: Vec<i64> = match conn {
            AnyConnection::Sqlite(conn) => {
                let known = job_queue::job_type.concat(NO_INDEX).eq_any(job_types);
                Prepared(first.filter(known).order(order())).load(conn)?
            }
            AnyConnection::Postgresql(conn) => {
                let known = job_queue::job_type.eq_any(job_types);
                Prepared(first.filter(known.and(from(start)).and(ahead::is_free())).order(place())).load(conn)?
            }
        };
        is_claimable = !first.is_empty();
        if is_claimable {
            break;
        }
    }
    let next = next_change(conn, ground)?;
    Ok(Outlook { is_claimable, is_held_back: open.is_held_back, next })
}

/// When time next changes something: a row that waits, or a lease. UTC.
///
/// # Errors
/// The database's.
pub fn next_change(conn: &mut AnyConnection, ground: &mut Ground) -> QueryResult<Option<NaiveDateTime>> {
    Ok([next_wake(conn, ground)?, leases::next_end(conn)?].into_iter().flatten().min())
}

/// When the next row is due that waits for its time.
fn next_wake(conn: &mut AnyConnection, ground: &mut Ground) -> QueryResult<Option<NaiveDateTime>> {
    let next = job_queue::table
        .filter(job_queue::wake_at.is_not_null())
        .order(job_queue::wake_at)
        .select(job_queue::wake_at.assume_not_null())
        .limit(1);
    match conn {
        AnyConnection::Sqlite(conn) => next.first(conn).optional(),
        AnyConnection::Postgresql(conn) => {
            let (since, known) = (Instant::now(), ground.wake.start().copied().flatten());
            let start = known.unwrap_or_else(|| ground::start().1);
            let found = Prepared(next.filter(job_queue::wake_at.ge(start))).get_result(conn).optional()?;
            ground.wake.found(found, known.is_none(), since.elapsed());
            Ok(found)
        }
    }
}
