// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! How the response enums become HTTP responses.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

/// A response in the making. A header value or body that cannot be written turns it into an internal problem.
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    problem: Option<Problem>,
}

impl Answer {
    pub(super) fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers: HeaderMap::new(), problem: None }
    }

    /// Adds a header of the contract.
    pub(super) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        match HeaderValue::try_from(value.to_string()) {
            Ok(value) => drop(self.headers.insert(HeaderName::from_static(name), value)),
            Err(error) => self.problem = Some(Problem::internal(format!("header {name}: {error}"))),
        }
        self
    }

    /// Adds a header of the contract, if there is a value for it.
    pub(super) fn optional_header(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Ends with a JSON body.
    pub(super) fn json(self, media: &'static str, body: impl Serialize) -> Response {
        match serde_json::to_vec(&body) {
            Ok(bytes) => self.finish(media, bytes.into()),
            Err(error) => Problem::internal(format!("response body: {error}")).into_response(),
        }
    }

    /// Ends with text.
    pub(super) fn text(self, media: &'static str, body: String) -> Response {
        self.finish(media, body.into())
    }

    /// Ends with a body that is still being made.
    pub(super) fn stream(self, media: &'static str, body: Body) -> Response {
        self.finish(media, body)
    }

    /// Ends without a body.
    pub(super) fn empty(self) -> Response {
        match self.problem {
            Some(problem) => problem.into_response(),
            None => (self.status, self.headers).into_response(),
        }
    }

    fn finish(mut self, media: &'static str, body: Body) -> Response {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        match self.problem {
            Some(problem) => problem.into_response(),
            None => (self.status, self.headers, body).into_response(),
        }
    }
}
