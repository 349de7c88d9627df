//! `Idempotency-Key`: a request that is sent again is answered again, and done once.

use axum::http::Method;
use chrono::TimeDelta;
use diesel::prelude::*;
use keiyaku::schema::{idempotency_keys, job_queue, users};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::{ALL_SCOPES, Answer, Service, TARO, eventually, now, token};

fn keyed(service: &Service, path: &str, key: &str, body: &str) -> RequestBuilder {
    let request = service.request(Method::POST, path).header("content-type", "application/json");
    request.header("idempotency-key", key).body(body.to_owned())
}

async fn sign_up(service: &Service, key: &str, body: &str) -> Answer {
    service.send(keyed(service, "/users", key, body)).await
}

async fn enqueue(service: &Service, subject: &str, key: &str) -> Answer {
    let request = keyed(service, "/jobs", key, r#"{"job_type":"data_analysis","payload":{}}"#);
    service.send(request.bearer_auth(token(subject, ALL_SCOPES))).await
}

async fn stored(service: &Service) -> (i64, i64) {
    let count = |conn: &mut _| Ok((users::table.count().get_result(conn)?, job_queue::table.count().get_result(conn)?));
    service.app.db.read(count).await.unwrap()
}

async fn keys(service: &Service) -> i64 {
    service.app.db.read(|conn| idempotency_keys::table.count().get_result(conn)).await.unwrap()
}

#[tokio::test]
async fn a_sign_up_that_is_sent_again_gets_the_first_answer() {
    let service = Service::start().await;
    let first = sign_up(&service, "k1", TARO).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    // Whatever became of the user.
    let patch = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let patch = patch.header("content-type", "application/merge-patch+json").body(r#"{"age":99}"#);
    assert_eq!(service.send(patch).await.status, 200);
    let again = sign_up(&service, "k1", TARO).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(again.body, first.body);
    for name in ["location", "etag"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert_eq!(stored(&service).await, (1, 1));
}

#[tokio::test]
async fn the_spelling_of_the_body_and_quotes_around_the_key_do_not_matter() {
    let service = Service::start().await;
    assert_eq!(sign_up(&service, "k1", r#"{"email":"taro@example.com","age":25}"#).await.status, 201);
    let again = sign_up(&service, "\"k1\"", r#" { "age": 25.0, "email": "t\u0061ro@example.com" } "#).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{again}");
}

#[tokio::test]
async fn a_key_that_was_used_for_another_body_is_refused() {
    let service = Service::start().await;
    assert_eq!(sign_up(&service, "k1", TARO).await.status, 201);
    insta::assert_snapshot!(sign_up(&service, "k1", r#"{"email":"hanako@example.com","age":30}"#).await);
    assert_eq!(stored(&service).await, (1, 1));
}

#[tokio::test]
async fn what_fails_is_not_stored_and_the_key_is_still_good() {
    let service = Service::start().await;
    assert_eq!(service.sign_up(TARO).await.status, 201);
    assert_eq!(sign_up(&service, "k1", TARO).await.status, 409);
    assert_eq!(sign_up(&service, "k1", r#"{"email":"no","age":1}"#).await.status, 400);
    assert_eq!(keys(&service).await, 0);
    let other = r#"{"email":"hanako@example.com","age":30}"#;
    let done = sign_up(&service, "k1", other).await;
    assert_eq!((done.status, done.header("idempotency-replayed")), (201, None));
}

#[tokio::test]
async fn a_key_is_the_callers_own_and_the_operations_own() {
    let service = Service::start().await;
    assert_eq!(sign_up(&service, "k1", TARO).await.status, 201);
    let first = enqueue(&service, "taro", "k1").await;
    let again = enqueue(&service, "taro", "k1").await;
    let other = enqueue(&service, "hanako", "k1").await;
    assert_eq!([&first, &again, &other].map(|answer| answer.status), [201; 3]);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_ne!(first.json()["id"], other.json()["id"]);
    assert_eq!(stored(&service).await, (1, 3));
}

#[tokio::test]
async fn requests_that_come_at_the_same_time_are_one() {
    let service = Service::start().await;
    let body = |user: usize| json!({"email": format!("{user}@example.com"), "age": 25}).to_string();
    let mut tasks = Vec::new();
    for user in (0..20).flat_map(|user| [user; 5]) {
        let request = keyed(&service, "/users", &format!("key-{user}"), &body(user));
        tasks.push(tokio::spawn(request.send()));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().status(), 201);
    }
    assert_eq!(stored(&service).await, (20, 20));
}

#[tokio::test]
async fn a_key_must_be_plain_text_of_some_length() {
    let service = Service::start().await;
    for (key, keyword) in [("", "minLength"), (&"k".repeat(256), "maxLength"), ("k\u{e9}", "pattern")] {
        let answer = sign_up(&service, key, TARO).await;
        assert_eq!(answer.status, 400, "{key}");
        let found = answer.violations();
        assert!(found.iter().any(|line| line.starts_with(&format!("header /Idempotency-Key {keyword}"))), "{found:?}");
    }
    let twice = keyed(&service, "/users", "a", TARO).header("idempotency-key", "b");
    assert_eq!(service.send(twice).await.status, 400);
    assert_eq!(stored(&service).await, (0, 0));
}

#[tokio::test]
async fn erasing_a_user_erases_the_stored_answers_about_it() {
    let service = Service::start().await;
    assert_eq!(sign_up(&service, "k1", TARO).await.status, 201);
    let job = r#"{"job_type":"send_welcome_email","payload":{"user_id":1}}"#;
    let job = keyed(&service, "/jobs", "k2", job).bearer_auth(token("tests", ALL_SCOPES));
    assert_eq!(service.send(job).await.status, 201);
    assert_eq!(sign_up(&service, "k3", r#"{"email":"hanako@example.com","age":30}"#).await.status, 201);
    assert_eq!(keys(&service).await, 3);
    let delete = service.request(Method::DELETE, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    assert_eq!(service.send(delete).await.status, 204);
    assert_eq!(keys(&service).await, 1);
}

#[tokio::test]
async fn keys_are_forgotten_when_their_time_is_over() {
    let service = Service::with(&[("IDEMPOTENCY_RETENTION", "1h")]).await;
    assert_eq!(sign_up(&service, "k1", TARO).await.status, 201);
    service.app.clock.set(now() + TimeDelta::minutes(59));
    assert_eq!(sign_up(&service, "k2", r#"{"email":"hanako@example.com","age":30}"#).await.status, 201);
    assert_eq!(sign_up(&service, "k1", TARO).await.status, 201);
    service.app.clock.set(now() + TimeDelta::minutes(61));
    // Before anything has deleted it.
    assert_eq!(sign_up(&service, "k1", TARO).await.refusal().0, 409);
    service.work();
    eventually("the key that is over is deleted", async || (keys(&service).await == 1).then_some(())).await;
    assert_eq!(
        sign_up(&service, "k2", r#"{"email":"hanako@example.com","age":30}"#).await.header("idempotency-replayed"),
        Some("true")
    );
}
