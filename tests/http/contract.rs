//! The contract that is served, and that all of it is built.

use axum::http::Method;
use keiyaku::contract::ValidationMode;
use serde_json::Value;

use crate::support::spec::{self, Document, Operation};
use crate::support::{ALL_SCOPES, Answer, Service, token};

#[tokio::test]
async fn the_served_document_is_the_one_of_the_running_mode() {
    for (mode, json, yaml) in [
        (
            "default",
            include_str!("../../generated/openapi/default.json"),
            include_str!("../../generated/openapi/default.yaml"),
        ),
        (
            "flexible",
            include_str!("../../generated/openapi/flexible.json"),
            include_str!("../../generated/openapi/flexible.yaml"),
        ),
        (
            "strict",
            include_str!("../../generated/openapi/strict.json"),
            include_str!("../../generated/openapi/strict.yaml"),
        ),
    ] {
        let service = Service::with(&[("VALIDATION_MODE", mode)]).await;
        let served = service.send(service.request(Method::GET, "/openapi.json")).await;
        assert_eq!(served.json(), serde_json::from_str::<Value>(json).unwrap(), "{mode}");
        let served = service.send(service.request(Method::GET, "/openapi.yaml")).await;
        assert_eq!(served.text(), yaml, "{mode}");
    }
}

/// A request for this operation as the contract's examples have it.
pub async fn request(service: &Service, document: &Document, operation: &Operation, authorized: bool) -> Answer {
    let mut request = service.request(operation.method.clone(), &example_path(document, operation));
    if authorized {
        request = request.bearer_auth(token("tests", ALL_SCOPES));
    }
    let content = document.root.pointer(&format!("{}/requestBody/content", operation.pointer));
    if let Some((media, _)) = content.and_then(Value::as_object).and_then(|content| content.iter().next()) {
        let place = format!("{}/requestBody/content/{}/examples", operation.pointer, media.replace('/', "~1"));
        let name = document.root.pointer(&place).unwrap().as_object().unwrap().keys().next().unwrap();
        let (_, example) = document.resolved(&format!("{place}/{name}")).unwrap();
        request = request.header("content-type", media).body(example["value"].to_string());
    }
    service.send(request).await
}

/// The operation's path with the examples of its parameters.
fn example_path(document: &Document, operation: &Operation) -> String {
    let item = operation.pointer.rsplit_once('/').unwrap().0;
    let mut path = operation.path.clone();
    let parameters = document.root.pointer(&format!("{item}/parameters")).and_then(Value::as_array);
    for index in 0..parameters.map_or(0, Vec::len) {
        let (_, parameter) = document.resolved(&format!("{item}/parameters/{index}")).unwrap();
        let example = parameter["example"].as_str().map_or_else(|| parameter["example"].to_string(), str::to_owned);
        path = path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &example);
    }
    path
}

#[tokio::test]
async fn exactly_the_planned_operations_are_not_implemented() {
    let service = Service::start().await;
    let served = service.send(service.request(Method::GET, "/openapi.json")).await.json();
    let document = spec::document(ValidationMode::Default);
    assert_eq!(served, document.root);
    for operation in document.operations() {
        let answer = request(&service, document, &operation, true).await;
        assert_eq!(answer.status == 501, operation.planned, "{}: {answer}", operation.id);
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_a_job_is_said_at_once() {
    let service = Service::start().await;
    let answer = service.post("/jobs", r#"{"payload":{},"priority":2147483648,"color":"red"}"#).await;
    let expected = [
        "body /job_type required is required",
        "body /priority maximum must be at most 2147483647",
        "body /color additionalProperties is not allowed",
    ];
    let mut found = answer.violations();
    found.sort_by_key(|violation| expected.iter().position(|expected| expected == violation));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_operation_that_needs_a_token_says_so() {
    let service = Service::start().await;
    let document = spec::document(ValidationMode::Default);
    for operation in document.operations() {
        let open = document
            .root
            .pointer(&format!("{}/security", operation.pointer))
            .is_some_and(|it| *it == Value::Array(vec![]));
        let answer = request(&service, document, &operation, false).await;
        assert_eq!(answer.status == 401, !open, "{}: {answer}", operation.id);
    }
}
