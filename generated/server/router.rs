// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Routes: each admits its request through the contract, calls one method of the API, and writes down which operation
//! answered.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing;

use super::Operation;
use super::apis::Api;
use crate::contract::Contract;
use crate::problem::Problem;

/// The router of the whole contract, served by `api`.
pub fn router<A: Api>(api: A) -> Router {
    Router::new()
        .route("/analytics/signups", routing::get(get_signups::<A>))
        .route("/jobs/{job_id}/cancel", routing::post(cancel_job::<A>))
        .route("/jobs/cancel", routing::post(cancel_jobs::<A>))
        .route("/jobs", routing::post(enqueue_job::<A>))
        .route("/jobs/batch", routing::post(enqueue_jobs::<A>))
        .route("/jobs/{job_id}", routing::get(get_job::<A>))
        .route("/jobs/stats", routing::get(get_job_stats::<A>))
        .route("/jobs/timeline", routing::get(get_job_timeline::<A>))
        .route("/jobs", routing::get(list_jobs::<A>))
        .route("/jobs/{job_id}/retry", routing::post(retry_job::<A>))
        .route("/jobs/retry", routing::post(retry_jobs::<A>))
        .route("/jobs/events", routing::get(stream_job_events::<A>))
        .route("/queues", routing::get(list_queues::<A>))
        .route("/workers", routing::get(list_workers::<A>))
        .route("/queues/{queue}/pause", routing::post(pause_queue::<A>))
        .route("/queues/{queue}/resume", routing::post(resume_queue::<A>))
        .route("/queues/{queue}", routing::patch(update_queue::<A>))
        .route("/health", routing::get(get_health::<A>))
        .route("/livez", routing::get(get_liveness::<A>))
        .route("/metrics", routing::get(get_metrics::<A>))
        .route("/openapi.json", routing::get(get_openapi_json::<A>))
        .route("/openapi.yaml", routing::get(get_openapi_yaml::<A>))
        .route("/readyz", routing::get(get_readiness::<A>))
        .route("/users", routing::post(create_user::<A>))
        .route("/users/{user_id}", routing::delete(delete_user::<A>))
        .route("/users/{user_id}", routing::get(get_user::<A>))
        .route("/users/{user_id}/profile", routing::get(get_user_profile::<A>))
        .route("/users", routing::get(list_users::<A>))
        .route("/users/{user_id}", routing::patch(update_user::<A>))
        .with_state(api)
}

/// Makes the response, be it an answer or a problem, with what the contract says of a deprecated operation, and leaves the
/// operation in its extensions for logs and metrics.
async fn answer<T: IntoResponse>(
    contract: &Contract,
    operation: Operation,
    work: impl Future<Output = Result<T, Problem>>,
) -> Response {
    let mut response = work.await.into_response();
    contract.tell_deprecation(operation, response.headers_mut());
    response.extensions_mut().insert(operation);
    response
}

/// `GET /analytics/signups`
async fn get_signups<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetSignups, async {
        let mut admitted = api.contract().admit(Operation::GetSignups, request).await?;
        let caller = admitted.caller()?;
        let query = admitted.query()?;
        api.get_signups(caller, query).await
    })
    .await
}

/// `POST /jobs/{job_id}/cancel`
async fn cancel_job<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::CancelJob, async {
        let mut admitted = api.contract().admit(Operation::CancelJob, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        api.cancel_job(caller, path).await
    })
    .await
}

/// `POST /jobs/cancel`
async fn cancel_jobs<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::CancelJobs, async {
        let mut admitted = api.contract().admit(Operation::CancelJobs, request).await?;
        let caller = admitted.caller()?;
        let body = admitted.body()?;
        api.cancel_jobs(caller, body).await
    })
    .await
}

/// `POST /jobs`
async fn enqueue_job<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::EnqueueJob, async {
        let mut admitted = api.contract().admit(Operation::EnqueueJob, request).await?;
        let caller = admitted.caller()?;
        let header = admitted.header()?;
        let body = admitted.body()?;
        api.enqueue_job(caller, header, body).await
    })
    .await
}

/// `POST /jobs/batch`
async fn enqueue_jobs<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::EnqueueJobs, async {
        let mut admitted = api.contract().admit(Operation::EnqueueJobs, request).await?;
        let caller = admitted.caller()?;
        let header = admitted.header()?;
        let body = admitted.body()?;
        api.enqueue_jobs(caller, header, body).await
    })
    .await
}

/// `GET /jobs/{job_id}`
async fn get_job<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetJob, async {
        let mut admitted = api.contract().admit(Operation::GetJob, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        api.get_job(caller, path).await
    })
    .await
}

/// `GET /jobs/stats`
async fn get_job_stats<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetJobStats, async {
        let admitted = api.contract().admit(Operation::GetJobStats, request).await?;
        let caller = admitted.caller()?;
        api.get_job_stats(caller).await
    })
    .await
}

/// `GET /jobs/timeline`
async fn get_job_timeline<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetJobTimeline, async {
        let mut admitted = api.contract().admit(Operation::GetJobTimeline, request).await?;
        let caller = admitted.caller()?;
        let query = admitted.query()?;
        api.get_job_timeline(caller, query).await
    })
    .await
}

