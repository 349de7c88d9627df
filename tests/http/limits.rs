//! The rate limit.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::Method;
use reqwest::Client;

use crate::support::{Answer, Service, TARO};

/// Sends until the limit has just been reached: for nearly a second, every request is one too many.
async fn exhaust(service: &Service) -> Answer {
    let mut admitted = false;
    loop {
        let answer = service.get("/users/1").await;
        match answer.status {
            429 if admitted => return answer,
            429 => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => admitted = true,
        }
    }
}

#[tokio::test]
async fn a_client_over_its_limit_is_told_how_long_to_wait() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    let refused = exhaust(&service).await;
    insta::assert_snapshot!(refused);
    tokio::time::sleep(Duration::from_secs(refused.header("retry-after").unwrap().parse().unwrap())).await;
    assert_eq!(service.get("/users/1").await.status, 404);
}

#[tokio::test]
async fn a_request_over_the_limit_does_nothing() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    exhaust(&service).await;
    assert_eq!(service.sign_up(TARO).await.status, 429);
    // Not even looked at.
    exhaust(&service).await;
    assert_eq!(service.sign_up("{").await.status, 429);
    let jobs = service.app.db.read(keiyaku::models::jobs::counts::by_type_and_status).await.unwrap();
    assert!(jobs.is_empty(), "{jobs:?}");
}

#[tokio::test]
async fn a_burst_is_let_through() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "30")]).await;
    for _ in 0..30 {
        assert_eq!(service.get("/users/1").await.status, 404);
    }
    exhaust(&service).await;
}

#[tokio::test]
async fn monitors_and_the_contract_are_exempt() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    exhaust(&service).await;
    for path in ["/healthz", "/health/", "/HEALTH"] {
        assert_eq!(service.send(service.request(Method::GET, path)).await.status, 429, "{path}");
    }
    for path in ["/health", "/livez", "/readyz", "/metrics", "/openapi.json", "/openapi.yaml"] {
        for _ in 0..3 {
            assert_eq!(service.get(path).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn each_client_has_its_own_limit() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    exhaust(&service).await;
    let other: IpAddr = "127.0.0.2".parse().unwrap();
    let client = Client::builder().no_proxy().local_address(other).build().unwrap();
    let request = |client: &Client| client.get(format!("http://{}/users/1", service.address));
    assert_eq!(service.send(request(&client)).await.status, 401);
    // A header cannot make another client of this one.
    exhaust(&service).await;
    let forged = service.request(Method::GET, "/users/1").header("x-forwarded-for", "203.0.113.7");
    assert_eq!(service.send(forged).await.status, 429);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let limit = [("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8, ::1")];
    let service = Service::with(&limit).await;
    let from = |address: &str| service.request(Method::GET, "/users/1").header("x-forwarded-for", address.to_owned());
    for host in 1..=20 {
        assert_eq!(service.send(from(&format!("203.0.113.{host}"))).await.status, 401);
    }
    let refused = loop {
        let answer = service.send(from("1.1.1.1, 203.0.113.1")).await;
        if answer.status == 429 {
            break answer;
        }
    };
    assert_eq!(refused.error(), "Rate limit exceeded");
}

#[tokio::test]
async fn without_a_limit_nothing_is_counted() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "0"), ("RATE_LIMIT_BURST", "1")]).await;
    for _ in 0..50 {
        assert_eq!(service.get("/users/1").await.status, 404);
    }
}
