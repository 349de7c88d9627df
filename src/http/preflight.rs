//! Which OPTIONS the CORS layer gets to answer: it would answer all of them, those of paths that there are not among them.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::http::header::ACCESS_CONTROL_REQUEST_METHOD;

use super::host;

/// What an OPTIONS that is no preflight is called further in. No path has such a method, so it is answered like any other that
/// a path does not have.
const PLAIN: &[u8] = b"PLAIN-OPTIONS";

/// Leaves an OPTIONS its name if it is a preflight (Fetch, section 4.8) that is sound and asks for a path of the contract.
pub(super) fn told_apart(mut request: Request) -> Request {
    let asks = |request: &Request| {
        request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && request.extensions().get::<MatchedPath>().is_some()
            && host::is_told(request)
    };
    if request.method() == Method::OPTIONS
        && !asks(&request)
        && let Ok(plain) = Method::from_bytes(PLAIN)
    {
        *request.method_mut() = plain;
    }
    request
}
