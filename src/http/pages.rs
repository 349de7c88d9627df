//! The pages for people: the dashboard under `/dashboard` and the API's docs under `/docs`, embedded by
//! `build/dashboard.rs` from what `make dashboard` builds, and what problems mean, which every binary has.
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
const ROOTS: [&str; 2] = ["/dashboard", "/docs"];
/// The files of the build, by their names in it; none if there was no build.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// What the pages may load and do: what comes from here, and nothing that stands in a page's own text.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// An asset's name changes with its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// A page names the assets of one build, so a browser has to ask for it.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// What problems mean: their `type` leads here, so it is there without the build.
const PROBLEMS: &str = include_str!("pages/problems.html");
const PROBLEMS_STYLE: &str = include_str!("pages/problems.css");

/// What is shown instead when there was no build.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Keiyaku</title>
<h1>This page is not in this binary</h1>
<p>The dashboard and the API's docs were not built before it. With Node.js 20.19 or newer, run <code>make dashboard</code>, \
then build the service again: <code>cargo build</code> or <code>make run</code>.</p>
<p>There all the same: <a href=\"/openapi.yaml\">the API's document</a> and \
<a href=\"/docs/problems\">what its errors mean</a>.</p>
</html>
";

/// The routes of the pages.
pub(super) fn router() -> Router {
    Router::new()
        .route("/dashboard", get(dashboard))
        .route("/dashboard/", get(dashboard))
        // The pages have paths of their own, which a reload asks for.
        .route("/dashboard/{*page}", get(dashboard))
        .route("/dashboard/assets/{*name}", get(asset))
        .route("/docs", get(docs))
        .route("/docs/", get(docs))
        .route("/docs/problems", get(problems))
        .route("/docs/problems/", get(problems))
        .route("/docs/problems.css", get(problems_style))
}

/// Whether a path is one of the pages' own.
pub(super) fn is_page(path: &str) -> bool {
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    ROOTS.iter().any(|root| path.strip_prefix(root).is_some_and(is_below))
}

async fn dashboard() -> Response {
    built("index.html")
}

async fn docs() -> Response {
    built("docs.html")
}

async fn problems() -> Response {
    answer("problems.html", NO_CACHE, PROBLEMS.as_bytes())
}

async fn problems_style() -> Response {
    answer("problems.css", NO_CACHE, PROBLEMS_STYLE.as_bytes())
}

fn built(page: &str) -> Response {
    answer(page, NO_CACHE, file(page).unwrap_or(NOT_BUILT.as_bytes()))
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
