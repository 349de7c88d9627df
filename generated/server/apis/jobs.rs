// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Work done in the background, and how far it is.

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::contract::Caller;
use crate::problem::Problem;

/// The operations tagged `jobs`.
pub trait Jobs {
    /// Cancel a job
    ///
    /// The job will not run, or, if it is running, its result will not count. Fails with 409 if the job is finished
    /// already (`completed`, `failed` or `cancelled`).
    ///
    /// `POST /jobs/{job_id}/cancel`
    fn cancel_job(
        &self,
        caller: Caller,
        path: models::CancelJobPathParams,
    ) -> impl Future<Output = Result<CancelJobResponse, Problem>> + Send;

    /// Cancel many jobs
    ///
    /// Does what `cancelJob` does to all jobs that the body describes, the newest first, as far as they come within half the
    /// time that a request may take. Each step of some hundred jobs is stored for itself.
    ///
    /// `POST /jobs/cancel`
    fn cancel_jobs(
        &self,
        caller: Caller,
        body: models::JobsToCancel,
    ) -> impl Future<Output = Result<CancelJobsResponse, Problem>> + Send;

    /// Enqueue a job
    ///
    /// Stores a job; a worker runs it as soon as it is due and a slot is free. The payload is checked against the
    /// schema of its job type (`x-job-types` in this document), once the rest of the body fits. Fails with 400 if the job type is unknown or the
    /// payload does not fit; `errors` points into `/payload`.
    ///
    /// With a `unique_key` that another unfinished job of the type has, nothing is stored and the answer is 200 with the
    /// other job.
    ///
    /// `POST /jobs`
    fn enqueue_job(
        &self,
        caller: Caller,
        header: models::EnqueueJobHeaderParams,
        body: models::JobCreate,
    ) -> impl Future<Output = Result<EnqueueJobResponse, Problem>> + Send;

    /// Enqueue many jobs
    ///
    /// Stores all of the jobs or, if one of them is wrong, none; the payloads are looked at once the rest of the body fits.
    /// Each is as in `enqueueJob`: one whose `unique_key` an
    /// unfinished job has, or one before it in the batch, is not stored, and its receipt names the other.
    ///
    /// `POST /jobs/batch`
    fn enqueue_jobs(
        &self,
        caller: Caller,
        header: models::EnqueueJobsHeaderParams,
        body: models::JobBatch,
    ) -> impl Future<Output = Result<EnqueueJobsResponse, Problem>> + Send;

    /// Read a job
    ///
    /// The job with all its attempts, first attempt first. Fails with 404 if there is no such job; finished jobs are
    /// removed after a while (seven days, unless the operator chose otherwise). A token with `jobs:follow` opens its own
    /// job; any other id answers 403, whether it exists or not.
    ///
    /// `GET /jobs/{job_id}`
    fn get_job(
        &self,
        caller: Caller,
        path: models::GetJobPathParams,
    ) -> impl Future<Output = Result<GetJobResponse, Problem>> + Send;

    /// Count jobs
    ///
    /// How many jobs there are in each status, in all and per job type. Finished jobs are counted as long as they are
    /// kept (seven days, unless the operator chose otherwise).
    ///
    /// `GET /jobs/stats`
    fn get_job_stats(&self, caller: Caller) -> impl Future<Output = Result<GetJobStatsResponse, Problem>> + Send;

    /// What attempts came to over time
    ///
    /// How many attempts ended in each of the last minutes, and how long they took, by job type. A minute in which none ended
    /// is left out, and so are attempts that were cancelled, snoozed or handed back. The figures are some seconds old, and
    /// those of a process that was killed may lack its last seconds.
    ///
    /// `GET /jobs/timeline`
    fn get_job_timeline(
        &self,
        caller: Caller,
        query: models::GetJobTimelineQueryParams,
    ) -> impl Future<Output = Result<GetJobTimelineResponse, Problem>> + Send;

    /// List jobs
    ///
    /// Jobs by id, the newest first unless `order` says otherwise, in pages, without their attempts. Filters are combined with "and". Fails with 400 if
    /// a parameter is wrong or the cursor is not one that this list gave out.
    ///
    /// `GET /jobs`
    fn list_jobs(
        &self,
        caller: Caller,
        query: models::ListJobsQueryParams,
    ) -> impl Future<Output = Result<ListJobsResponse, Problem>> + Send;

    /// Run a failed or cancelled job again
    ///
    /// Puts the job back to `pending`, due now, with all its retries. Its earlier attempts stay on record. Fails with
    /// 409 if the job is neither `failed` nor `cancelled`.
    ///
    /// `POST /jobs/{job_id}/retry`
    fn retry_job(
        &self,
        caller: Caller,
        path: models::RetryJobPathParams,
    ) -> impl Future<Output = Result<RetryJobResponse, Problem>> + Send;

    /// Run many failed or cancelled jobs again
    ///
    /// Does what `retryJob` does to all jobs that the body describes, the newest first, as far as they come within half the
    /// time that a request may take. Each step of some hundred jobs is stored for itself.
    ///
    /// `POST /jobs/retry`
    fn retry_jobs(
        &self,
        caller: Caller,
        body: models::JobsToRetry,
    ) -> impl Future<Output = Result<RetryJobsResponse, Problem>> + Send;

