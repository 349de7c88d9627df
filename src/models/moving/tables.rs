//! The tables that are moved, those that others refer to first.
//!
//! `job_counts` is kept by the triggers of the target, `job_versions` and `secrets` come with the end of the move, and a row of
//! `workers` is gone with its process.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Moved, Table};
use crate::db::{AnyConnection, storable};
use crate::models::attempts::Attempt;
use crate::models::idempotency::Answer;
use crate::models::job_minutes::JobMinute;
use crate::models::jobs::Job;
use crate::models::leases::Lease;
use crate::models::profiles::Profile;
use crate::models::queues::Settings;
use crate::models::signups::Day;
use crate::models::users::User;
use crate::schema::{
    idempotency_keys, job_attempts, job_leases, job_minutes, job_queue, queues, signup_counts, user_profiles, users,
};

/// All of them.
pub const TABLES: [Table; 9] = [
    Table::of::<User>("users"),
    Table::of::<Profile>("user_profiles"),
    Table::of::<Day>("signup_counts"),
    Table::of::<Job>("job_queue"),
    Table::of::<Attempt>("job_attempts"),
    Table::of::<Lease>("job_leases"),
    Table::of::<JobMinute>("job_minutes"),
    Table::of::<Settings>("queues"),
    Table::of::<Answer>("idempotency_keys"),
];

/// Page by page, or the whole table at once: it is small, and its place is a text, which the databases may not order the same.
macro_rules! page {
    (paged $table:ident.$place:ident, $conn:ident, $after:ident, $limit:ident) => {{
        let last = i64::try_from($limit).unwrap_or(i64::MAX) - 1;
        let mut last = $table::table.select($table::$place).order($table::$place).offset(last).limit(1).into_boxed();
        let mut rows = $table::table.order($table::$place).into_boxed();
        if let Some(after) = $after {
            last = last.filter($table::$place.gt(*after));
            rows = rows.filter($table::$place.gt(*after));
        }
        if let Some(last) = last.get_result::<Self::Place>($conn).optional()? {
            rows = rows.filter($table::$place.le(last));
        }
        rows.load($conn)
    }};
    (whole $table:ident.$place:ident, $conn:ident, $after:ident, $limit:ident) => {{
        let _ = $limit;
        if $after.is_some() { Ok(Vec::new()) } else { $table::table.load($conn) }
    }};
}

macro_rules! moved {
    ($row:ty, $table:ident.$place:ident: $type:ty, $way:ident $(, $said:ident)*) => {
        impl Moved for $row {
            type Place = $type;

            fn place(&self) -> $type {
                self.$place.clone()
            }

            fn page(conn: &mut AnyConnection, after: Option<&$type>, limit: usize) -> QueryResult<Vec<$row>> {
                page!($way $table.$place, conn, after, limit)
            }

            fn count(conn: &mut AnyConnection) -> QueryResult<i64> {
                $table::table.count().get_result(conn)
            }

            fn delete(conn: &mut PgConnection, places: Vec<$type>) -> QueryResult<usize> {
                diesel::delete($table::table.filter($table::$place.eq_any(places))).execute(conn)
            }

            fn insert(conn: &mut PgConnection, rows: Vec<$row>) -> QueryResult<usize> {
                diesel::copy_from($table::table).from_insertable(rows).execute(conn)
            }

            fn storable(self) -> $row {
                Self { $($said: self.$said.map(storable),)* ..self }
            }
        }
    };
}

moved!(User, users.id: i64, paged);
moved!(Profile, user_profiles.user_id: i64, paged);
moved!(Day, signup_counts.day: String, whole);
moved!(Job, job_queue.id: i64, paged, error_message, progress_note);
moved!(Attempt, job_attempts.job_id: i64, paged, error);
moved!(Lease, job_leases.lease: i64, paged);
moved!(JobMinute, job_minutes.minute: NaiveDateTime, paged);
moved!(Settings, queues.name: String, whole);
moved!(Answer, idempotency_keys.created_at: NaiveDateTime, paged);
