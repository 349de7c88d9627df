//! The router: the generated routes inside the middleware stack, and the server that listens.
//!
//! The order of the stack is the contract with every client; it is listed once, in [`router`], outermost first.

mod access_log;
mod check;
mod client;
mod host;
mod listen;
mod pages;
mod preflight;
mod pressure;
mod problems;
mod rate_limit;
mod request_id;
mod share;
mod tls;
mod unsent;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower::ServiceBuilder;
use tower::layer::util::Stack;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;

pub use listen::serve;
pub use tls::Tls;

use access_log::Seen;
use share::Share;

use crate::api::{self, Operation};
use crate::app::App;
use crate::config::Config;
use crate::contract::{Contract, DEPRECATION_HEADERS};
use crate::db::panic_message;
use crate::problem::Problem;

/// What machines ask again and again, and what answers without work: neither limited nor turned away.
const EXEMPT: [&str; 6] = ["/health", "/livez", "/readyz", "/metrics", "/openapi.json", "/openapi.yaml"];
/// What a process without the service answers to those who watch over it.
const MONITORING: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];
/// Bytes from which an answer is worth compressing.
const LARGE: u64 = 1024;
/// How long a browser may keep what it learned from a preflight.
const PREFLIGHT: Duration = Duration::from_secs(3600);

/// The whole service. Authentication and validation come last, in the generated routes.
pub fn router(app: App) -> Router {
    let routes = bare_router(app.clone());
    inside_the_stack(app, routes)
}

/// Health and metrics of a process, and nothing else of the service.
pub fn monitoring_router(app: App) -> Router {
    let routes = bare_router(app.clone()).layer(from_fn(monitoring_alone));
    inside_the_stack(app, routes)
}

async fn monitoring_alone(request: Request, next: Next) -> Response {
    if MONITORING.contains(&request.uri().path()) {
        next.run(request).await
    } else {
        Problem::not_found("Path").into_response()
    }
}

fn inside_the_stack(app: App, routes: Router) -> Router {
    let config = &app.config;
    let (ids, clients) = (app.clone(), app.clone());
    let watch = (app.clone(), check::Given::nothing_yet());
    let guard = Arc::new(Guard::new(config));
    let stack = ServiceBuilder::new()
        .map_request(move |request| request_id::assign(&ids, request))
        .map_request(move |request| client::identify(&clients, request))
        .map_request(client::accept_plain)
        .layer(CompressionLayer::new().compress_when(large()))
        .layer(step(from_fn_with_state(watch, watched)))
        .map_response(secured)
        .layer(cors(config, &app.contract))
        // Inside of the headers, so that the answer to a panic has them too.
        .layer(CatchPanicLayer::custom(recover))
        .layer(step(from_fn_with_state(guard, guarded)));
    routes.layer(stack)
}

/// The log, inside of it the check of answers, inside of that the bodies of problems, and last what CORS is to answer. They
/// are one step because one each would cost more than what it does.
async fn watched(State((app, given)): State<(App, check::Given)>, request: Request, next: Next) -> Response {
    let seen = Seen::of(&request);
    let span = seen.span(request.headers());
    let response = next.run(preflight::told_apart(request)).instrument(span.clone()).await;
    let response = problems::complete(&seen, response);
    let response = check::sample(&app, &given, &seen, response).await;
    seen.log(&span, &response);
    seen.count(&app.metrics, &response);
    response
}

/// What the whole service has of something.
struct Guard {
    timeout: Duration,
    places: Semaphore,
    limits: rate_limit::Limits,
}

impl Guard {
    fn new(config: &Config) -> Guard {
        let places = Semaphore::new(config.max_requests as usize);
        Guard { timeout: config.request_timeout, places, limits: rate_limit::Limits::new(config) }
    }
}

/// Whether the host can be told, inside of that the time limit, inside of it the number of requests at once, and inside of
/// that each client's rate; one step as well.
async fn guarded(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if !host::is_told(&request) {
        return Problem::bad_request("The request needs one Host header that names a host").into_response();
    }
    let count = |request| rate_limit::count(&guard.limits, request, next);
    pressure::within_time(guard.timeout, request, |request| pressure::shed(&guard.places, request, count)).await
}

/// One step of the stack; what lies further in is shared, so that the step's own copies of it cost nothing.
fn step<L>(layer: L) -> Stack<Share, L> {
    Stack::new(Share, layer)
}

/// The generated routes and the pages alone, as the benchmark compares them with the whole.
pub fn bare_router(app: App) -> Router {
    api::router(app).merge(pages::router()).fallback(unknown_path).method_not_allowed_fallback(unknown_method)
}

fn is_exempt(path: &str) -> bool {
    EXEMPT.contains(&path) || pages::is_page(path)
}

/// Which answers are compressed: large ones, but for streams, which would stay in the compressor's buffer, and for those
/// with an `ETag`, which names the bytes that were sent.
fn large() -> impl Predicate {
    SizeAbove::new(LARGE)
        .and(NotForContentType::SSE)
        .and(|_: StatusCode, _: _, headers: &HeaderMap, _: &_| !headers.contains_key(header::ETAG))
}

/// No sniffing, no frames, no referrer, and nothing that a browser should load: what is answered here is data.
fn secured<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A page that has a policy of its own keeps it.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// What a page of another origin may send and read: every method and header that the contract has.
fn cors(config: &Config, contract: &Contract) -> CorsLayer {
    let origins = &config.cors_allow_origins;
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    let mut methods = vec![Method::HEAD];
    for method in Operation::ALL.iter().map(|operation| operation.method()) {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    let trace = ["traceparent", "tracestate"].map(HeaderName::from_static);
    let own = [header::AUTHORIZATION, header::CONTENT_TYPE, request_id::HEADER];
    let exposed = [
        header::LOCATION,
        header::ETAG,
        header::RETRY_AFTER,
        header::WWW_AUTHENTICATE,
        request_id::HEADER,
        rate_limit::LEFT,
        rate_limit::POLICY,
        HeaderName::from_static("idempotency-replayed"),
        HeaderName::from_static("job-id"),
        HeaderName::from_static("job-token"),
    ]
    .into_iter()
    .chain(DEPRECATION_HEADERS);
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(methods)
        .allow_headers(own.into_iter().chain(trace).chain(contract.request_headers()).collect::<Vec<_>>())
        .expose_headers(exposed.collect::<Vec<_>>())
        .max_age(PREFLIGHT)
}

/// A panic is a mistake of ours: the log gets its message, the client a plain 500.
fn recover(panic: Box<dyn Any + Send>) -> Response {
    Problem::internal(format!("panicked: {}", panic_message(panic.as_ref()))).into_response()
}

async fn unknown_path() -> Problem {
    Problem::not_found("Path")
}

async fn unknown_method() -> Problem {
    Problem::method_not_allowed()
}
