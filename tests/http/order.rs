//! The order of the middleware: each test shows that one layer lies outside of the next.

use axum::http::Method;
use serde_json::json;

use crate::support::trouble::{fill_the_writer, occupy_the_readers};
use crate::support::{ALL_SCOPES, Answer, Service, TARO, raw, token};

const ORIGIN: &str = "https://app.example";

/// What every layer outside of the one that answers has added; the rest is checked for every answer of every test.
fn assert_inside_of_the_headers(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{answer}");
    assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"), "{answer}");
}

#[tokio::test]
async fn a_preflight_is_answered_outside_of_limits_and_authentication() {
    let limits = [("CORS_ALLOW_ORIGINS", ORIGIN), ("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")];
    let service = Service::with(&limits).await;
    for _ in 0..5 {
        let preflight = service.request(Method::OPTIONS, "/jobs").header("origin", ORIGIN);
        let answer = service.send(preflight.header("access-control-request-method", "GET")).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn the_time_limit_lies_outside_of_authentication_and_inside_of_the_headers() {
    let service = Service::with(&[("CORS_ALLOW_ORIGINS", ORIGIN), ("REQUEST_TIMEOUT", "100ms")]).await;
    let hold = occupy_the_readers(&service).await;
    let request = service.request(Method::GET, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let late = service.send(request.header("origin", ORIGIN)).await;
    drop(hold);
    assert_eq!(late.refusal(), (503, "The request took too long".to_owned()));
    assert_inside_of_the_headers(&late);
}

#[tokio::test]
async fn what_is_too_much_is_turned_away_before_it_is_counted() {
    let one =
        [("CORS_ALLOW_ORIGINS", ORIGIN), ("MAX_REQUESTS", "1"), ("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "5")];
    let service = Service::with(&one).await;
    let hold = occupy_the_readers(&service).await;
    let slow = service.request(Method::GET, "/users/1").bearer_auth(token("tests", ALL_SCOPES)).send();
    let slow = tokio::spawn(slow);
    let get = || service.request(Method::GET, "/users").header("origin", ORIGIN);
    let shed = crate::support::eventually("the server is busy", async || {
        let answer = service.send(get()).await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(shed.refusal(), (503, "The server is busy".to_owned()));
    assert_eq!((shed.header("retry-after"), shed.header("ratelimit")), (Some("1"), None));
    assert_inside_of_the_headers(&shed);
    assert_eq!(service.get("/livez").await.status, 200, "monitors are let in");
    drop(hold);
    assert_eq!(slow.await.unwrap().unwrap().status(), 404);
}

#[tokio::test]
async fn the_rate_limit_lies_outside_of_authentication_and_tells_what_is_left() {
    let limits = [("CORS_ALLOW_ORIGINS", ORIGIN), ("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "3")];
    let service = Service::with(&limits).await;
    let get = || service.send(service.request(Method::GET, "/jobs").header("origin", ORIGIN));
    let first = get().await;
    assert_eq!((first.status, first.header("ratelimit")), (401, Some(r#""client";r=2;t=1"#)));
    assert_eq!(first.header("ratelimit-policy"), Some(r#""client";q=3;w=3"#));
    let refused = loop {
        let answer = get().await;
        if answer.status == 429 {
            break answer;
        }
    };
    assert_eq!(refused.header("ratelimit"), Some(r#""client";r=0;t=3"#));
    assert_inside_of_the_headers(&refused);
}

#[tokio::test]
async fn authentication_comes_before_the_media_type_and_that_before_parameters_and_body() {
    let service = Service::start().await;
    let post = |authorized: bool, accept: &str| {
        let request = service.request(Method::POST, "/jobs").header("accept", accept.to_owned());
        let request = if authorized { request.bearer_auth(token("tests", "jobs:write")) } else { request };
        service.send(request.header("idempotency-key", "").header("content-type", "application/json").body("{}"))
    };
    assert_eq!(post(false, "text/html").await.status, 401);
    assert_eq!(post(true, "text/html").await.status, 406);
    let both = post(true, "*/*").await;
    let places: Vec<_> = both.json()["errors"].as_array().unwrap().iter().map(|error| error["in"].clone()).collect();
    assert_eq!((both.status, places), (400, ["header", "header", "body", "body"].map(|place| json!(place)).to_vec()));
}

#[tokio::test]
async fn a_body_that_is_late_is_the_clients_delay_and_a_write_that_waits_is_ours() {
    let service = Service::with(&[("REQUEST_TIMEOUT", "200ms")]).await;
    let head = "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";
    let late = raw::exchange(&service, format!("{head}content-length: 50\r\n\r\n{{")).await;
    assert_eq!(late.refusal(), (408, "The request body took too long".to_owned()));
    let hold = fill_the_writer(&service).await;
    let busy = service.sign_up(TARO).await;
    assert_eq!(busy.status, 503);
    drop(hold);
}

#[tokio::test]
async fn every_answer_of_an_operation_is_checked_against_the_contract() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.sign_up("{}").await;
    let page = service.get("/metrics").await;
    let line = r#"responses_checked_total{operation="createUser",result="ok"} 2"#;
    assert!(page.text().lines().any(|found| found == line), "{page}");
    assert!(!page.text().contains("mistake"), "{page}");
}
