//! `signup_counts`: sign-ups per UTC day. It holds no personal data.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::signup_counts;

/// Slots of a day on PostgreSQL. A transaction counts in any one of them: in a single row each would wait for the commit of the one
/// before.
const SLOTS: i32 = 32;

/// A row of `signup_counts`.
#[derive(Clone, Debug, Insertable, Queryable, Serialize)]
#[diesel(table_name = signup_counts, treat_none_as_default_value = false)]
pub struct Day {
    /// UTC, as RFC 3339 writes it.
    pub day: String,
    /// How many signed up, as far as they are counted in this slot.
    pub signups: i64,
    /// The part of the day's count.
    pub slot: i32,
}

/// The sign-ups of each day from `first` to `last`, both included; no row for none.
///
/// # Errors
/// The database's.
pub fn between(conn: &mut AnyConnection, first: NaiveDate, last: NaiveDate) -> QueryResult<Vec<(String, i64)>> {
    let slots: Vec<(String, i64)> = signup_counts::table
        .filter(signup_counts::day.between(first.to_string(), last.to_string()))
        .order(signup_counts::day)
        .select((signup_counts::day, signup_counts::signups))
        .load(conn)?;
    let mut days: Vec<(String, i64)> = Vec::new();
    for (day, signups) in slots {
        match days.last_mut() {
            Some(last) if last.0 == day => last.1 += signups,
            _ => days.push((day, signups)),
        }
    }
    Ok(days)
}

/// Counts so many sign-ups on this day.
///
/// # Errors
/// The database's.
pub fn count(conn: &mut AnyConnection, day: NaiveDate, signups: i64) -> QueryResult<()> {
    let slot = match conn {
        AnyConnection::Sqlite(_) => 0,
        AnyConnection::Postgresql(_) => rand::random_range(0..SLOTS),
    };
    let first = Day { day: day.to_string(), signups, slot };
    let more = signup_counts::signups.eq(signup_counts::signups + signups);
    let slot = (signup_counts::day, signup_counts::slot);
    let count = diesel::insert_into(signup_counts::table).values(first).on_conflict(slot).do_update().set(more);
    let count = Prepared(count.returning(signup_counts::day));
    on_either!(conn, conn => count.load::<String>(conn)).map(|_| ())
}
