//! Traces over OTLP, for a process that has `OTEL_EXPORTER_OTLP_ENDPOINT`: the exporter, and the way of a trace from a request
//! over its jobs to the jobs of these.
//!
//! A trace is made of `tracing`'s spans: `request`, `commit`, `wait`, `job`, `mail`, and those that handlers and jobs open
//! themselves, down to debug. A job's row has the `traceparent` (W3C Trace Context) of what put it in, so each of its attempts,
//! in whatever process, goes on with that trace.
//!
//! Without an exporter no span is made here, and nothing is read from headers or rows.

mod client;

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::EnvResourceDetector;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber, debug_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::api::Operation;
use crate::models::jobs::Job;
use client::Client;

/// The header and the column.
pub(crate) const HEADER: &str = "traceparent";
/// The header of what others along the trace have to say about it. No job's row has it.
pub(crate) const STATE: &str = "tracestate";
/// The longest that a stop waits for the collector.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Spans of other crates stay out, those of the exporter's own connection among them.
const OWN: &str = env!("CARGO_CRATE_NAME");

/// Set at the start and never after; without it there are no traces.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Sends spans to a collector.
pub(crate) struct Exporter {
    provider: SdkTracerProvider,
    /// How long a stop may wait for the collector to take what is left.
    last_words: Duration,
}

impl Exporter {
    /// Starts to, as the variables say whose names begin with `OTEL_`; the libraries read these themselves. A stop
    /// takes at most `limit` longer for it.
    ///
    /// # Errors
    /// What is wrong with one of the variables.
    pub(crate) fn start(limit: Duration) -> Result<Exporter, String> {
        let client = Client::new(std::env::var_os("OTEL_EXPORTER_OTLP_CERTIFICATE").as_ref().map(Path::new))?;
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
        let exporter = exporter.map_err(|error| error.to_string())?;
        let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
        let _ = TRACER.set(provider.tracer(OWN));
        Ok(Exporter { provider, last_words: limit.min(LAST_WORDS) })
    }

    /// What hands the spans of this process over.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let wanted = filter_fn(|metadata| {
            let most = if metadata.is_span() { LevelFilter::DEBUG } else { LevelFilter::INFO };
            *metadata.level() <= most && metadata.target().starts_with(OWN)
        });
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(OWN))
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(wanted.with_max_level_hint(LevelFilter::DEBUG))
    }
}

impl Drop for Exporter {
    /// Sends what is left.
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown_with_timeout(self.last_words) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Who sends: what `OTEL_RESOURCE_ATTRIBUTES` says counts for more than what we know, and `OTEL_SERVICE_NAME` for most.
fn resource() -> Resource {
    let own = [
        ("service.name", OWN.to_owned()),
        ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("service.instance.id", uuid::Uuid::now_v7().to_string()),
        ("process.pid", std::process::id().to_string()),
    ];
    let own = own.into_iter().map(|(key, value)| KeyValue::new(key, value));
    let told = Resource::builder_empty().with_detector(Box::new(EnvResourceDetector::new())).build();
    let told: Vec<KeyValue> = told.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let name = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    let name = name.map(|name| KeyValue::new("service.name", name));
    Resource::builder_empty().with_attributes(own).with_attributes(told).with_attributes(name).build()
}

/// The kind of a span, as its field `otel.kind`; none without an exporter, so that the field is not there either.
pub(crate) fn kind(kind: &'static str) -> Option<&'static str> {
    TRACER.get().map(|_| kind)
}

/// The name of an attempt's span, as its field `otel.name`.
pub(crate) fn name_of(job: &Job) -> Option<String> {
    TRACER.get().map(|_| format!("job {}", job.job_type))
}

/// Makes a new span part of the trace that a `traceparent` names. One that names none begins another trace. All spans below
/// have the `tracestate`, if it is one.
pub(crate) fn go_on(span: &Span, traceparent: Option<&str>, tracestate: &str) {
    if TRACER.get().is_some()
        && let Some(traceparent) = traceparent.filter(|text| is_traceparent(text))
    {
        // It fails for a span that is not recorded.
        let _ = span.set_parent(parent(traceparent, tracestate));
    }
}

/// Whether a text is of the form that the recommendation has (3.2.2); the propagator takes more.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags, rest @ ..] = &parts[..] else { return false };
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let has_no_more = rest.is_empty() || *version != "00";
    is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2) && has_no_more
}

