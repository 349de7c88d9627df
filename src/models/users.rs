//! `users`: who signed up.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::{AnyConnection, on_either};
use crate::schema::{user_profiles, users};

/// A row of `users`.
#[derive(AsChangeset, Clone, Debug, PartialEq, Eq, Insertable, Queryable, Serialize, Deserialize)]
#[diesel(table_name = users, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct User {
    /// From 1, never used twice.
    pub id: i64,
    /// The address as it was given.
    pub email: String,
    /// The address as it is compared; see [`email_key`].
    pub email_key: String,
    /// Years.
    pub age: i32,
    /// How to address the user.
    pub name: Option<String>,
    /// In the user's words.
    pub bio: Option<String>,
    /// False for an account that is switched off.
    pub is_active: bool,
    /// What the contract does not declare, as one JSON object in the very text it came in.
    pub additional_data: Option<String>,
    /// UTC.
    pub created_at: NaiveDateTime,
    /// UTC.
    pub updated_at: NaiveDateTime,
}

/// What a sign-up stores.
#[derive(Debug, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct NewUser {
    /// See [`User::email`].
    pub email: String,
    /// See [`email_key`].
    pub email_key: String,
    /// See [`User::age`].
    pub age: i32,
    /// See [`User::name`].
    pub name: Option<String>,
    /// See [`User::bio`].
    pub bio: Option<String>,
    /// See [`User::is_active`].
    pub is_active: bool,
    /// See [`User::additional_data`].
    pub additional_data: Option<String>,
    /// See [`User::created_at`].
    pub created_at: NaiveDateTime,
    /// See [`User::updated_at`].
    pub updated_at: NaiveDateTime,
}

/// The key under which two spellings of an address are the same: lower case, by Unicode, in Rust, because the databases'
/// own functions differ.
pub fn email_key(email: &str) -> String {
    email.to_lowercase()
}

/// Stores a user.
///
/// # Errors
/// A unique violation when the address is taken.
pub fn create(conn: &mut AnyConnection, user: &NewUser) -> QueryResult<User> {
    on_either!(conn, conn => diesel::insert_into(users::table).values(user).returning(users::all_columns).get_result(conn))
}

/// Stores users in one statement, in their order, but for those whose address is taken, also by one before them.
///
/// # Errors
/// The database's.
pub fn create_all(conn: &mut AnyConnection, new: &[NewUser]) -> QueryResult<Vec<Option<User>>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let insert = diesel::insert_into(users::table).values(new).on_conflict_do_nothing();
    let mut stored: Vec<User> = on_either!(conn, conn => insert.returning(users::all_columns).get_results(conn))?;
    // RETURNING has no order of its own; ids are given in the order of the rows.
    stored.sort_unstable_by_key(|user| user.id);
    let mut stored = stored.into_iter().peekable();
    Ok(new.iter().map(|new| stored.next_if(|user| user.email_key == new.email_key)).collect())
}

/// Which of these [`email_key`]s are taken. At most some thousands: each is a parameter.
///
/// # Errors
/// The database's.
pub fn taken(conn: &mut AnyConnection, keys: &[String]) -> QueryResult<Vec<String>> {
    users::table.filter(users::email_key.eq_any(keys)).select(users::email_key).load(conn)
}

/// Whose rows the one who asks may see: the condition is part of every query on one row, so that none can forget it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everyone's.
    All,
    /// The row with this id, or none at all.
    Own(Option<i64>),
}

impl Reach {
    /// Whether a row with this id may be seen, if there is one.
    pub fn includes(self, id: i64) -> bool {
        match self {
            Reach::All => true,
            Reach::Own(own) => own == Some(id),
        }
    }

    /// The ids that a query may match.
    fn ids(self) -> (i64, i64) {
        match self {
            Reach::All => (i64::MIN, i64::MAX),
            // Ids begin at 1.
            Reach::Own(own) => (own.unwrap_or(0), own.unwrap_or(0)),
        }
    }
}

/// Which users a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With this [`email_key`].
    pub email_key: Option<String>,
    /// Switched on, or off.
    pub is_active: Option<bool>,
    /// Signed up at this time or later, UTC.
    pub created_after: Option<NaiveDateTime>,
    /// Signed up before this time, UTC.
    pub created_before: Option<NaiveDateTime>,
    /// Behind this user: where the page before ended.
    pub after: Option<i64>,
}

