//! `queues`: what is set for a queue, and which of them have jobs that may be claimed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use serde::Serialize;

use crate::db::{AnyConnection, Prepared, on_either};
use crate::models::jobs::ahead;
use crate::schema::queues;

/// What is set for a queue.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Serialize)]
#[diesel(table_name = queues, treat_none_as_default_value = false)]
pub struct Settings {
    /// The queue.
    pub name: String,
    /// Workers leave its jobs alone.
    pub paused: bool,
    /// The most of its jobs that run at a time, in all processes.
    pub max_running: Option<i32>,
}

/// Everything that is set for queues, by name.
///
/// # Errors
/// The database's.
pub fn settings(conn: &mut AnyConnection) -> QueryResult<Vec<Settings>> {
    queues::table.order(queues::name).load(conn)
}

/// Pauses a queue, or lets it go on. What was claimed before is counted as running, so that one can see when nothing
/// does any more; on PostgreSQL but for a claim that is being committed meanwhile, for the moment that its quick jobs take.
///
/// # Errors
/// The database's.
pub fn set_paused(conn: &mut AnyConnection, name: &str, paused: bool) -> QueryResult<()> {
    ahead::write_out_queue(conn, name)?;
    let put = diesel::insert_into(queues::table)
        .values((queues::name.eq(name), queues::paused.eq(paused)))
        .on_conflict(queues::name)
        .do_update()
        .set(queues::paused.eq(paused));
    on_either!(conn, conn => put.execute(conn)).map(|_| ())
}

/// Sets how many jobs of a queue run at a time, in all processes; `None` for any number.
///
/// # Errors
/// The database's.
pub fn set_max_running(conn: &mut AnyConnection, name: &str, max_running: Option<i32>) -> QueryResult<()> {
    ahead::write_out_queue(conn, name)?;
    let put = diesel::insert_into(queues::table)
        .values((queues::name.eq(name), queues::paused.eq(false), queues::max_running.eq(max_running)))
        .on_conflict(queues::name)
        .do_update()
        .set(queues::max_running.eq(max_running));
    on_either!(conn, conn => put.execute(conn)).map(|_| ())
}

/// How many more jobs a process may take, of each queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of those that have a number of their own.
    pub listed: BTreeMap<String, i64>,
    /// Of each other one.
    pub others: i64,
}

impl Room {
    /// As many of each as there are.
    pub const ANY: Room = Room { listed: BTreeMap::new(), others: i64::MAX };

    fn of(&self, queue: &str) -> i64 {
        self.listed.get(queue).copied().unwrap_or(self.others)
    }
}

/// Where a job may be claimed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The queues, by name, and how many of each.
    pub queues: Vec<(String, i64)>,
    /// Whether others wait for the end of a job, because as many run as may.
    pub is_held_back: bool,
    /// When the look began; what it waited for before is no part of it.
    pub since: Instant,
    /// Those queues that have a limit for all processes together.
    limited: BTreeSet<String>,
}

impl Open {
    /// Whether any of them has a limit for all processes together.
    pub(super) fn has_limits(&self) -> bool {
        !self.limited.is_empty()
    }
}

