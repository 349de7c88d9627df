//! Gives every answer its request id, and every [`Problem`] its body, whichever layer made it: here alone are the request's
//! path and id known.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::request_id::{self, RequestId};
use crate::problem::Problem;

pub(super) async fn layer(request: Request, next: Next) -> Response {
    let (path, head) = (request.uri().clone(), request.method() == Method::HEAD);
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    if let Some(RequestId(id)) = &id {
        response.headers_mut().insert(request_id::HEADER, id.clone());
    }
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let body = problem.render(path.path(), id.as_ref().map_or("", RequestId::as_str));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = if head { Body::empty() } else { Body::from(body) };
    response
}
