//! `Job-Id` and `Job-Token`: whoever has put a job in may show how it goes, to anybody, without an operator's token.

use axum::http::Method;
use serde_json::json;

use crate::support::{ALL_SCOPES, Answer, Service, TARO, token};

/// The token of an answer and the job that it is for.
fn given(answer: &Answer) -> (String, String) {
    let header = |name| answer.header(name).unwrap_or_default().to_owned();
    (header("job-token"), header("job-id"))
}

async fn status(service: &Service, token: &str, path: &str) -> u16 {
    // The answer of a stream comes with its first part, and its end is not waited for.
    let request = service.request(Method::GET, path).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_sign_up_can_be_followed_and_nothing_else() {
    let service = Service::start().await;
    service.post("/jobs", json!({"job_type": "data_analysis", "payload": {}}).to_string()).await;
    let (token, job) = given(&service.sign_up(TARO).await);
    assert_eq!(job, "2");
    service.finish_jobs().await;
    let followed = service.get_as(&token, "/jobs/2").await.json();
    assert_eq!((&followed["job_type"], &followed["status"]), (&json!("user_created"), &json!("completed")));
    assert_eq!(status(&service, &token, "/jobs/events?job_id=2").await, 200);
    let others = ["/jobs/1", "/jobs/3", "/jobs/4711", "/jobs", "/jobs/stats", "/jobs/events", "/jobs/events?job_id=1"];
    let elsewhere = ["/users/1", "/users/1/profile", "/users", "/queues", "/workers", "/analytics/signups"];
    for path in others.iter().chain(&elsewhere) {
        assert_eq!(status(&service, &token, path).await, 403, "{path}");
    }
    for path in ["/jobs/2/retry", "/jobs/2/cancel"] {
        let answer = service.send(service.request(Method::POST, path).bearer_auth(&token)).await;
        assert_eq!(answer.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_job_that_was_put_in_over_http_has_a_token_and_one_that_was_found_has_none() {
    let service = Service::start().await;
    let job = json!({"job_type": "data_analysis", "payload": {}, "unique_key": "monthly"}).to_string();
    let first = service.post("/jobs", job.clone()).await;
    let (token, _) = given(&first);
    assert_eq!(service.get_as(&token, "/jobs/1").await.json()["id"], first.json()["id"]);
    let found = service.post("/jobs", job).await;
    assert_eq!((found.status, found.header("job-token")), (200, None));
}

#[tokio::test]
async fn a_repeated_request_has_a_token_for_the_same_job() {
    let service = Service::start().await;
    let send = || {
        let request = service.request(Method::POST, "/users").header("content-type", "application/json");
        service.send(request.header("idempotency-key", "a key of this test").body(TARO))
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!((given(&first).1, given(&second).1), ("1".to_owned(), "1".to_owned()));
    assert_eq!(service.get_as(&given(&second).0, "/jobs/1").await.status, 200);
}

#[tokio::test]
async fn a_server_without_a_key_for_tokens_has_some_for_jobs() {
    let service = Service::with(&[("JWT_SECRET", "")]).await;
    let (token, _) = given(&service.sign_up(TARO).await);
    assert_eq!(service.get_as(&token, "/jobs/1").await.status, 200);
    assert_eq!(service.get("/jobs/1").await.status, 401);
}

#[tokio::test]
async fn the_token_of_another_database_and_one_that_claims_more_open_nothing() {
    let (service, other) = (Service::start().await, Service::start().await);
    let (foreign, _) = given(&other.sign_up(TARO).await);
    service.sign_up(TARO).await;
    assert_eq!(status(&service, &foreign, "/jobs/1").await, 401);
    // Signed with the right key, which nobody has.
    let keys = keiyaku::contract::TokenKeys::hs256(service.app.db.follow_key().as_bytes()).unwrap();
    let scopes: Vec<String> = ALL_SCOPES.split(' ').map(str::to_owned).collect();
    let claims = keys.sign("operator", &scopes, std::time::Duration::from_secs(60), chrono::Utc::now()).unwrap();
    assert_eq!(status(&service, &claims, "/jobs").await, 403);
    assert_eq!(status(&service, &claims, "/jobs/1").await, 403);
}

#[tokio::test]
async fn an_issuers_token_for_one_job_opens_it_too() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    assert_eq!(status(&service, &token("job:1", "jobs:follow"), "/jobs/1").await, 200);
    for subject in ["job:2", "job:01", "1", "user:1", "job:"] {
        assert_eq!(status(&service, &token(subject, "jobs:follow"), "/jobs/1").await, 403, "{subject}");
    }
}
