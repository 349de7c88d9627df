//! What has changed since: the jobs in the order of their versions.
//!
//! A version is committed as a whole and never grows again, but several rows may share it. A reader's [`Position`] is
//! therefore a version and the last id of it.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::claim::NO_INDEX;
use super::{Job, Query, by_index, ends};
use crate::db::AnyConnection;
use crate::schema::{job_queue, job_versions};

/// Who is further behind than so many versions is told that something was left out, and does not get it.
pub const MOST: i64 = 10_000;

/// Whose changes a reader wants.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Jobs of this type.
    pub job_type: Option<String>,
    /// Jobs in this queue.
    pub queue: Option<String>,
    /// Jobs about this user.
    pub user_id: Option<i64>,
    /// This job.
    pub job_id: Option<i64>,
}

/// Up to where a reader has seen everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The last version, of which more may come.
    pub version: i64,
    /// The last id of that version.
    pub id: i64,
}

impl Position {
    /// After all that has this version or one before.
    pub fn after(version: i64) -> Position {
        Position { version, id: i64::MAX }
    }
}

/// What a reader finds.
#[derive(Debug)]
pub struct Look {
    /// The changed jobs as they are now, and whether a job is the last of its version.
    pub jobs: Vec<(Job, bool)>,
    /// The first and the last version of what was left out.
    pub missed: Option<(i64, i64)>,
    /// Where the next look goes on.
    pub reached: Position,
    /// Whether there is more already.
    pub more: bool,
}

/// At most `limit` jobs that have changed since `after`. On PostgreSQL only what is `settled` is looked at.
///
/// # Errors
/// The database's.
pub fn look(
    conn: &mut AnyConnection,
    after: Position,
    settled: Option<i64>,
    filter: &EventFilter,
    limit: usize,
) -> QueryResult<Look> {
    let last = last_version(conn)?;
    let end = settled.map_or(last, |settled| settled.min(last));
    // One that was never given is another database's, of which nothing can be said.
    let unknown = after.version > last;
    if unknown || end.saturating_sub(after.version) > MOST {
        let missed = (if unknown { 1 } else { after.version + 1 }, end);
        return Ok(Look { jobs: Vec::new(), missed: Some(missed), reached: Position::after(end), more: false });
    }
    // One more than wanted tells whether the last one that is wanted is the last of its version.
    let mut jobs = since(conn, after, end, filter, i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1))?;
    let more = jobs.len() > limit;
    let mut versions: Vec<i64> = jobs.iter().skip(1).map(|job| job.version).collect();
    versions.resize(jobs.len(), 0);
    jobs.truncate(limit);
    let reached = match jobs.last() {
        Some(job) if more => Position { version: job.version, id: job.id },
        _ if end >= after.version => Position::after(end),
        _ => after,
    };
    let jobs = jobs.into_iter().zip(versions).map(|(job, next)| {
        let is_last = job.version != next;
        (job, is_last)
    });
    Ok(Look { jobs: jobs.collect(), missed: None, reached, more })
}

/// At most `limit` jobs after this position and up to the version `end`, in order; by the index of versions, which has no more
/// rows than there are new ones. On PostgreSQL what has completed is not in it, but in [`ends`].
///
/// # Errors
/// The database's.
pub fn since(
    conn: &mut AnyConnection,
    after: Position,
    end: i64,
    filter: &EventFilter,
    limit: i64,
) -> QueryResult<Vec<Job>> {
    if let AnyConnection::Sqlite(_) = conn {
        return changed(after, end, filter, limit).load(conn);
    }
    conn.transaction(|conn| {
        by_index(conn)?;
        let mut jobs: Vec<Job> =
            changed(after, end, filter, limit).filter(sql::<Bool>("status <> 'completed'")).load(conn)?;
        let AnyConnection::Postgresql(postgres) = &mut *conn else { return Ok(jobs) };
        let ended = ends::since(postgres, after, end, filter, limit)?;
        if !ended.is_empty() {
            jobs.extend(changed(after, end, filter, limit).filter(job_queue::id.eq_any(ended)).load::<Job>(conn)?);
            jobs.sort_unstable_by_key(|job| (job.version, job.id));
            jobs.truncate(usize::try_from(limit).unwrap_or_default());
        }
        Ok(jobs)
    })
}

fn changed(after: Position, end: i64, filter: &EventFilter, limit: i64) -> Query {
    let further = job_queue::version.gt(after.version).or(job_queue::id.gt(after.id));
    let mut query = job_queue::table
        .filter(job_queue::version.between(after.version, end).and(further))
        .order((job_queue::version, job_queue::id))
        .limit(limit)
        .into_boxed();
    if let Some(job_type) = filter.job_type.clone() {
        query = query.filter(job_queue::job_type.concat(NO_INDEX).eq(job_type));
    }
    if let Some(queue) = filter.queue.clone() {
        query = query.filter(job_queue::queue.eq(queue));
    }
    if let Some(user_id) = filter.user_id {
        query = query.filter((job_queue::user_id + 0).eq(user_id));
    }
    if let Some(job_id) = filter.job_id {
        query = query.filter(job_queue::id.eq(job_id));
    }
    query
}

/// The last version that was given to a change; on PostgreSQL also to one that is not committed yet.
///
/// # Errors
/// The database's.
pub fn last_version(conn: &mut AnyConnection) -> QueryResult<i64> {
    match conn {
        AnyConnection::Sqlite(conn) => job_versions::table.select(job_versions::last).first(conn),
        AnyConnection::Postgresql(conn) => {
            // A sequence that has given nothing yet holds what it will give first.
            let last = sql::<BigInt>("CASE WHEN is_called THEN last_value ELSE 0 END FROM job_versions");
            diesel::select(last).get_result(conn)
        }
    }
}

/// What is being written at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// The last version given by then. Whoever has been given it, or one before, is in a transaction before `next`.
    pub last: i64,
    /// No transaction before this one runs.
    pub oldest: i64,
    /// A transaction that began after `last` was read.
    pub next: i64,
}

/// On PostgreSQL, where versions are not committed in their order, what is being written; `None` on SQLite, where they are.
///
/// # Errors
/// The database's.
pub fn flight(conn: &mut AnyConnection) -> QueryResult<Option<Flight>> {
    if matches!(conn, AnyConnection::Sqlite(_)) {
        return Ok(None);
    }
    // The version first: a transaction has its number before it is given a version (`next_version`).
    let last = last_version(conn)?;
    let AnyConnection::Postgresql(conn) = conn else { return Ok(None) };
    // A number of our own, since a snapshot ends with the last transaction that has ended: of those that began later it does not
    // say that they run.
    let (oldest, next) = diesel::select((
        sql::<BigInt>("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
        sql::<BigInt>("pg_current_xact_id()::text::bigint"),
    ))
    .get_result(conn)?;
    Ok(Some(Flight { last, oldest, next }))
}
