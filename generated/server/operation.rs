// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! The contract's operations by name.

use axum::http::Method;

/// An operation of the contract. `operation as usize` is its place in [`Operation::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `GET /analytics/signups`
    GetSignups,

    /// `POST /jobs/{job_id}/cancel`
    CancelJob,

    /// `POST /jobs/cancel`
    CancelJobs,

    /// `POST /jobs`
    EnqueueJob,

    /// `POST /jobs/batch`
    EnqueueJobs,

    /// `GET /jobs/{job_id}`
    GetJob,

    /// `GET /jobs/stats`
    GetJobStats,

    /// `GET /jobs/timeline`
    GetJobTimeline,

    /// `GET /jobs`
    ListJobs,

    /// `POST /jobs/{job_id}/retry`
    RetryJob,

    /// `POST /jobs/retry`
    RetryJobs,

    /// `GET /jobs/events`
    StreamJobEvents,

    /// `GET /queues`
    ListQueues,

    /// `GET /workers`
    ListWorkers,

    /// `POST /queues/{queue}/pause`
    PauseQueue,

    /// `POST /queues/{queue}/resume`
    ResumeQueue,

    /// `PATCH /queues/{queue}`
    UpdateQueue,

    /// `GET /health`
    GetHealth,

    /// `GET /livez`
    GetLiveness,

    /// `GET /metrics`
    GetMetrics,

    /// `GET /openapi.json`
    GetOpenapiJson,

    /// `GET /openapi.yaml`
    GetOpenapiYaml,

    /// `GET /readyz`
    GetReadiness,

    /// `POST /users`
    CreateUser,

    /// `DELETE /users/{user_id}`
    DeleteUser,

    /// `GET /users/{user_id}`
    GetUser,

    /// `GET /users/{user_id}/profile`
    GetUserProfile,

    /// `GET /users`
    ListUsers,

    /// `PATCH /users/{user_id}`
    UpdateUser,
}

impl Operation {
    /// Every operation, tag by tag.
    pub const ALL: &[Operation] = &[
        Operation::GetSignups,
        Operation::CancelJob,
        Operation::CancelJobs,
        Operation::EnqueueJob,
        Operation::EnqueueJobs,
        Operation::GetJob,
        Operation::GetJobStats,
        Operation::GetJobTimeline,
        Operation::ListJobs,
        Operation::RetryJob,
        Operation::RetryJobs,
        Operation::StreamJobEvents,
        Operation::ListQueues,
        Operation::ListWorkers,
        Operation::PauseQueue,
        Operation::ResumeQueue,
        Operation::UpdateQueue,
        Operation::GetHealth,
        Operation::GetLiveness,
        Operation::GetMetrics,
        Operation::GetOpenapiJson,
        Operation::GetOpenapiYaml,
        Operation::GetReadiness,
        Operation::CreateUser,
        Operation::DeleteUser,
        Operation::GetUser,
        Operation::GetUserProfile,
        Operation::ListUsers,
        Operation::UpdateUser,
    ];

    /// The operationId.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::GetSignups => "getSignups",

            Self::CancelJob => "cancelJob",

            Self::CancelJobs => "cancelJobs",

            Self::EnqueueJob => "enqueueJob",

            Self::EnqueueJobs => "enqueueJobs",

            Self::GetJob => "getJob",

            Self::GetJobStats => "getJobStats",

            Self::GetJobTimeline => "getJobTimeline",

            Self::ListJobs => "listJobs",

            Self::RetryJob => "retryJob",

            Self::RetryJobs => "retryJobs",

            Self::StreamJobEvents => "streamJobEvents",

            Self::ListQueues => "listQueues",

            Self::ListWorkers => "listWorkers",

            Self::PauseQueue => "pauseQueue",

            Self::ResumeQueue => "resumeQueue",

            Self::UpdateQueue => "updateQueue",

            Self::GetHealth => "getHealth",

            Self::GetLiveness => "getLiveness",

            Self::GetMetrics => "getMetrics",

            Self::GetOpenapiJson => "getOpenapiJson",

            Self::GetOpenapiYaml => "getOpenapiYaml",

            Self::GetReadiness => "getReadiness",

            Self::CreateUser => "createUser",

            Self::DeleteUser => "deleteUser",

            Self::GetUser => "getUser",