fn parent(traceparent: &str, tracestate: &str) -> Context {
    let carrier = [(HEADER, traceparent), (STATE, tracestate)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    TraceContextPropagator::new().extract_with_context(&Context::new(), &HashMap::from(carrier))
}

/// The `traceparent` of what goes on here, for who goes on with it.
pub(crate) fn here() -> Option<String> {
    TRACER.get()?;
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context().is_valid().then(|| span.span_context())?;
    Some(format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags()))
}

/// The trace of a span, for the log.
pub(crate) fn id(span: &Span) -> Option<String> {
    TRACER.get()?;
    let context = span.context();
    let id = context.span().span_context().trace_id();
    Some(id.to_string())
}

/// The trace of a job, for the log.
pub(crate) fn id_of(job: &Job) -> Option<&str> {
    job.traceparent.as_deref()?.split('-').nth(1)
}

/// A transaction, from the wait for its turn to its end. Only as a part of something: what the process does for itself is no
/// trace.
pub(crate) fn commit() -> Span {
    if TRACER.get().is_some() && !Span::current().is_none() { debug_span!("commit") } else { Span::none() }
}

/// Says what a request was, in the words of OpenTelemetry's conventions for HTTP.
pub(crate) fn answered(span: &Span, operation: Option<Operation>, method: &str, path: &str, status: u16) {
    if TRACER.get().is_none() {
        return;
    }
    let known = operation.map(|operation| (operation.id(), operation.path()));
    let context = span.context();
    context.span().update_name(known.map_or_else(|| method.to_owned(), |(_, route)| format!("{method} {route}")));
    if let Some((operation, route)) = known {
        span.set_attribute("operation", operation);
        span.set_attribute("http.route", route);
    }
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("url.path", path.to_owned());
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}

/// Says that what a span is about failed, in words that may be stored with a job.
pub(crate) fn failed(span: &Span, error: &str) {
    if TRACER.get().is_some() {
        span.set_status(Status::error(error.to_owned()));
    }
}

/// Shows how long a claimed job has waited since it was due.
pub(crate) fn waited(job: &Job, now: NaiveDateTime) {
    if let (Some(tracer), Some(traceparent)) = (TRACER.get(), &job.traceparent) {
        let since = job.scheduled_at.max(job.created_at).min(now);
        let before = (now - since).max(TimeDelta::zero()).to_std().unwrap_or_default();
        let ended = std::time::SystemTime::now();
        let wait = tracer.span_builder("wait").with_kind(SpanKind::Internal).with_start_time(ended - before);
        let wait = wait.with_attributes([KeyValue::new("job_id", job.id), KeyValue::new("queue", job.queue.clone())]);
        wait.start_with_context(tracer, &parent(traceparent, "")).end_with_timestamp(ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_taken_in_the_form_of_the_recommendation_alone() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let is_taken = |text: String| is_traceparent(&text);
        assert!(is_taken(format!("00-{trace}-{span}-01")));
        assert!(is_taken(format!("01-{trace}-{span}-01-of a later version")));
        let short = &trace[1..];
        for refused in [
            format!("00-{trace}-{span}-01-more"),
            format!("00-+{short}-{span}-01"),
            format!("00-{short}-{span}-01"),
            format!("0-{trace}-{span}-01"),
            format!("00-{trace}-{span}-1"),
            format!("00-{trace}-{span}-+1"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}"),
            String::new(),
        ] {
            assert!(!is_taken(refused.clone()), "{refused}");
        }
    }
}
