//! Many jobs in one request: put in, run again, cancelled; and a queue's limit.

use keiyaku::models::jobs::counts;
use keiyaku::models::jobs::{self, NewJob};
use serde_json::{Value, json};

use crate::support::{ALL_SCOPES, Answer, Service, eventually, token};

fn report(unique_key: Option<&str>) -> Value {
    let mut job = json!({"job_type": "data_analysis", "payload": {}});
    if let Some(key) = unique_key {
        job["unique_key"] = json!(key);
    }
    job
}

async fn batch(service: &Service, jobs: Vec<Value>) -> Answer {
    service.post("/jobs/batch", json!({"jobs": jobs}).to_string()).await
}

async fn wish(service: &Service, wish: &str, which: Value) -> Value {
    let answer = service.post(&format!("/jobs/{wish}"), which.to_string()).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()
}

/// Puts many jobs straight into the database.
async fn put(service: &Service, queue: &str, count: usize) {
    let job = NewJob {
        job_type: "data_analysis".to_owned(),
        queue: queue.to_owned(),
        payload: "{}".to_owned(),
        user_id: None,
        priority: 0,
        max_retries: 0,
        scheduled_at: None,
        unique_key: None,
        timeout_seconds: None,
    };
    let now = service.app.clock.now();
    service.app.db.write(move |conn| jobs::enqueue_all(conn, &vec![job; count], now)).await.unwrap();
}

async fn count(service: &Service, status: &str) -> i64 {
    service.get("/jobs/stats").await.json()["by_status"][status].as_i64().unwrap()
}

#[tokio::test]
async fn a_batch_is_stored_and_each_job_has_its_receipt() {
    let service = Service::start().await;
    let answer = batch(&service, vec![report(None), report(Some("monthly")), report(Some("monthly"))]).await;
    insta::assert_snapshot!(answer);
    service.work();
    service.jobs_done().await;
    assert_eq!(count(&service, "completed").await, 2);
}

#[tokio::test]
async fn a_batch_has_at_most_a_thousand_jobs() {
    let service = Service::start().await;
    let answer = batch(&service, vec![report(None); 1_000]).await;
    assert_eq!((answer.status, answer.json()["items"].as_array().unwrap().len()), (200, 1_000));
    let answer = batch(&service, vec![report(None); 1_001]).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["keyword"]), (400, &json!("maxItems")));
}