/// At most `limit` users, by id.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut AnyConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<User>> {
    let mut query = users::table.order(users::id).limit(limit).into_boxed();
    if let Some(key) = filter.email_key.clone() {
        query = query.filter(users::email_key.eq(key));
    }
    if let Some(is_active) = filter.is_active {
        query = query.filter(users::is_active.eq(is_active));
    }
    if let Some(time) = filter.created_after {
        query = query.filter(users::created_at.ge(time));
    }
    if let Some(time) = filter.created_before {
        query = query.filter(users::created_at.lt(time));
    }
    if let Some(after) = filter.after {
        query = query.filter(users::id.gt(after));
    }
    query.load(conn)
}

/// What a report wants to know of a user.
#[derive(Clone, Debug, Queryable)]
pub struct Profiled {
    /// See [`User::id`].
    pub id: i64,
    /// See [`User::age`].
    pub age: i32,
    /// See [`User::is_active`].
    pub is_active: bool,
    /// See [`User::created_at`].
    pub created_at: NaiveDateTime,
    /// From the profile, a JSON array of strings; `None` while there is no profile.
    pub interests: Option<String>,
    /// From the profile.
    pub region: Option<String>,
    /// From the profile.
    pub rank: Option<String>,
}

/// Which users a report is about, and how far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Signed up at this time or later, UTC.
    pub since: Option<NaiveDateTime>,
    /// Signed up before this time, UTC.
    pub until: Option<NaiveDateTime>,
    /// Behind this user.
    pub after: i64,
}

/// At most `limit` users of the range with what their profiles say, by id.
///
/// # Errors
/// The database's.
pub fn with_profiles(conn: &mut AnyConnection, range: Range, limit: i64) -> QueryResult<Vec<Profiled>> {
    let profile =
        (user_profiles::interests.nullable(), user_profiles::region.nullable(), user_profiles::rank.nullable());
    let mut query = users::table
        .left_join(user_profiles::table)
        .filter(users::id.gt(range.after))
        .select((users::id, users::age, users::is_active, users::created_at, profile.0, profile.1, profile.2))
        .order(users::id)
        .limit(limit)
        .into_boxed();
    if let Some(since) = range.since {
        query = query.filter(users::created_at.ge(since));
    }
    if let Some(until) = range.until {
        query = query.filter(users::created_at.lt(until));
    }
    query.load(conn)
}

/// The newest user's id; 0 when there are no users.
///
/// # Errors
/// The database's.
pub fn last_id(conn: &mut AnyConnection) -> QueryResult<i64> {
    users::table.select(diesel::dsl::max(users::id)).first(conn).map(|id: Option<i64>| id.unwrap_or_default())
}

/// When the newest user signed up, UTC.
///
/// # Errors
/// The database's.
pub fn newest(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    users::table.order(users::id.desc()).select(users::created_at).first(conn).optional()
}

/// Stores every changed column of a user that is there.
///
/// # Errors
/// A unique violation when the address is taken.
pub fn update(conn: &mut AnyConnection, user: &User) -> QueryResult<()> {
    diesel::update(users::table.find(user.id)).set(user).execute(conn).map(|_| ())
}

/// Deletes a user, and with the row the profile.
///
/// # Errors
/// The database's.
pub fn delete(conn: &mut AnyConnection, id: i64) -> QueryResult<()> {
    diesel::delete(users::table.find(id)).execute(conn).map(|_| ())
}

/// The user with this id, if it is within reach, whom no other transaction changes before the end of this one.
///
/// # Errors
/// The database's.
pub fn find_for_change(conn: &mut AnyConnection, id: i64, reach: Reach) -> QueryResult<Option<User>> {
    let (first, last) = reach.ids();
    let user = users::table.find(id).filter(users::id.between(first, last));
    match conn {
        // There is one writer.
        AnyConnection::Sqlite(conn) => user.first(conn),
        // Not the stronger FOR UPDATE: a job of the user, which may be in the middle of storing the profile, goes on.
        AnyConnection::Postgresql(conn) => user.for_no_key_update().first(conn),
    }
    .optional()
}

/// The user with this id, if it is within reach.
///
/// # Errors
/// The database's.
pub fn find(conn: &mut AnyConnection, id: i64, reach: Reach) -> QueryResult<Option<User>> {
    let (first, last) = reach.ids();
    let user = users::table.find(id).filter(users::id.between(first, last));
    on_either!(conn, conn => user.first(conn)).optional()
}
