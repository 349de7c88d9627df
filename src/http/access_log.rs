//! One line a request, with the original's fields. The query string stays out: it may hold personal data.

use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::client::Client;
use super::request_id::RequestId;
use crate::api::Operation;
use crate::problem::Problem;

pub(super) async fn layer(request: Request, next: Next) -> Response {
    if !tracing::enabled!(tracing::Level::INFO) {
        return next.run(request).await;
    }
    let started = Instant::now();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let headers = request.headers();
    let (host, user_agent) = (headers.get(header::HOST).cloned(), headers.get(header::USER_AGENT).cloned());
    let bytes_in = request.body().size_hint().exact();
    let id = request.extensions().get::<RequestId>().cloned();
    let remote_ip = request.extensions().get::<Client>().map(|client| client.0);

    // Whatever is logged on the way has the request's id.
    let span = tracing::info_span!("request", id = id.as_ref().map(RequestId::as_str));
    let response = next.run(request).instrument(span).await;

    tracing::info!(
        id = id.as_ref().map(RequestId::as_str),
        remote_ip = remote_ip.map(tracing::field::display),
        host = text(host.as_ref()).or_else(|| uri.host()),
        method = method.as_str(),
        uri = uri.path(),
        operation = response.extensions().get::<Operation>().map(|operation| operation.id()),
        user_agent = text(user_agent.as_ref()),
        status = response.status().as_u16(),
        error = response.extensions().get::<Problem>().map(Problem::error),
        latency_ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
        bytes_in,
        bytes_out = response.body().size_hint().exact(),
        "request"
    );
    response
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}