    /// Follow jobs as they change
    ///
    /// Server-sent events. Filters are combined with "and". There are two kinds:
    ///
    /// - `event: job`: a job was put in or has changed. `data` is the job as it is now, as in the list (schema `Job`,
    ///   without attempts).
    /// - `event: missed`: the reader was so far behind, more than 10,000 changes, that changes were left out. `data` is
    ///   `{"from": 4712, "to": 19804}`, the first and the last `id` of what was left out (schema `MissedJobs`); read the
    ///   list to catch up. An unknown `Last-Event-ID`, such as one from before a backup was put back, is answered with the
    ///   same.
    ///
    /// `id` grows with every change of any job. After a break, send the last one that you saw as `Last-Event-ID` to get what
    /// has changed since. Ids also come without an event: the first lines of the stream tell where it starts and, in `retry`,
    /// after how many milliseconds to connect again; later ones tell how far it is where a filter lets much go by. The
    /// browser's `EventSource` keeps all of them, but cannot send the `Authorization` header: read the stream with `fetch`.
    ///
    /// A job that has changed several times since the last look is sent once, as it is now. That a job was deleted, as
    /// finished ones are after a while, is not told. Several jobs can change at once and share an `id`; then only the last of
    /// them carries it, so that a break in between repeats some of them and loses none.
    ///
    /// The stream does not end by itself. Lines that begin with `:` keep it alive and mean nothing. It ends when the server
    /// stops, has lost its database, or finds that the token has expired: connect again. A token with `jobs:follow` opens the
    /// stream of its own job, named by `job_id`, and no other.
    ///
    /// `GET /jobs/events`
    fn stream_job_events(
        &self,
        caller: Caller,
        query: models::StreamJobEventsQueryParams,
        header: models::StreamJobEventsHeaderParams,
    ) -> impl Future<Output = Result<StreamJobEventsResponse, Problem>> + Send;
}

/// The answers of [`Jobs::cancel_job`] that are not problems.
#[derive(Debug)]
pub enum CancelJobResponse {
    /// The job, cancelled.
    Status200 {
        /// The body, `application/json`.
        body: models::Job,
    },
}

impl IntoResponse for CancelJobResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::cancel_jobs`] that are not problems.
#[derive(Debug)]
pub enum CancelJobsResponse {
    /// How many were changed.
    Status200 {
        /// The body, `application/json`.
        body: models::JobsChanged,
    },
}

impl IntoResponse for CancelJobsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::enqueue_job`] that are not problems.
#[derive(Debug)]
pub enum EnqueueJobResponse {
    /// An unfinished job has the same `unique_key`; this one was not stored.
    Status200 {
        /// The body, `application/json`.
        body: models::Job,
        /// Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`.
        idempotency_replayed: Option<bool>,
        /// Where the new resource is, such as `/users/1`.
        location: String,
    },
    /// The job is stored.
    Status201 {
        /// The body, `application/json`.
        body: models::Job,
        /// Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`.
        idempotency_replayed: Option<bool>,
        /// A bearer token with which anybody, such as a public page, may read this job and its events, and nothing else, for a
        /// quarter of an hour.
        job_token: Option<String>,
        /// Where the new resource is, such as `/users/1`.
        location: String,
    },
}

impl IntoResponse for EnqueueJobResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body, idempotency_replayed, location } => Answer::new(200)
                .optional_header("idempotency-replayed", idempotency_replayed)
                .header("location", location)
                .json("application/json", body),
            Self::Status201 { body, idempotency_replayed, job_token, location } => Answer::new(201)
                .optional_header("idempotency-replayed", idempotency_replayed)
                .optional_header("job-token", job_token)
                .header("location", location)
                .json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::enqueue_jobs`] that are not problems.
#[derive(Debug)]
pub enum EnqueueJobsResponse {
    /// The jobs are stored.
    Status200 {
        /// The body, `application/json`.
        body: models::JobBatchResult,
        /// Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`.
        idempotency_replayed: Option<bool>,
    },
}

impl IntoResponse for EnqueueJobsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body, idempotency_replayed } => Answer::new(200)
                .optional_header("idempotency-replayed", idempotency_replayed)
                .json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::get_job`] that are not problems.
#[derive(Debug)]
pub enum GetJobResponse {
    /// The job.
    Status200 {
        /// The body, `application/json`.
        body: models::Job,
    },
}

impl IntoResponse for GetJobResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::get_job_stats`] that are not problems.
#[derive(Debug)]
pub enum GetJobStatsResponse {
    /// The counts at this moment.
    Status200 {
        /// The body, `application/json`.
        body: models::JobStats,
    },
}

impl IntoResponse for GetJobStatsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::get_job_timeline`] that are not problems.
#[derive(Debug)]
pub enum GetJobTimelineResponse {
    /// The minutes, the oldest first.
    Status200 {
        /// The body, `application/json`.
        body: models::JobTimeline,
    },
}

impl IntoResponse for GetJobTimelineResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::list_jobs`] that are not problems.
#[derive(Debug)]
pub enum ListJobsResponse {
    /// One page of jobs.
    Status200 {
        /// The body, `application/json`.
        body: models::JobPage,
    },
}

impl IntoResponse for ListJobsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::retry_job`] that are not problems.
#[derive(Debug)]
pub enum RetryJobResponse {
    /// The job, pending again.
    Status200 {
        /// The body, `application/json`.
        body: models::Job,
    },
}

impl IntoResponse for RetryJobResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::retry_jobs`] that are not problems.
#[derive(Debug)]
pub enum RetryJobsResponse {
    /// How many were changed.
    Status200 {
        /// The body, `application/json`.
        body: models::JobsChanged,
    },
}

impl IntoResponse for RetryJobsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Jobs::stream_job_events`] that are not problems.
#[derive(Debug)]
pub enum StreamJobEventsResponse {
    /// The stream.
    Status200 {
        /// The body, `text/event-stream`.
        body: axum::body::Body,
        /// No cache may keep the stream.
        cache_control: String,
    },
}

impl IntoResponse for StreamJobEventsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body, cache_control } => {
                Answer::new(200).header("cache-control", cache_control).stream("text/event-stream", body)
            }
        }
    }
}
