//! `user_profiles`: what the jobs made of the users' additional properties.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::{AnyConnection, on_either};
use crate::schema::user_profiles;

/// A row of `user_profiles`.
#[derive(Clone, Debug, Insertable, Queryable, Serialize)]
#[diesel(table_name = user_profiles, treat_none_as_default_value = false)]
pub struct Profile {
    /// Whose it is.
    pub user_id: i64,
    /// A JSON array of strings.
    pub interests: String,
    /// Where the user is.
    pub region: Option<String>,
    /// What the score came to: one of the contract's ranks.
    pub rank: Option<String>,
    /// UTC.
    pub created_at: NaiveDateTime,
    /// UTC.
    pub updated_at: NaiveDateTime,
}

/// Stores a profile and returns true; where the user has one already, that takes its values, keeps its `created_at`, and the
/// answer is false.
///
/// # Errors
/// The database's; a foreign key violation when there is no such user.
pub fn put(conn: &mut AnyConnection, profile: &Profile) -> QueryResult<bool> {
    let new = diesel::insert_into(user_profiles::table).values(profile).on_conflict_do_nothing();
    if on_either!(conn, conn => new.execute(conn))? > 0 {
        return Ok(true);
    }
    let change = (
        user_profiles::interests.eq(&profile.interests),
        user_profiles::region.eq(&profile.region),
        user_profiles::rank.eq(&profile.rank),
        user_profiles::updated_at.eq(profile.updated_at),
    );
    diesel::update(user_profiles::table.find(profile.user_id)).set(change).execute(conn)?;
    Ok(false)
}

/// Stores the profiles of users who have none, in one statement.
///
/// # Errors
/// The database's; a unique violation when one has a profile.
pub fn create_all(conn: &mut AnyConnection, profiles: &[Profile]) -> QueryResult<()> {
    if profiles.is_empty() {
        return Ok(());
    }
    let new = diesel::insert_into(user_profiles::table).values(profiles);
    on_either!(conn, conn => new.execute(conn)).map(|_| ())
}

/// The profile of this user.
///
/// # Errors
/// The database's.
pub fn find(conn: &mut AnyConnection, user_id: i64) -> QueryResult<Option<Profile>> {
    user_profiles::table.find(user_id).first(conn).optional()
}
