//! [`once`]: a request with an `Idempotency-Key` does its work once, however often it is sent
//! (draft-ietf-httpapi-idempotency-key-header-07).
//!
//! What the work made is stored in the transaction that made it, so a crash leaves both or neither, and two that are sent
//! at the same time are one. Only success is stored: a request that failed has done nothing that a repetition could double.

use axum::http::StatusCode;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::db::{AnyConnection, DbError};
use crate::models::idempotency::{self, Key, Known};
use crate::problem::Problem;

/// What the work made, and whether it was made by an earlier request.
pub(super) struct Once<T> {
    pub(super) made: T,
    /// True, or left out of the answer.
    pub(super) replayed: Option<bool>,
}

/// The key of a request, if it has one.
pub(super) fn key(
    operation: &'static str,
    caller: &str,
    text: Option<String>,
    body: &impl Serialize,
) -> Result<Option<Key>, Problem> {
    let Some(text) = text else { return Ok(None) };
    // The draft's keys are quoted strings; many clients leave the quotes out.
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let bare = quoted.filter(|text| !text.is_empty()).unwrap_or(&text);
    let body = serde_json::to_vec(body).map_err(Problem::internal)?;
    let fingerprint = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Key { operation, caller: caller.to_owned(), text: bare.to_owned(), fingerprint }))
}

/// Does `work` in one transaction and returns what it made; for a key that was used before, what was made then.
/// `about` is the user whose erasure must erase it, too.
pub(super) async fn once<T>(
    app: &App,
    key: Option<Key>,
    now: NaiveDateTime,
    about: fn(&T) -> Option<i64>,
    work: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
) -> Result<Result<Once<T>, Problem>, DbError>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let kept_for = TimeDelta::from_std(app.config.idempotency_retention).unwrap_or(TimeDelta::MAX);
    let outdated = now.checked_sub_signed(kept_for).unwrap_or(NaiveDateTime::MIN);
    let write = move |conn: &mut AnyConnection| {
        let Some(key) = key else {
            return Ok(Ok(Once { made: work(conn)?, replayed: None }));
        };
        let unreadable = |error: serde_json::Error| diesel::result::Error::DeserializationError(Box::new(error));
        Ok(match idempotency::take(conn, &key, now, outdated)? {
            Known::New => {
                let made = work(conn)?;
                let text = serde_json::to_string(&made).map_err(unreadable)?;
                idempotency::keep(conn, &key, &text, about(&made))?;
                Ok(Once { made, replayed: None })
            }
            Known::Same(text) => {
                Ok(Once { made: serde_json::from_str(&text).map_err(unreadable)?, replayed: Some(true) })
            }
            Known::Other => Err(used()),
        })
    };
    app.db.write(write).await
}

/// 422: the key belongs to another request.
fn used() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key was used for another request")
        .with_detail("The first request with this key had another body.")
}
