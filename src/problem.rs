//! Every error that a client can see, as RFC 9457 problem documents.
//!
//! A [`Problem`] becomes a response with status and headers but without a body: it travels in the response's
//! extensions to the middleware that knows the request's id and path, and that one place writes the body with
//! [`Problem::render`]. So every layer's errors have the same members.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::api::models;
use crate::api::models::{Violation, ViolationIn};
use crate::json::shown;

/// The media type of a problem's body.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One error as a client sees it. Boxed, because it is the error half of nearly every result on a request's path.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: Option<Cow<'static, str>>,
    error: Cow<'static, str>,
    errors: Vec<Violation>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log and the operator; never rendered.
    cause: Option<String>,
}

impl Problem {
    /// A problem that its status names well enough: the type is `about:blank` and the title the status's own phrase.
    /// `error` is one sentence to show to people; it serves as the detail too until [`Problem::with_detail`].
    pub fn new(status: StatusCode, error: impl Into<Cow<'static, str>>) -> Problem {
        Problem(Box::new(Parts {
            status,
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            detail: None,
            error: error.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// 400: the request does not fit the contract, and this is all that is wrong with it. The sentence is about the
    /// first.
    #[must_use]
    pub fn validation(violations: Vec<Violation>) -> Problem {
        let first = violations.first().map_or_else(|| "The request is not valid".to_owned(), sentence);
        let (error, detail) = match violations.len() {
            0 | 1 => (first, "The request has 1 violation.".to_owned()),
            n => (format!("{first} (and {} more)", n - 1), format!("The request has {n} violations.")),
        };
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, error).with_detail(detail);
        problem.0.kind = "/docs/problems#validation";
        problem.0.title = "Validation failed";
        problem.0.errors = violations;
        problem
    }

    /// 400: wrong in a way that no schema names.
    pub fn bad_request(error: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, error)
    }

    /// 401: no token could be read. RFC 6750 wants no error code in this case.
    pub fn unauthorized(error: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, error)
            .with_detail("This operation needs a bearer token.")
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="keiyaku""#))
    }

    /// 401: there is a token and it does not count.
    #[must_use]
    pub fn invalid_token() -> Problem {
        let challenge = HeaderValue::from_static(r#"Bearer realm="keiyaku", error="invalid_token""#);
        Problem::new(StatusCode::UNAUTHORIZED, "Invalid token")
            .with_detail("The token is not valid or has expired.")
            .with_header(WWW_AUTHENTICATE, challenge)
    }

    /// 403: the token counts but does not open this. Each of `scopes` would; RFC 6750 has room for one.
    #[must_use]
    pub fn forbidden(scopes: &[&str]) -> Problem {
        let problem = Problem::new(StatusCode::FORBIDDEN, "The token does not permit this")
            .with_detail(format!("This operation needs one of the scopes: {}.", scopes.join(", ")));
        let scope = scopes.first().copied().unwrap_or_default();
        let challenge = format!(r#"Bearer realm="keiyaku", error="insufficient_scope", scope="{scope}""#);
        problem.with_text_header(WWW_AUTHENTICATE, challenge)
    }

    /// 404: "User not found" for `not_found("User")`.
    pub fn not_found(what: impl fmt::Display) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    /// 405. The router, which knows the methods of the path, adds Allow.
    #[must_use]
    pub fn method_not_allowed() -> Problem {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    /// 406: none of the media types that the client takes is there.
    pub fn not_acceptable(offered: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::NOT_ACCEPTABLE, "The requested media type is not available").with_detail(offered)
    }

    /// 408: the client did not send the body within the time limit.
    #[must_use]
    pub fn late_body() -> Problem {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "The request body took too long")
            .with_detail("The body did not come within the time limit.")
    }

    /// 409: the request is right, but not for what is stored.
    pub fn conflict(error: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::CONFLICT, error)
    }

    /// 413, naming the limit in bytes.
    #[must_use]
    pub fn payload_too_large(limit: usize) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large")
            .with_detail(format!("The body is larger than {limit} bytes."))
    }

