//! One line a request, with the original's fields, and one in the metrics. The query string stays out: it may hold personal data.

use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use tracing::{Span, field};

use super::client::Client;
use super::request_id::RequestId;
use crate::api::Operation;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::traces;

/// What is kept of a request until its answer is there.
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) id: Option<RequestId>,
    client: Option<Client>,
    host: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    bytes_in: Option<u64>,
    started: Instant,
}

impl Seen {
    pub(super) fn of(request: &Request) -> Seen {
        let headers = request.headers();
        Seen {
            method: request.method().clone(),
            uri: request.uri().clone(),
            id: request.extensions().get::<RequestId>().cloned(),
            client: request.extensions().get::<Client>().copied(),
            host: headers.get(header::HOST).cloned(),
            user_agent: headers.get(header::USER_AGENT).cloned(),
            bytes_in: request.body().size_hint().exact(),
            started: Instant::now(),
        }
    }

    /// Whatever is logged on the way has the request's id, and whatever follows from it the client's trace.
    pub(super) fn span(&self, headers: &HeaderMap) -> Span {
        let id = self.id.as_ref().map(RequestId::as_str);
        let span = tracing::info_span!("request", id, trace_id = field::Empty, otel.kind = traces::kind("server"));
        let mut told = headers.get_all(traces::HEADER).iter();
        // Of two it would be anybody's guess which one counts.
        if let (Some(traceparent), None) = (told.next(), told.next()) {
            let state: Vec<_> = headers.get_all(traces::STATE).iter().filter_map(|part| text(Some(part))).collect();
            traces::go_on(&span, text(Some(traceparent)), &state.join(","));
        }
        if let Some(trace_id) = traces::id(&span) {
            span.record("trace_id", trace_id);
        }
        span
    }

    pub(super) fn count(&self, metrics: &Metrics, response: &Response) {
        let operation = response.extensions().get::<Operation>().map(|operation| operation.id());
        metrics.answered(operation, response.status().as_str(), self.started.elapsed());
        if response.extensions().get::<Problem>().is_some_and(|problem| !problem.violations().is_empty()) {
            metrics.rejected(operation);
        }
    }

    pub(super) fn log(&self, span: &Span, response: &Response) {
        let operation = response.extensions().get::<Operation>().copied();
        traces::answered(span, operation, self.method.as_str(), self.uri.path(), response.status().as_u16());
        tracing::info!(
            id = self.id.as_ref().map(RequestId::as_str),
            remote_ip = self.client.map(|client| tracing::field::display(client.0)),
            host = text(self.host.as_ref()).or_else(|| self.uri.host()),
            method = self.method.as_str(),
            uri = self.uri.path(),
            operation = operation.map(Operation::id),
            user_agent = text(self.user_agent.as_ref()),
            status = response.status().as_u16(),
            error = response.extensions().get::<Problem>().map(Problem::error),
            latency_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            bytes_in = self.bytes_in,
            bytes_out = response.body().size_hint().exact(),
            trace_id = traces::id(span),
            "request"
        );
    }
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}
