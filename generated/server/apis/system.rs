// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! For operators, monitors and tools. Open to all, never rate limited.

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::problem::Problem;

/// The operations tagged `system`.
pub trait System {
    /// Is the service healthy?
    ///
    /// Asks the database and the job queue. For monitors that raise an alarm; for orchestrators there are `/livez` and
    /// `/readyz`. 503 is plain JSON, not a problem document.
    ///
    /// `GET /health`
    fn get_health(&self) -> impl Future<Output = Result<GetHealthResponse, Problem>> + Send;

    /// Is the process alive?
    ///
    /// Answers as long as the process serves requests; touches nothing else. No answer means restart it.
    ///
    /// `GET /livez`
    fn get_liveness(&self) -> impl Future<Output = Result<GetLivenessResponse, Problem>> + Send;

    /// Metrics for Prometheus
    ///
    /// In the Prometheus text format: requests, attempts, claims and commits of this process, and what is in the queues and
    /// files of the database at this moment. Without the database the rest is shown, and `db_up` is 0.
    ///
    /// `GET /metrics`
    fn get_metrics(&self) -> impl Future<Output = Result<GetMetricsResponse, Problem>> + Send;

    /// This document, as JSON
    ///
    /// The contract that this server enforces, in its running validation mode.
    ///
    /// `GET /openapi.json`
    fn get_openapi_json(&self) -> impl Future<Output = Result<GetOpenapiJsonResponse, Problem>> + Send;

    /// This document, as YAML
    ///
    /// The contract that this server enforces, in its running validation mode.
    ///
    /// `GET /openapi.yaml`
    fn get_openapi_yaml(&self) -> impl Future<Output = Result<GetOpenapiYamlResponse, Problem>> + Send;

    /// Can the process take requests?
    ///
    /// 503 while the database does not answer and during shutdown: send requests elsewhere and ask again.
    ///
    /// `GET /readyz`
    fn get_readiness(&self) -> impl Future<Output = Result<GetReadinessResponse, Problem>> + Send;
}

/// The answers of [`System::get_health`] that are not problems.
#[derive(Debug)]
pub enum GetHealthResponse {
    /// All is well.
    Status200 {
        /// The body, `application/json`.
        body: models::Health,
    },
    /// The database or the job queue does not answer.
    Status503 {
        /// The body, `application/json`.
        body: models::Unhealthy,
    },
}

impl IntoResponse for GetHealthResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
            Self::Status503 { body } => Answer::new(503).json("application/json", body),
        }
    }
}

/// The answers of [`System::get_liveness`] that are not problems.
#[derive(Debug)]
pub enum GetLivenessResponse {
    /// It is.
    Status200 {
        /// The body, `application/json`.
        body: models::Probe,
    },
}

impl IntoResponse for GetLivenessResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`System::get_metrics`] that are not problems.
#[derive(Debug)]
pub enum GetMetricsResponse {
    /// The metrics of this process.
    Status200 {
        /// The body, `text/plain; charset=utf-8`.
        body: String,
    },
}

impl IntoResponse for GetMetricsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).text("text/plain; charset=utf-8", body),
        }
    }
}

/// The answers of [`System::get_openapi_json`] that are not problems.
#[derive(Debug)]
pub enum GetOpenapiJsonResponse {
    /// The document.
    Status200 {
        /// The body, `application/json`.
        body: crate::json::Object,
    },
}

impl IntoResponse for GetOpenapiJsonResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`System::get_openapi_yaml`] that are not problems.
#[derive(Debug)]
pub enum GetOpenapiYamlResponse {
    /// The document.
    Status200 {
        /// The body, `application/yaml; charset=utf-8`.
        body: String,
    },
}

impl IntoResponse for GetOpenapiYamlResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).text("application/yaml; charset=utf-8", body),
        }
    }
}

/// The answers of [`System::get_readiness`] that are not problems.
#[derive(Debug)]
pub enum GetReadinessResponse {
    /// It can.
    Status200 {
        /// The body, `application/json`.
        body: models::Probe,
    },
}

impl IntoResponse for GetReadinessResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}