    /// 413: the body alone is not, but what would be stored with it.
    #[must_use]
    pub fn grown_too_large(limit: usize) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The resource would be too large")
            .with_detail(format!("With this change the undeclared members would be larger than {limit} bytes."))
    }

    /// 415, naming what is expected instead, such as "The content type must be application/json."
    pub fn unsupported_media_type(expected: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content type is not supported").with_detail(expected)
    }

    /// 428: the contract wants the request to name the version that it is about.
    #[must_use]
    pub fn precondition_required() -> Problem {
        Problem::new(StatusCode::PRECONDITION_REQUIRED, "If-Match is required")
            .with_detail("Read the resource and send its ETag as If-Match.")
    }

    /// 429, with the time after which a request would be let through.
    #[must_use]
    pub fn too_many_requests(retry_after: Duration) -> Problem {
        let seconds = whole_seconds(retry_after);
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded")
            .with_detail(format!("Wait for {seconds} s before the next request."))
            .with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 500. The cause goes to the log; the client learns only that it is our fault.
    pub fn internal(cause: impl fmt::Display) -> Problem {
        tracing::error!(error = %cause, "internal server error");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            .with_detail("The server failed to handle the request.")
            .with_cause(cause)
    }

    /// 501: an operation of the contract that is planned and not built yet.
    #[must_use]
    pub fn not_implemented(operation_id: &str) -> Problem {
        Problem::new(StatusCode::NOT_IMPLEMENTED, "This operation is not available yet")
            .with_detail(format!("The operation {operation_id} is planned."))
    }

    /// 503: it may well work a little later.
    pub fn unavailable(error: impl Into<Cow<'static, str>>, retry_after: Duration) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, error)
            .with_header(RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after)))
    }

    /// 503: the request was not done within the time limit, and the client had done its part.
    #[must_use]
    pub fn overdue() -> Problem {
        Problem::unavailable("The request took too long", Duration::from_secs(1)).with_detail(
            "The server could not do the request within the time limit. It may have been done all the same.",
        )
    }

    /// Adds a longer explanation.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.0.detail = Some(detail.into());
        self
    }

    /// Keeps what the client must not see, for whoever works on the database without a server between.
    #[must_use]
    pub(crate) fn with_cause(mut self, cause: impl fmt::Display) -> Problem {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.push((name, value));
        self
    }

    /// Adds a header whose text is our own. One that could not be sent is left out: the problem matters more.
    fn with_text_header(self, name: HeaderName, text: String) -> Problem {
        match HeaderValue::try_from(text) {
            Ok(value) => self.with_header(name, value),
            Err(_) => self,
        }
    }

    /// The response's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The friendly sentence.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.0.error
    }

    /// The longer explanation, if there is one.
    #[must_use]
    pub(crate) fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// What the client is not told.
    #[must_use]
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// What the contract found wrong with the request, for a [`Problem::validation`].
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0.errors
    }

    /// The body: the contract's `Problem`, for the request with this path and id.
    #[must_use]
    pub fn render(&self, instance: &str, request_id: &str) -> Vec<u8> {
        let Parts { status, kind, title, detail, error, errors, .. } = &*self.0;
        let problem = models::Problem {
            r#type: (*kind).to_owned(),
            title: (*title).to_owned(),
            status: status.as_u16().into(),
            detail: detail.as_ref().unwrap_or(error).to_string(),
            instance: uri_reference(instance),
            error: error.to_string(),
            request_id: request_id.to_owned(),
            errors: (!errors.is_empty()).then(|| errors.clone()),
        };
        // Strings and numbers always serialise; an empty body would be the harmless way out.
        serde_json::to_vec(&problem).unwrap_or_default()
    }
}

/// What a path may not have as it stands, however a client sent it.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path as it was asked for, made a URI reference where it was none, by a `%` that encodes nothing for instance.
fn uri_reference(path: &str) -> String {
    let encoded = |part| utf8_percent_encode(part, NOT_IN_A_PATH).to_string();
    let mut parts = path.split('%');
    // Two slashes at its beginning would make a host of what follows.
    let mut reference = if path.starts_with("//") { "/." } else { "" }.to_owned();
    reference.push_str(&encoded(parts.next().unwrap_or_default()));
    for part in parts {
        let encodes = part.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        reference.push_str(if encodes { "%" } else { "%25" });
        reference.push_str(&encoded(part));
    }
    reference
}

/// What is wrong, as a sentence that names the parameter or the member in question.
fn sentence(violation: &Violation) -> String {
    let Violation { r#in: place, pointer, message, .. } = violation;
    let name = pointer.get(1..).unwrap_or_default().replace('/', ".").replace("~1", "/").replace("~0", "~");
    match place {
        ViolationIn::Path | ViolationIn::Query | ViolationIn::Header => {
            format!("Parameter validation failed for '{}': {message}", shown(&name))
        }
        // Some messages are whole sentences.
        ViolationIn::Body if message.starts_with(char::is_uppercase) => message.clone(),
        ViolationIn::Body if pointer.is_empty() => format!("The body {message}"),
        ViolationIn::Body => format!("Field '{}' {message}", shown(&name)),
    }
}

/// Rounded up and at least one: a client that waits that long must not come too early.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.0.status.as_u16(), self.0.error)
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.headers_mut().extend(self.0.headers.iter().cloned());
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_has_no_body_and_carries_its_problem() {
        let response = Problem::too_many_requests(Duration::from_millis(1001)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        let problem = response.extensions().get::<Problem>().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&problem.render("/users", "r1")).unwrap();
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Too Many Requests", "status": 429,
            "detail": "Wait for 2 s before the next request.",
            "instance": "/users", "error": "Rate limit exceeded", "request_id": "r1",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn the_sentence_is_the_detail_where_there_is_no_other() {
        let body: models::Problem =
            serde_json::from_slice(&Problem::not_found("User").render("/users/9", "r")).unwrap();
        assert_eq!((body.error.as_str(), body.detail.as_str()), ("User not found", "User not found"));
    }

    #[test]
    fn the_instance_is_a_uri_reference_whatever_was_asked_for() {
        for (path, expected) in [
            ("/users/1", "/users/1"),
            ("/users/%31:@!$&'()*+,;=-._~", "/users/%31:@!$&'()*+,;=-._~"),
            ("/users/%zz", "/users/%25zz"),
            ("/users/1%", "/users/1%25"),
            ("/users/%3", "/users/%253"),
            ("/users/{id}|[1]", "/users/%7Bid%7D%7C%5B1%5D"),
            ("//a:b", "/.//a:b"),
            ("/users/é", "/users/%C3%A9"),
        ] {
            assert_eq!(uri_reference(path), expected);
        }
    }

    #[test]
    fn the_cause_of_an_internal_problem_stays_inside() {
        let body = Problem::internal("the disk is full").render("/", "r");
        assert!(!String::from_utf8(body).unwrap().contains("disk"));
    }

    #[test]
    fn headers_say_what_would_do() {
        // At least a second: zero would invite the client back at once.
        let response = Problem::unavailable("busy", Duration::ZERO).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }
}
