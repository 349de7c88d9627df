// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Figures that the jobs add up.

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::contract::Caller;
use crate::problem::Problem;

/// The operations tagged `analytics`.
pub trait Analytics {
    /// Sign-ups per day
    ///
    /// How many users signed up on each day (UTC), as counted by the `user_created` jobs, so a sign-up appears when
    /// its job is done. Every day of the range is listed, also those with none. Without parameters: the last 30 days.
    /// Fails with 400 if `since` is after `until`, or the range is longer than 366 days.
    ///
    /// `GET /analytics/signups`
    fn get_signups(
        &self,
        caller: Caller,
        query: models::GetSignupsQueryParams,
    ) -> impl Future<Output = Result<GetSignupsResponse, Problem>> + Send;
}

/// The answers of [`Analytics::get_signups`] that are not problems.
#[derive(Debug)]
pub enum GetSignupsResponse {
    /// The counts.
    Status200 {
        /// The body, `application/json`.
        body: models::SignupStats,
    },
}

impl IntoResponse for GetSignupsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}
