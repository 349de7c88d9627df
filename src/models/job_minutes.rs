//! `job_minutes`: what attempts came to, minute by minute, for those who watch.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::{AnyConnection, on_either};
use crate::schema::job_minutes;

/// A row of `job_minutes`.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Serialize)]
#[diesel(table_name = job_minutes, treat_none_as_default_value = false)]
pub struct JobMinute {
    /// Its beginning, UTC.
    pub minute: NaiveDateTime,
    /// Of this type.
    pub job_type: String,
    /// Attempts that succeeded.
    pub completed: i64,
    /// Attempts that did not.
    pub failed: i64,
    /// From the due time to the claim, in microseconds, of all of them together.
    pub wait_us: i64,
    /// The runs, in microseconds, of all of them together.
    pub run_us: i64,
}

/// Adds to what a minute has come to.
///
/// # Errors
/// The database's.
pub fn add(conn: &mut AnyConnection, minute: &JobMinute) -> QueryResult<()> {
    let add = diesel::insert_into(job_minutes::table)
        .values(minute)
        .on_conflict((job_minutes::minute, job_minutes::job_type))
        .do_update()
        .set((
            job_minutes::completed.eq(job_minutes::completed + minute.completed),
            job_minutes::failed.eq(job_minutes::failed + minute.failed),
            job_minutes::wait_us.eq(job_minutes::wait_us + minute.wait_us),
            job_minutes::run_us.eq(job_minutes::run_us + minute.run_us),
        ));
    on_either!(conn, conn => add.execute(conn)).map(|_| ())
}

/// The minutes since then, the oldest first, and within each by type.
///
/// # Errors
/// The database's.
pub fn since(conn: &mut AnyConnection, since: NaiveDateTime) -> QueryResult<Vec<JobMinute>> {
    let order = (job_minutes::minute, job_minutes::job_type);
    job_minutes::table.filter(job_minutes::minute.ge(since)).order(order).load(conn)
}

/// Takes the minutes before then away.
///
/// # Errors
/// The database's.
pub fn delete_before(conn: &mut AnyConnection, end: NaiveDateTime) -> QueryResult<()> {
    diesel::delete(job_minutes::table.filter(job_minutes::minute.lt(end))).execute(conn).map(|_| ())
}