/// `GET /jobs`
async fn list_jobs<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::ListJobs, async {
        let mut admitted = api.contract().admit(Operation::ListJobs, request).await?;
        let caller = admitted.caller()?;
        let query = admitted.query()?;
        api.list_jobs(caller, query).await
    })
    .await
}

/// `POST /jobs/{job_id}/retry`
async fn retry_job<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::RetryJob, async {
        let mut admitted = api.contract().admit(Operation::RetryJob, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        api.retry_job(caller, path).await
    })
    .await
}

/// `POST /jobs/retry`
async fn retry_jobs<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::RetryJobs, async {
        let mut admitted = api.contract().admit(Operation::RetryJobs, request).await?;
        let caller = admitted.caller()?;
        let body = admitted.body()?;
        api.retry_jobs(caller, body).await
    })
    .await
}

/// `GET /jobs/events`
async fn stream_job_events<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::StreamJobEvents, async {
        let mut admitted = api.contract().admit(Operation::StreamJobEvents, request).await?;
        let caller = admitted.caller()?;
        let query = admitted.query()?;
        let header = admitted.header()?;
        api.stream_job_events(caller, query, header).await
    })
    .await
}

/// `GET /queues`
async fn list_queues<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::ListQueues, async {
        let admitted = api.contract().admit(Operation::ListQueues, request).await?;
        let caller = admitted.caller()?;
        api.list_queues(caller).await
    })
    .await
}

/// `GET /workers`
async fn list_workers<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::ListWorkers, async {
        let admitted = api.contract().admit(Operation::ListWorkers, request).await?;
        let caller = admitted.caller()?;
        api.list_workers(caller).await
    })
    .await
}

/// `POST /queues/{queue}/pause`
async fn pause_queue<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::PauseQueue, async {
        let mut admitted = api.contract().admit(Operation::PauseQueue, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        api.pause_queue(caller, path).await
    })
    .await
}

/// `POST /queues/{queue}/resume`
async fn resume_queue<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::ResumeQueue, async {
        let mut admitted = api.contract().admit(Operation::ResumeQueue, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        api.resume_queue(caller, path).await
    })
    .await
}

/// `PATCH /queues/{queue}`
async fn update_queue<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::UpdateQueue, async {
        let mut admitted = api.contract().admit(Operation::UpdateQueue, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        let body = admitted.body()?;
        api.update_queue(caller, path, body).await
    })
    .await
}

/// `GET /health`
async fn get_health<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetHealth, async {
        api.contract().admit(Operation::GetHealth, request).await?;
        api.get_health().await
    })
    .await
}

/// `GET /livez`
async fn get_liveness<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetLiveness, async {
        api.contract().admit(Operation::GetLiveness, request).await?;
        api.get_liveness().await
    })
    .await
}

/// `GET /metrics`
async fn get_metrics<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetMetrics, async {
        api.contract().admit(Operation::GetMetrics, request).await?;
        api.get_metrics().await
    })
    .await
}

/// `GET /openapi.json`
async fn get_openapi_json<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetOpenapiJson, async {
        api.contract().admit(Operation::GetOpenapiJson, request).await?;
        api.get_openapi_json().await
    })
    .await
}

/// `GET /openapi.yaml`
async fn get_openapi_yaml<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetOpenapiYaml, async {
        api.contract().admit(Operation::GetOpenapiYaml, request).await?;
        api.get_openapi_yaml().await
    })
    .await
}

/// `GET /readyz`
async fn get_readiness<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetReadiness, async {
        api.contract().admit(Operation::GetReadiness, request).await?;
        api.get_readiness().await
    })
    .await
}

/// `POST /users`
async fn create_user<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::CreateUser, async {
        let mut admitted = api.contract().admit(Operation::CreateUser, request).await?;
        let header = admitted.header()?;
        let body = admitted.body()?;
        api.create_user(header, body).await
    })
    .await
}

/// `DELETE /users/{user_id}`
async fn delete_user<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::DeleteUser, async {
        let mut admitted = api.contract().admit(Operation::DeleteUser, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        let header = admitted.header()?;
        api.delete_user(caller, path, header).await
    })
    .await
}

/// `GET /users/{user_id}`
async fn get_user<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetUser, async {
        let mut admitted = api.contract().admit(Operation::GetUser, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        let header = admitted.header()?;
        api.get_user(caller, path, header).await
    })
    .await
}

/// `GET /users/{user_id}/profile`
async fn get_user_profile<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::GetUserProfile, async {
        let mut admitted = api.contract().admit(Operation::GetUserProfile, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        api.get_user_profile(caller, path).await
    })
    .await
}

/// `GET /users`
async fn list_users<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::ListUsers, async {
        let mut admitted = api.contract().admit(Operation::ListUsers, request).await?;
        let caller = admitted.caller()?;
        let query = admitted.query()?;
        api.list_users(caller, query).await
    })
    .await
}

/// `PATCH /users/{user_id}`
async fn update_user<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::UpdateUser, async {
        let mut admitted = api.contract().admit(Operation::UpdateUser, request).await?;
        let caller = admitted.caller()?;
        let path = admitted.path()?;
        let header = admitted.header()?;
        let body = admitted.body()?;
        api.update_user(caller, path, header, body).await
    })
    .await
}
