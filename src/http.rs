//! The router: the generated routes inside the middleware stack, and the server that listens.
//!
//! The order of the stack is the contract with every client; it is listed once, in [`router`], outermost first.

mod access_log;
mod problems;
mod rate_limit;
mod request_id;

use std::any::Any;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::api;
use crate::app::App;
use crate::config::Config;
use crate::db::panic_message;
use crate::problem::Problem;

/// The whole service. Authentication and validation come last, in the generated routes.
pub fn router(app: App) -> Router {
    let stack = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), request_id::layer))
        .layer(from_fn(access_log::layer))
        .layer(from_fn(problems::layer))
        .layer(security("x-content-type-options", "nosniff"))
        .layer(security("x-frame-options", "DENY"))
        .layer(security("referrer-policy", "no-referrer"))
        .layer(security("content-security-policy", "default-src 'none'; frame-ancestors 'none'"))
        .layer(cors(&app.config))
        // Inside of the headers, so that the answer to a panic has them too.
        .layer(CatchPanicLayer::custom(recover))
        .layer(from_fn_with_state(app.clone(), timeout))
        .layer(from_fn_with_state(rate_limit::Limits::new(&app.config), rate_limit::layer));
    api::router(app).fallback(unknown_path).method_not_allowed_fallback(unknown_method).layer(stack)
}

/// Serves until `shutdown`, then lets the requests that have begun finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Answers are small and whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
    });
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

fn security(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
}

fn cors(config: &Config) -> CorsLayer {
    let origins = &config.cors_allow_origins;
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    let exposed = [header::LOCATION, header::ETAG, header::RETRY_AFTER, header::WWW_AUTHENTICATE, request_id::HEADER];
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            request_id::HEADER,
        ])
        .expose_headers(exposed)
}

/// A panic is a mistake of ours: the log gets its message, the client a plain 500.
fn recover(panic: Box<dyn Any + Send>) -> Response {
    Problem::internal(format!("panicked: {}", panic_message(panic.as_ref()))).into_response()
}

async fn timeout(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout().into_response(),
    }
}

async fn unknown_path() -> Problem {
    Problem::not_found("Path")
}

async fn unknown_method() -> Problem {
    Problem::method_not_allowed()
}
