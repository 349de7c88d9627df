//! `signup_counts`: sign-ups per UTC day. It holds no personal data.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::signup_counts;

/// Counts one sign-up on this day.
///
/// # Errors
/// The database's.
pub fn count_one(conn: &mut AnyConnection, day: NaiveDate) -> QueryResult<()> {
    let first = (signup_counts::day.eq(day.to_string()), signup_counts::signups.eq(1));
    let one_more = signup_counts::signups.eq(signup_counts::signups + 1);
    let count = diesel::insert_into(signup_counts::table)
        .values(first)
        .on_conflict(signup_counts::day)
        .do_update()
        .set(one_more);
    on_either!(conn, conn => Prepared(count).execute(conn)).map(|_| ())
}
