// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Operations of the contract.

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::problem::Problem;

/// The operations tagged `streams`.
pub trait Streams {
    /// Planned, so nobody has to implement it.
    ///
    /// `GET /someday`
    fn someday(&self) -> impl Future<Output = Result<SomedayResponse, Problem>> + Send {
        std::future::ready(Err(Problem::not_implemented("someday")))
    }

    /// Nothing, or always a problem.
    ///
    /// `DELETE /events`
    fn stop_watching(
        &self,
        query: models::StopWatchingQueryParams,
    ) -> impl Future<Output = Result<StopWatchingResponse, Problem>> + Send;

    /// Server-sent events.
    ///
    /// `GET /events`
    fn watch(&self) -> impl Future<Output = Result<WatchResponse, Problem>> + Send;
}

/// The answers of [`Streams::someday`] that are not problems.
#[derive(Debug)]
pub enum SomedayResponse {
    /// Lists and maps in place.
    Status200 {
        /// The body, `application/json`.
        body: std::collections::BTreeMap<String, Vec<Option<models::Color>>>,
    },
}

impl IntoResponse for SomedayResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Streams::stop_watching`] that are not problems.
#[derive(Debug)]
pub enum StopWatchingResponse {
    /// Done.
    Status204,
}

impl IntoResponse for StopWatchingResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status204 => Answer::new(204).empty(),
        }
    }
}

/// The answers of [`Streams::watch`] that are not problems.
#[derive(Debug)]
pub enum WatchResponse {
    /// Three events.
    Status200 {
        /// The body, `text/event-stream`.
        body: axum::body::Body,
        /// The `Cache-Control` header.
        cache_control: Option<String>,
    },
}

impl IntoResponse for WatchResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body, cache_control } => {
                Answer::new(200).optional_header("cache-control", cache_control).stream("text/event-stream", body)
            }
        }
    }
}