/// The queues in which a process that has this much room may claim a job now. Without `names` it steps from one queue to the
/// next in the claim's index, so its cost is that of the queues and not of their jobs.
///
/// # Errors
/// The database's.
pub fn open(conn: &mut AnyConnection, room: &Room, names: Option<&[&str]>) -> QueryResult<Open> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        /// NULL where nothing limits the queue.
        #[diesel(sql_type = Nullable<BigInt>)]
        room: Option<i64>,
    }
    let since = Instant::now();
    // Added to a column, '' keeps SQLite from making an index of the few counts for each query.
    const SETTINGS: &str = "SELECT steps.name AS name, CASE WHEN q.max_running IS NOT NULL THEN q.max_running - (
             SELECT CAST(coalesce(sum(c.jobs), 0) AS BIGINT) FROM job_counts c
             WHERE c.queue || '' = steps.name AND c.status || '' = 'processing'
         ) END AS room
         FROM steps LEFT JOIN queues q ON q.name = steps.name
         WHERE steps.name IS NOT NULL AND NOT coalesce(q.paused, FALSE)";
    let rows: Vec<Row> = match (conn, names) {
        (AnyConnection::Postgresql(conn), Some(names)) => {
            let known = format!("WITH steps (name) AS (SELECT unnest($1)) {SETTINGS} ORDER BY 1");
            Prepared(diesel::sql_query(known).bind::<Array<Text>, _>(names)).load(conn)?
        }
        (conn, _) => {
            let query = Prepared(diesel::sql_query(format!("{} {SETTINGS}", steps(conn))));
            on_either!(conn, conn => query.load(conn))?
        }
    };
    let limited: BTreeSet<String> = rows.iter().filter(|row| row.room.is_some()).map(|row| row.name.clone()).collect();
    let rooms = rows.into_iter().map(|row| {
        let room = row.room.unwrap_or(i64::MAX).min(room.of(&row.name));
        (row.name, room)
    });
    let (queues, full): (Vec<_>, Vec<_>) = rooms.partition(|(_, room)| *room > 0);
    Ok(Open { queues, is_held_back: !full.is_empty(), since, limited })
}

/// The same for a claim: on PostgreSQL, where claims run beside each other, those on a queue that has a limit wait for
/// each other's commits, so that none counts what another is about to take. A limited queue that was full before the wait and
/// has room after it is left to the next claim, which waits for it, too.
///
/// # Errors
/// The database's.
pub fn open_for_claim(conn: &mut AnyConnection, room: &Room, names: Option<&[&str]>) -> QueryResult<Open> {
    let first = open(conn, room, names)?;
    let AnyConnection::Postgresql(postgres) = &mut *conn else { return Ok(first) };
    let open_ones = first.queues.iter().map(|(name, _)| name).filter(|name| first.limited.contains(*name));
    let open_ones: Vec<&String> = open_ones.collect();
    if open_ones.is_empty() {
        return Ok(first);
    }
    let limited = queues::table.filter(queues::max_running.is_not_null()).filter(queues::name.eq_any(open_ones));
    let locked: Vec<String> = limited.order(queues::name).select(queues::name).for_update().load(postgres)?;
    let mut open = open(conn, room, names)?;
    let found = open.queues.len();
    open.queues.retain(|(name, _)| !open.limited.contains(name) || locked.contains(name));
    open.is_held_back |= open.queues.len() < found;
    Ok(open)
}

/// The queues whose jobs wait to be claimed, the paused ones too, by name.
///
/// # Errors
/// The database's.
pub fn waiting(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let query = Prepared(diesel::sql_query(format!("{} SELECT name FROM steps WHERE name IS NOT NULL", steps(conn))));
    let rows: Vec<Row> = on_either!(conn, conn => query.load(conn))?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// Steps from one queue to the next in the claim's index. PostgreSQL is told so by the order, which no other index has: a queue's
/// least name might be found in any that begins with it, among all that the queue ever had.
fn steps(conn: &AnyConnection) -> String {
    let next = |condition: &str| match conn {
        AnyConnection::Sqlite(_) => format!("SELECT min(j.queue) FROM job_queue j WHERE j.claimable {condition}"),
        AnyConnection::Postgresql(_) => format!(
            "(SELECT j.queue FROM job_queue j WHERE j.claimable {condition}
              ORDER BY j.queue, (-j.priority::bigint), j.scheduled_at, j.id LIMIT 1)"
        ),
    };
    let (first, after) = (next(""), next("AND j.queue > steps.name"));
    format!(
        "WITH RECURSIVE steps (name) AS (
            {first} UNION ALL SELECT ({after}) FROM steps WHERE steps.name IS NOT NULL
        )"
    )
}
