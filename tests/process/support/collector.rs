//! A collector of traces: takes OTLP over HTTP and keeps the spans.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1 as proto;
use prost::Message;
use tokio::runtime::Runtime;

use super::eventually;

/// A span, and who sent it.
#[derive(Clone, Debug)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub state: String,
    pub name: String,
    pub kind: proto::span::SpanKind,
    pub nanoseconds: std::ops::Range<u64>,
    pub is_error: bool,
    attributes: Vec<KeyValue>,
    resource: Vec<KeyValue>,
}

impl Span {
    pub fn attribute(&self, name: &str) -> String {
        text(&self.attributes, name)
    }

    /// What the process says of itself.
    pub fn sender(&self, name: &str) -> String {
        text(&self.resource, name)
    }
}

fn text(attributes: &[KeyValue], name: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

type Spans = Arc<Mutex<Vec<Span>>>;

/// It listens until it is dropped.
pub struct Collector {
    address: SocketAddr,
    spans: Spans,
    _runtime: Runtime,
}

impl Collector {
    pub fn start() -> Collector {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let (address, spans) = (listener.local_addr().unwrap(), Spans::default());
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&spans));
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Collector { address, spans, _runtime: runtime }
    }

    /// The variables of a process that sends its traces here, without waiting long for more.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let endpoint = format!("http://{}", self.address);
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned())]
    }

    /// Everything that has come, once so many spans of this trace are there.
    pub fn trace(&self, trace: &str, spans: usize) -> Vec<Span> {
        eventually(&format!("{spans} spans of trace {trace}"), || {
            let all = self.spans.lock().unwrap().clone();
            let trace: Vec<Span> = all.into_iter().filter(|span| span.trace == trace).collect();
            (trace.len() >= spans).then_some(trace)
        })
    }

    pub fn all(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }
}

async fn take(State(spans): State<Spans>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for sender in request.resource_spans {
        let resource = sender.resource.unwrap_or_default().attributes;
        for span in sender.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.lock().unwrap().push(Span {
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                kind: span.kind(),
                state: span.trace_state,
                name: span.name,
                nanoseconds: span.start_time_unix_nano..span.end_time_unix_nano,
                is_error: span.status.is_some_and(|status| status.code() == proto::status::StatusCode::Error),
                attributes: span.attributes,
                resource: resource.clone(),
            });
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