            Self::GetUserProfile => "getUserProfile",

            Self::ListUsers => "listUsers",

            Self::UpdateUser => "updateUser",
        }
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::GetSignups => Method::GET,

            Self::CancelJob => Method::POST,

            Self::CancelJobs => Method::POST,

            Self::EnqueueJob => Method::POST,

            Self::EnqueueJobs => Method::POST,

            Self::GetJob => Method::GET,

            Self::GetJobStats => Method::GET,

            Self::GetJobTimeline => Method::GET,

            Self::ListJobs => Method::GET,

            Self::RetryJob => Method::POST,

            Self::RetryJobs => Method::POST,

            Self::StreamJobEvents => Method::GET,

            Self::ListQueues => Method::GET,

            Self::ListWorkers => Method::GET,

            Self::PauseQueue => Method::POST,

            Self::ResumeQueue => Method::POST,

            Self::UpdateQueue => Method::PATCH,

            Self::GetHealth => Method::GET,

            Self::GetLiveness => Method::GET,

            Self::GetMetrics => Method::GET,

            Self::GetOpenapiJson => Method::GET,

            Self::GetOpenapiYaml => Method::GET,

            Self::GetReadiness => Method::GET,

            Self::CreateUser => Method::POST,

            Self::DeleteUser => Method::DELETE,

            Self::GetUser => Method::GET,

            Self::GetUserProfile => Method::GET,

            Self::ListUsers => Method::GET,

            Self::UpdateUser => Method::PATCH,
        }
    }

    /// The path with its parameters in braces, which is also axum's spelling of the route.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::GetSignups => "/analytics/signups",

            Self::CancelJob => "/jobs/{job_id}/cancel",

            Self::CancelJobs => "/jobs/cancel",

            Self::EnqueueJob => "/jobs",

            Self::EnqueueJobs => "/jobs/batch",

            Self::GetJob => "/jobs/{job_id}",

            Self::GetJobStats => "/jobs/stats",

            Self::GetJobTimeline => "/jobs/timeline",

            Self::ListJobs => "/jobs",

            Self::RetryJob => "/jobs/{job_id}/retry",

            Self::RetryJobs => "/jobs/retry",

            Self::StreamJobEvents => "/jobs/events",

            Self::ListQueues => "/queues",

            Self::ListWorkers => "/workers",

            Self::PauseQueue => "/queues/{queue}/pause",

            Self::ResumeQueue => "/queues/{queue}/resume",

            Self::UpdateQueue => "/queues/{queue}",

            Self::GetHealth => "/health",

            Self::GetLiveness => "/livez",

            Self::GetMetrics => "/metrics",

            Self::GetOpenapiJson => "/openapi.json",

            Self::GetOpenapiYaml => "/openapi.yaml",

            Self::GetReadiness => "/readyz",

            Self::CreateUser => "/users",

            Self::DeleteUser => "/users/{user_id}",

            Self::GetUser => "/users/{user_id}",

            Self::GetUserProfile => "/users/{user_id}/profile",

            Self::ListUsers => "/users",

            Self::UpdateUser => "/users/{user_id}",
        }
    }

    /// Whether the contract marks the operation as planned: without an implementation it answers 501.
    #[must_use]
    pub const fn is_planned(self) -> bool {
        match self {
            Self::GetSignups => false,

            Self::CancelJob => false,

            Self::CancelJobs => false,

            Self::EnqueueJob => false,

            Self::EnqueueJobs => false,

            Self::GetJob => false,

            Self::GetJobStats => false,

            Self::GetJobTimeline => false,

            Self::ListJobs => false,

            Self::RetryJob => false,

            Self::RetryJobs => false,

            Self::StreamJobEvents => false,

            Self::ListQueues => false,

            Self::ListWorkers => false,

            Self::PauseQueue => false,

            Self::ResumeQueue => false,

            Self::UpdateQueue => false,

            Self::GetHealth => false,

            Self::GetLiveness => false,

            Self::GetMetrics => false,

            Self::GetOpenapiJson => false,

            Self::GetOpenapiYaml => false,

            Self::GetReadiness => false,

            Self::CreateUser => false,

            Self::DeleteUser => false,

            Self::GetUser => false,

            Self::GetUserProfile => false,

            Self::ListUsers => false,

            Self::UpdateUser => false,
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}
