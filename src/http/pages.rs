//! The dashboard: the pages under `/dashboard`, embedded by `build/dashboard.rs` from what `make dashboard` builds.
//!
//! They are no part of the contract: they hold no data and need no token. What they show they ask the API for.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::Problem;

/// Where the pages are.
const ROOT: &str = "/dashboard";
const INDEX: &str = "index.html";
/// The files of the build, by their names in it; none if there was no build.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// What the pages may load and do: what comes from here, and nothing that stands in a page's own text.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// An asset's name changes with its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The index names the assets of one build, so a browser has to ask for it.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// What is shown instead when the dashboard was not built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Keiyaku</title>
<h1>The dashboard is not in this binary</h1>
<p>It was built without it. With Node.js 20.19 or newer, run <code>make dashboard</code>, then build the service again: \
<code>cargo build</code> or <code>make run</code>.</p>
</html>
";

/// The routes of the pages.
pub(super) fn router() -> Router {
    Router::new()
        .route(ROOT, get(index))
        .route("/dashboard/", get(index))
        // The pages have paths of their own, which a reload asks for.
        .route("/dashboard/{*page}", get(index))
        .route("/dashboard/assets/{*name}", get(asset))
}

/// Whether a path is one of the pages' own.
pub(super) fn is_page(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn index() -> Response {
    let page = file(INDEX).unwrap_or(NOT_BUILT.as_bytes());
    answer(INDEX, NO_CACHE, page)
}

async fn asset(Path(name): Path<String>) -> Response {
    match file(&format!("assets/{name}")) {
        Some(content) => answer(&name, FOR_EVER, content),
        None => Problem::not_found("Path").into_response(),
    }
}

fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
}

fn answer(name: &str, cache: HeaderValue, content: &'static [u8]) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(name))),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, Bytes::from_static(content)).into_response()
}

/// What the build makes has one of these endings.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
