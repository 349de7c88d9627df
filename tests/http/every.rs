//! What every operation answers when what all of them stand on gives way.

use std::sync::Arc;

use keiyaku::contract::ValidationMode;
use tokio::task::JoinSet;

use crate::contract::request;
use crate::database::is_postgres;
use crate::support::spec::{self, Operation};
use crate::support::trouble::{occupy_the_database, without_the_database};
use crate::support::{ALL_SCOPES, Answer, Service, raw, token};

/// The operations that declare this status and are built.
fn that_declare(status: u16) -> Vec<Operation> {
    let document = spec::document(ValidationMode::Default);
    let declares = |it: &Operation| document.root.pointer(&format!("{}/responses/{status}", it.pointer)).is_some();
    let found: Vec<_> = document.operations().into_iter().filter(|it| !it.planned && declares(it)).collect();
    assert!(!found.is_empty(), "no operation declares {status}");
    found
}

/// The contract's example of a request for this operation.
async fn sent(service: &Service, operation: &Operation) -> Answer {
    request(service, spec::document(ValidationMode::Default), operation, true).await
}

#[tokio::test]
async fn over_the_limit_every_operation_says_so() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    for operation in that_declare(429) {
        // For nearly a second after one is let through, every request is one too many.
        while sent(&service, &operation).await.status != 429 {}
    }
}

#[tokio::test]
async fn without_its_tables_every_operation_is_at_fault() {
    let service = Service::start().await;
    service
        .sql(
            "DROP TABLE job_attempts; DROP TABLE job_queue; DROP TABLE job_counts; DROP TABLE signup_counts;
             DROP TABLE user_profiles; DROP TABLE users; DROP TABLE workers; DROP TABLE job_minutes",
        )
        .await;
    service.sql(if is_postgres() { "DROP SEQUENCE job_versions" } else { "DROP TABLE job_versions" }).await;
    for operation in that_declare(500) {
        let answer = sent(&service, &operation).await;
        assert_eq!(answer.refusal(), (500, "Internal server error".to_owned()), "{}", operation.id);
    }
}

#[tokio::test]
async fn without_the_rest_of_its_body_every_operation_gives_up() {
    let service = Service::with(&[("REQUEST_TIMEOUT", "50ms")]).await;
    for operation in that_declare(408) {
        let path = operation.path.replace("{user_id}", "1");
        let authorization = format!("authorization: Bearer {}", token("tests", ALL_SCOPES));
        let head = format!("{} {path} HTTP/1.1\r\nhost: test\r\n{authorization}\r\n", operation.method);
        let request = format!("{head}content-type: application/json\r\ncontent-length: 50\r\n\r\n{{");
        assert_eq!(raw::exchange(&service, request).await.status, 408, "{}", operation.id);
    }
}

#[tokio::test]
async fn for_a_client_that_takes_only_pictures_no_operation_has_an_answer() {
    let service = Service::start().await;
    for operation in that_declare(406) {
        let path: Vec<&str> =
            operation.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        let request = service.request(operation.method.clone(), &path.join("/")).header("accept", "image/*");
        let answer = service.send(request.bearer_auth(token("tests", ALL_SCOPES))).await;
        assert_eq!(answer.status, 406, "{}", operation.id);
    }
}

#[tokio::test]
async fn behind_a_database_that_takes_its_time_every_operation_gives_up() {
    let service = Service::with(&[("REQUEST_TIMEOUT", "50ms")]).await;
    let holds = occupy_the_database(&service).await;
    for operation in that_declare(500) {
        let answer = sent(&service, &operation).await;
        assert_eq!(answer.refusal(), (503, "The request took too long".to_owned()), "{}", operation.id);
    }
    drop(holds);
}

#[tokio::test]
async fn behind_a_database_that_takes_its_time_monitors_are_told() {
    let service = Service::with(&[("REQUEST_TIMEOUT", "200ms")]).await;
    let holds = occupy_the_database(&service).await;
    for operation in that_declare(503) {
        if ["getHealth", "getReadiness"].contains(&operation.id.as_str()) {
            assert_eq!(sent(&service, &operation).await.status, 503, "{}", operation.id);
        }
    }
    drop(holds);
}

#[tokio::test]
async fn without_a_database_every_operation_asks_to_come_again() {
    let service = Arc::new(Service::start().await);
    let holds = without_the_database(&service).await;
    // All at once: those that read wait for a connection before they give up.
    let mut all = JoinSet::new();
    for operation in that_declare(503) {
        let service = Arc::clone(&service);
        all.spawn(async move { (sent(&service, &operation).await.status, operation.id) });
    }
    while let Some(done) = all.join_next().await {
        let (status, id) = done.unwrap();
        assert_eq!(status, 503, "{id}");
    }
    drop(holds);
}
