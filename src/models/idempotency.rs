//! `idempotency_keys`: what requests with an `Idempotency-Key` have made, to answer their repetitions the same.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::{AnyConnection, on_either};
use crate::schema::idempotency_keys;

/// A row of `idempotency_keys`; the columns are described in the migration.
#[derive(Clone, Debug, Insertable, Queryable, Serialize)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the migration describes the columns; one place for each fact")]
pub struct Answer {
    pub operation: String,
    pub caller: String,
    pub idempotency_key: String,
    pub fingerprint: String,
    pub made: String,
    pub user_id: Option<i64>,
    pub created_at: NaiveDateTime,
}

/// A key as its owner sent it, and what it was sent with.
#[derive(Clone, Debug)]
pub struct Key {
    /// The operationId.
    pub operation: &'static str,
    /// The subject of the token; empty without one.
    pub caller: String,
    /// The key itself.
    pub text: String,
    /// SHA-256 of the body, in hex.
    pub fingerprint: String,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: the caller does the work, and [`keep`]s what it made in the same transaction.
    New,
    /// The same request was done before, and made this.
    Same(String),
    /// The key was used with another body.
    Other,
}

/// Takes a key for this transaction, or tells what it was used for since `outdated`. On PostgreSQL it waits for another
/// transaction that has just taken the same key.
///
/// # Errors
/// The database's.
pub fn take(conn: &mut AnyConnection, key: &Key, now: NaiveDateTime, outdated: NaiveDateTime) -> QueryResult<Known> {
    let row = idempotency_keys::table.find((key.operation, &key.caller, &key.text));
    diesel::delete(row.filter(idempotency_keys::created_at.lt(outdated))).execute(conn)?;
    let new = (
        idempotency_keys::operation.eq(key.operation),
        idempotency_keys::caller.eq(&key.caller),
        idempotency_keys::idempotency_key.eq(&key.text),
        idempotency_keys::fingerprint.eq(&key.fingerprint),
        idempotency_keys::made.eq(""),
        idempotency_keys::created_at.eq(now),
    );
    let insert = diesel::insert_into(idempotency_keys::table).values(new).on_conflict_do_nothing();
    if on_either!(conn, conn => insert.execute(conn))? > 0 {
        return Ok(Known::New);
    }
    let (fingerprint, made): (String, String) =
        row.select((idempotency_keys::fingerprint, idempotency_keys::made)).first(conn)?;
    Ok(if fingerprint == key.fingerprint { Known::Same(made) } else { Known::Other })
}

/// Keeps what the request with this key made, and whom it is about.
///
/// # Errors
/// The database's.
pub fn keep(conn: &mut AnyConnection, key: &Key, made: &str, user_id: Option<i64>) -> QueryResult<()> {
    diesel::update(idempotency_keys::table.find((key.operation, &key.caller, &key.text)))
        .set((idempotency_keys::made.eq(made), idempotency_keys::user_id.eq(user_id)))
        .execute(conn)
        .map(|_| ())
}

/// Forgets every answer about a user.
///
/// # Errors
/// The database's.
pub fn erase_user(conn: &mut AnyConnection, user_id: i64) -> QueryResult<()> {
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::user_id.eq(user_id))).execute(conn).map(|_| ())
}

/// When the oldest key was used, if there is one.
///
/// # Errors
/// The database's.
pub fn oldest(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    let oldest =
        idempotency_keys::table.select(idempotency_keys::created_at).order(idempotency_keys::created_at).limit(1);
    on_either!(conn, conn => oldest.first(conn)).optional()
}

/// Deletes at most about `step` keys that were used before `outdated`; returns how many.
///
/// # Errors
/// The database's.
pub fn delete(conn: &mut AnyConnection, outdated: NaiveDateTime, step: i64) -> QueryResult<usize> {
    let times: Vec<NaiveDateTime> = idempotency_keys::table
        .filter(idempotency_keys::created_at.lt(outdated))
        .select(idempotency_keys::created_at)
        .order(idempotency_keys::created_at)
        .limit(step)
        .load(conn)?;
    let Some(last) = times.last() else { return Ok(0) };
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.le(*last))).execute(conn)
}
