//! `users`: who signed up.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{AnyConnection, on_either};
use crate::schema::users;

/// A row of `users`.
#[derive(Clone, Debug, Queryable)]
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

/// The user with this id.
///
/// # Errors
/// The database's.
pub fn find(conn: &mut AnyConnection, id: i64) -> QueryResult<Option<User>> {
    on_either!(conn, conn => users::table.find(id).first(conn)).optional()
}
