//! The tables: one file each, with its rows and every query on it. Models return `QueryResult` and know no HTTP.
//!
//! Times and everything random come in as arguments; nothing here asks a clock.

pub mod attempts;
pub mod idempotency;
pub mod job_minutes;
pub mod jobs;
pub mod leases;
pub mod moving;
pub mod profiles;
pub mod queues;
pub mod signups;
pub mod users;
pub mod workers;

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, Utc};

/// What a column holds, or is compared with, for this time: microseconds, as both databases keep. SQLite compares times as text, so no year may have a sign or five
/// digits: where its offset takes a time out of the years that RFC 3339 has, the nearest moment in them stands for it.
pub fn column_time(time: DateTime<Utc>) -> NaiveDateTime {
    let time = time.trunc_subsecs(6).naive_utc();
    // No offset is as long as a day.
    match time.year() {
        ..0 => (time.date() + TimeDelta::days(1)).and_time(NaiveTime::MIN),
        10_000.. => time.date().and_time(NaiveTime::MIN) - TimeDelta::microseconds(1),
        _ => time,
    }
}