#[tokio::test]
async fn of_a_batch_with_a_mistake_nothing_is_stored() {
    let service = Service::start().await;
    let wrong = json!({"job_type": "send_welcome_email", "payload": {"user_id": 0}});
    let answer = batch(&service, vec![report(None), wrong]).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (400, &json!("/jobs/1/payload/user_id")));
    assert_eq!(count(&service, "pending").await, 0);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_with_its_key_is_stored_once() {
    let service = Service::start().await;
    let send = async |body: &Value| {
        let request = service.request(axum::http::Method::POST, "/jobs/batch").header("idempotency-key", "batch-1");
        let request = request.header("content-type", "application/json").bearer_auth(token("tests", ALL_SCOPES));
        service.send(request.body(body.to_string())).await
    };
    let body = json!({"jobs": [report(None), report(None)]});
    let (first, second) = (send(&body).await, send(&body).await);
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, None));
    assert_eq!((second.status, second.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!((first.json(), count(&service, "pending").await), (second.json(), 2));
    assert_eq!(send(&json!({"jobs": [report(None)]})).await.status, 422);
}

#[tokio::test]
async fn what_the_filter_finds_is_cancelled_and_run_again() {
    let service = Service::start().await;
    put(&service, "default", 650).await;
    put(&service, "reports", 650).await;
    let done = wish(&service, "cancel", json!({"queue": "reports"})).await;
    assert_eq!(done, json!({"changed": 650, "skipped": 0, "more": false}));
    assert_eq!((count(&service, "cancelled").await, count(&service, "pending").await), (650, 650));
    assert_eq!(wish(&service, "cancel", json!({"queue": "reports"})).await["changed"], 0);

    let some = wish(&service, "retry", json!({"ids": [651, 653, 1, 99_999]})).await;
    assert_eq!(some, json!({"changed": 2, "skipped": 0, "more": false}));
    assert_eq!(wish(&service, "retry", json!({"status": "failed"})).await["changed"], 0);
    assert_eq!(
        wish(&service, "retry", json!({"status": "cancelled", "job_type": "data_analysis"})).await["changed"],
        648
    );
    assert_eq!(count(&service, "pending").await, 1_300);
    let job = service.get("/jobs/651").await.json();
    assert_eq!((&job["status"], &job["completed_at"]), (&json!("pending"), &json!(null)));
    service.work();
    service.jobs_done().await;
    assert_eq!(count(&service, "completed").await, 1_300);
}

#[tokio::test]
async fn a_job_whose_key_another_has_is_not_run_again() {
    let service = Service::start().await;
    for _ in 0..3 {
        batch(&service, vec![report(Some("monthly")), report(None)]).await;
        wish(&service, "cancel", json!({"job_type": "data_analysis"})).await;
    }
    let done = wish(&service, "retry", json!({"status": "cancelled"})).await;
    assert_eq!(done, json!({"changed": 4, "skipped": 2, "more": false}));
    // The newest has got the key.
    assert_eq!(service.get("/jobs/5").await.json()["status"], "pending");
    assert_eq!(service.get("/jobs/1").await.json()["status"], "cancelled");
}

#[tokio::test]
async fn jobs_that_run_are_cancelled_with_the_others() {
    let service = Service::start().await;
    put(&service, "default", 3).await;
    let running = "UPDATE job_queue SET status = 'processing', attempts = 1, claimable = false, lease = 1, worker = 'w', \
                   started_at = created_at WHERE id = 2";
    service.sql(running).await;
    assert_eq!(wish(&service, "cancel", json!({"ids": [1, 2]})).await["changed"], 2);
    let job = service.get("/jobs/2").await.json();
    assert_eq!((&job["status"], &job["attempts"][0]["outcome"]), (&json!("cancelled"), &json!("cancelled")));
    assert_eq!(count(&service, "pending").await, 1);
}

#[tokio::test]
async fn what_takes_too_long_says_that_there_is_more() {
    let service = Service::with(&[("REQUEST_TIMEOUT", "1ms")]).await;
    put(&service, "default", 1_200).await;
    let left = async || {
        let counts = service.app.db.read(counts::by_type_and_status).await.unwrap();
        counts.into_iter().filter(|(_, status, _)| status == "pending").map(|(.., jobs)| jobs).sum::<i64>()
    };
    // A step may take longer than the whole request may: then it is a 503, and what it did counts all the same.
    eventually("all are cancelled", async || {
        let answer = service.post("/jobs/cancel", r#"{"queue":"default"}"#).await;
        assert!([200, 503].contains(&answer.status), "{answer}");
        (left().await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_queue_has_a_limit_until_it_is_taken_away() {
    let service = Service::start().await;
    let patch = async |body: &str| {
        let request = service.request(axum::http::Method::PATCH, "/queues/reports");
        let request = request.header("content-type", "application/json").bearer_auth(token("tests", ALL_SCOPES));
        service.send(request.body(body.to_owned())).await
    };
    insta::assert_snapshot!(patch(r#"{"max_running":2}"#).await);
    let queues = service.get("/queues").await.json();
    assert_eq!((&queues["items"][0]["name"], &queues["items"][0]["max_running"]), (&json!("reports"), &json!(2)));
    // Pausing leaves the limit, and the other way round.
    assert_eq!(service.post("/queues/reports/pause", "").await.json()["max_running"], 2);
    assert_eq!(patch(r#"{"max_running":null}"#).await.json()["paused"], true);
    assert_eq!(service.post("/queues/reports/resume", "").await.json()["max_running"], json!(null));
    assert_eq!(service.get("/queues").await.json()["items"], json!([]));
}
