//! Versions of a user: strong entity tags (RFC 9110, 8.8.3) made of the time of the last change, which only grows.

use axum::http::StatusCode;

use crate::models::users::User;
use crate::problem::Problem;

/// The tag of this version.
pub(super) fn tag(user: &User) -> String {
    format!("\"{:x}\"", user.updated_at.and_utc().timestamp_micros())
}

/// Whether an If-Match field names this version (RFC 9110, 13.1.1): `*`, or a list of tags; weak ones never match.
pub(super) fn matches(if_match: &str, user: &User) -> bool {
    let tag = tag(user);
    if_match.trim() == "*" || if_match.split(',').any(|given| given.trim() == tag)
}

/// Whether an If-None-Match field names this version (RFC 9110, 13.1.2): as above, but here weak tags match, too.
pub(super) fn is_known(if_none_match: &str, user: &User) -> bool {
    let tag = tag(user);
    let names = |given: &str| given.strip_prefix("W/").unwrap_or(given) == tag;
    if_none_match.trim() == "*" || if_none_match.split(',').any(|given| names(given.trim()))
}

/// 412: somebody changed the user since the client read it.
pub(super) fn changed() -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "The user was changed by somebody else")
        .with_detail("Read the user again and repeat the change with its new ETag.")
}
