//! `unique_key`: at most one unfinished job of a type has it.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{ALL_SCOPES, Answer, Service, TARO, token};

async fn enqueue(service: &Service, job_type: &str, payload: Value, key: &str) -> Answer {
    let job = json!({"job_type": job_type, "payload": payload, "unique_key": key});
    service.post("/jobs", job.to_string()).await
}

async fn report(service: &Service, key: &str) -> Answer {
    enqueue(service, "data_analysis", json!({}), key).await
}

#[tokio::test]
async fn while_a_job_with_the_key_is_unfinished_another_is_not_stored() {
    let service = Service::start().await;
    let first = report(&service, "monthly").await;
    assert_eq!((first.status, &first.json()["unique_key"]), (201, &json!("monthly")));
    let second = report(&service, "monthly").await;
    assert_eq!((second.status, second.json()), (200, first.json()));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(report(&service, "yearly").await.status, 201);
    let of_another_type =
        enqueue(&service, "erase_mail", json!({"user_id": 1, "signed_up_at": "2026-01-01T00:00:00Z"}), "monthly").await;
    assert_eq!(of_another_type.status, 201, "{of_another_type}");

    service.work();
    service.jobs_done().await;
    let third = report(&service, "monthly").await;
    assert_eq!(third.status, 201);
    assert_ne!(third.json()["id"], first.json()["id"]);
}

#[tokio::test]
async fn of_many_at_the_same_time_one_is_stored() {
    let service = Service::start().await;
    let service = Arc::new(service);
    let sent: JoinSet<Answer> = (0..20)
        .map(|_| {
            let service = Arc::clone(&service);
            async move { report(&service, "monthly").await }
        })
        .collect();
    let answers = sent.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| answer.json()["id"] == 1));
    assert_eq!(service.get("/jobs").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_job_whose_key_another_has_by_now_cannot_be_retried() {
    let service = Service::start().await;
    report(&service, "monthly").await;
    assert_eq!(service.post("/jobs/1/cancel", "").await.status, 200);
    assert_eq!(report(&service, "monthly").await.json()["id"], 2);
    let refused = service.post("/jobs/1/retry", "").await;
    assert_eq!(refused.refusal(), (409, "Another unfinished job has the same unique key".to_owned()));
    assert_eq!(refused.json()["detail"], "Job 2 has it.");
    assert_eq!(service.post("/jobs/2/cancel", "").await.status, 200);
    assert_eq!(service.post("/jobs/1/retry", "").await.status, 200);
}

#[tokio::test]
async fn an_idempotency_key_gives_the_same_answer_again() {
    let service = Service::start().await;
    report(&service, "monthly").await;
    let body = json!({"job_type": "data_analysis", "payload": {}, "unique_key": "monthly"}).to_string();
    let send = || {
        let request = service.request(Method::POST, "/jobs").bearer_auth(token("tests", ALL_SCOPES));
        let request = request.header("content-type", "application/json").header("idempotency-key", "once");
        service.send(request.body(body.clone()))
    };
    let first = send().await;
    assert_eq!((first.status, first.json()["id"].as_i64()), (200, Some(1)));
    let cancelled = service.post("/jobs/1/cancel", "").await;
    assert_eq!(cancelled.status, 200);
    let again = send().await;
    assert_eq!((again.status, again.json(), again.header("idempotency-replayed")), (200, first.json(), Some("true")));
}

#[tokio::test]
async fn the_key_of_a_job_about_a_user_is_erased_with_the_user() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    enqueue(&service, "send_welcome_email", json!({"user_id": 1}), "taro@example.com").await;
    let delete = service.request(Method::DELETE, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    assert_eq!(service.send(delete).await.status, 204);
    let jobs = service.get("/jobs?user_id=1").await.json();
    assert!(jobs["items"].as_array().unwrap().iter().all(|job| job["unique_key"].is_null()), "{jobs}");
}
