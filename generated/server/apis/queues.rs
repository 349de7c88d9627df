// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Where jobs wait. A paused queue keeps its jobs and starts none.

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::contract::Caller;
use crate::problem::Problem;

/// The operations tagged `queues`.
pub trait Queues {
    /// List queues
    ///
    /// Every queue that has jobs or is paused, by name, with what waits in it.
    ///
    /// `GET /queues`
    fn list_queues(&self, caller: Caller) -> impl Future<Output = Result<ListQueuesResponse, Problem>> + Send;

    /// Pause a queue
    ///
    /// Workers start no more jobs from this queue; running ones finish, new ones wait. Pausing a paused queue changes
    /// nothing. Fails with 404 if there is no such queue.
    ///
    /// `POST /queues/{queue}/pause`
    fn pause_queue(
        &self,
        caller: Caller,
        path: models::PauseQueuePathParams,
    ) -> impl Future<Output = Result<PauseQueueResponse, Problem>> + Send;

    /// Resume a queue
    ///
    /// Workers start jobs from this queue again. Resuming a queue that is not paused changes nothing. Fails with 404
    /// if there is no such queue.
    ///
    /// `POST /queues/{queue}/resume`
    fn resume_queue(
        &self,
        caller: Caller,
        path: models::ResumeQueuePathParams,
    ) -> impl Future<Output = Result<ResumeQueueResponse, Problem>> + Send;
}

/// The answers of [`Queues::list_queues`] that are not problems.
#[derive(Debug)]
pub enum ListQueuesResponse {
    /// The queues.
    Status200 {
        /// The body, `application/json`.
        body: models::QueueList,
    },
}

impl IntoResponse for ListQueuesResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Queues::pause_queue`] that are not problems.
#[derive(Debug)]
pub enum PauseQueueResponse {
    /// The queue, paused.
    Status200 {
        /// The body, `application/json`.
        body: models::Queue,
    },
}

impl IntoResponse for PauseQueueResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Queues::resume_queue`] that are not problems.
#[derive(Debug)]
pub enum ResumeQueueResponse {
    /// The queue, not paused.
    Status200 {
        /// The body, `application/json`.
        body: models::Queue,
    },
}

impl IntoResponse for ResumeQueueResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}
