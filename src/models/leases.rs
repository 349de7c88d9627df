//! `job_leases`: until when each claim holds the jobs that it has taken. Which jobs these are is in the rows of
//! `job_queue` and in [`ahead`]'s lists, which go with their leases.

use chrono::NaiveDateTime;
use diesel::dsl::{min, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

use crate::db::{AnyConnection, Prepared};
use crate::models::jobs::{NEXT_VERSION, ahead, next_version};
use crate::schema::job_leases;

/// A row of `job_leases`.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Serialize)]
#[diesel(table_name = job_leases, treat_none_as_default_value = false)]
pub struct Lease {
    /// The number of the claim, as in the rows of its jobs.
    pub lease: i64,
    /// When it ends unless it is extended, UTC.
    pub ends_at: NaiveDateTime,
}

/// Notes a new lease, with the number of a change; returns that.
///
/// # Errors
/// The database's.
pub fn put(conn: &mut AnyConnection, ends_at: NaiveDateTime) -> QueryResult<i64> {
    match conn {
        AnyConnection::Sqlite(_) => {
            let lease = next_version(conn)?;
            diesel::insert_into(job_leases::table).values(Lease { lease, ends_at }).execute(conn).map(|_| lease)
        }
        // A job that somebody waits for waits for each round trip of its claim.
        AnyConnection::Postgresql(conn) => {
            let lease = (job_leases::lease.eq(sql::<BigInt>(NEXT_VERSION)), job_leases::ends_at.eq(ends_at));
            let put = diesel::insert_into(job_leases::table).values(lease).returning(job_leases::lease);
            Prepared(put).get_result(conn)
        }
    }
}

/// Extends these leases; returns how many of them there still are. On PostgreSQL it leaves those out that a transaction has
/// locked: they are about to go, and the others are not to be lost while that waits for its commit.
///
/// # Errors
/// The database's.
pub fn extend(conn: &mut AnyConnection, leases: &[i64], ends_at: NaiveDateTime) -> QueryResult<usize> {
    let ours = job_leases::table.filter(job_leases::lease.eq_any(leases));
    let extend = job_leases::ends_at.eq(ends_at);
    match conn {
        AnyConnection::Sqlite(conn) => diesel::update(ours).set(extend).execute(conn),
        AnyConnection::Postgresql(conn) => {
            let free: Vec<i64> = ours.select(job_leases::lease).for_no_key_update().skip_locked().load(conn)?;
            diesel::update(job_leases::table.filter(job_leases::lease.eq_any(free))).set(extend).execute(conn)
        }
    }
}

/// Takes leases away that hold nothing any more. What runs by them all the same has lost its worker; what is only listed waits again,
/// as though nobody had claimed it, so that a lease whose jobs may have begun is for [`give_up`].
///
/// # Errors
/// The database's.
pub fn delete(conn: &mut AnyConnection, leases: &[i64]) -> QueryResult<()> {
    if leases.is_empty() {
        return Ok(());
    }
    diesel::delete(job_leases::table.filter(job_leases::lease.eq_any(leases))).execute(conn).map(|_| ())
}

/// The same for leases under which jobs may have begun whose ends are not written down.
///
/// # Errors
/// The database's.
pub fn give_up(conn: &mut AnyConnection, leases: &[i64]) -> QueryResult<()> {
    if leases.is_empty() {
        return Ok(());
    }
    if let AnyConnection::Postgresql(conn) = &mut *conn {
        // Leases before their jobs, as whoever finds that they have ended.
        let ours = job_leases::table.filter(job_leases::lease.eq_any(leases)).order(job_leases::lease);
        let _: Vec<i64> = ours.select(job_leases::lease).for_update().load(conn)?;
    }
    ahead::lost(conn, leases)?;
    delete(conn, leases)
}

/// Takes away those that have ended; returns how many.
///
/// # Errors
/// The database's.
pub fn delete_ended(conn: &mut AnyConnection, now: NaiveDateTime) -> QueryResult<usize> {
    let ended = job_leases::table.filter(job_leases::ends_at.le(now));
    let ended: Vec<i64> = match conn {
        AnyConnection::Sqlite(conn) => return diesel::delete(ended).execute(conn),
        // What another process is taking away or extending at this moment is left to it.
        AnyConnection::Postgresql(conn) => ended.select(job_leases::lease).for_update().skip_locked().load(conn)?,
    };
    give_up(conn, &ended)?;
    Ok(ended.len())
}

/// When the next lease ends, UTC.
///
/// # Errors
/// The database's.
pub fn next_end(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    job_leases::table.select(min(job_leases::ends_at)).first(conn)
}
