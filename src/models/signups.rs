//! `signup_counts`: sign-ups per UTC day. It holds no personal data.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::signup_counts;

/// A row of `signup_counts`.
#[derive(Clone, Debug, Insertable, Queryable, Serialize)]
#[diesel(table_name = signup_counts, treat_none_as_default_value = false)]
pub struct Day {
    /// UTC, as RFC 3339 writes it.
    pub day: String,
    /// How many signed up.
    pub signups: i64,
}

/// The sign-ups of each day from `first` to `last`, both included; no row for none.
///
/// # Errors
/// The database's.
pub fn between(conn: &mut AnyConnection, first: NaiveDate, last: NaiveDate) -> QueryResult<Vec<(String, i64)>> {
    signup_counts::table
        .filter(signup_counts::day.between(first.to_string(), last.to_string()))
        .order(signup_counts::day)
        .load(conn)
}

/// Counts so many sign-ups on this day.
///
/// # Errors
/// The database's.
pub fn count(conn: &mut AnyConnection, day: NaiveDate, signups: i64) -> QueryResult<()> {
    let first = (signup_counts::day.eq(day.to_string()), signup_counts::signups.eq(signups));
    let more = signup_counts::signups.eq(signup_counts::signups + signups);
    let count =
        diesel::insert_into(signup_counts::table).values(first).on_conflict(signup_counts::day).do_update().set(more);
    on_either!(conn, conn => Prepared(count).execute(conn)).map(|_| ())
}
