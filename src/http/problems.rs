//! Gives every answer its request id, and every [`Problem`] its body, whichever layer made it: here alone are the request's
//! path and id known.

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;

use super::access_log::Seen;
use super::request_id::{self, RequestId};
use crate::problem::Problem;

pub(super) fn complete(seen: &Seen, mut response: Response) -> Response {
    if let Some(RequestId(id)) = &seen.id {
        response.headers_mut().insert(request_id::HEADER, id.clone());
    }
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let body = problem.render(seen.uri.path(), seen.id.as_ref().map_or("", RequestId::as_str));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = if seen.method == Method::HEAD { Body::empty() } else { Body::from(body) };
    response
}
