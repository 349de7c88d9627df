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
    /// Every queue that has jobs, is paused or has a limit, by name, with what waits in it.
    ///
    /// `GET /queues`
    fn list_queues(&self, caller: Caller) -> impl Future<Output = Result<ListQueuesResponse, Problem>> + Send;

    /// List workers
    ///
    /// The processes that run jobs, and what they run. One that was killed is listed for some minutes more.
    ///
    /// `GET /workers`
    fn list_workers(&self, caller: Caller) -> impl Future<Output = Result<ListWorkersResponse, Problem>> + Send;

    /// Pause a queue
    ///
    /// Workers start no more jobs from this queue; running ones finish, new ones wait. Pausing a paused queue changes
    /// nothing. A queue may be paused before it has jobs.
    ///
    /// `POST /queues/{queue}/pause`
    fn pause_queue(
        &self,
        caller: Caller,
        path: models::PauseQueuePathParams,
    ) -> impl Future<Output = Result<PauseQueueResponse, Problem>> + Send;

    /// Resume a queue
    ///
    /// Workers start jobs from this queue again. Resuming a queue that is not paused changes nothing.
    ///
    /// `POST /queues/{queue}/resume`
    fn resume_queue(
        &self,
        caller: Caller,
        path: models::ResumeQueuePathParams,
    ) -> impl Future<Output = Result<ResumeQueueResponse, Problem>> + Send;

    /// Limit a queue
    ///
    /// Sets how many jobs of the queue run at a time, in all processes together. Jobs that run already go on. A queue may be
    /// limited before it has jobs.
    ///
    /// `PATCH /queues/{queue}`
    fn update_queue(
        &self,
        caller: Caller,
        path: models::UpdateQueuePathParams,
        body: models::QueuePatch,
    ) -> impl Future<Output = Result<UpdateQueueResponse, Problem>> + Send;
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

/// The answers of [`Queues::list_workers`] that are not problems.
#[derive(Debug)]
pub enum ListWorkersResponse {
    /// The workers, by name.
    Status200 {
        /// The body, `application/json`.
        body: models::WorkerList,
    },
}

impl IntoResponse for ListWorkersResponse {
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

/// The answers of [`Queues::update_queue`] that are not problems.
#[derive(Debug)]
pub enum UpdateQueueResponse {
    /// The queue after the change.
    Status200 {
        /// The body, `application/json`.
        body: models::Queue,
    },
}

impl IntoResponse for UpdateQueueResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}
