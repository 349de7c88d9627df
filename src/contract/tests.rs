//! The contract as a client meets it: requests against the real documents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use chrono::Utc;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Admitted, Contract, TokenKeys, ValidationMode};
use crate::api::Operation;
use crate::problem::Problem;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const LIMIT: usize = 1024;

fn contract(mode: ValidationMode) -> Arc<Contract> {
    Arc::new(Contract::load(mode, Some(TokenKeys::hs256(SECRET).unwrap()), LIMIT).unwrap())
}

/// What became of a request: what the handler would get, or the problem.
type Outcome = Result<Admitted, Problem>;

/// Sends a request through a real axum route, as the generated router does.
async fn send(contract: &Arc<Contract>, operation: Operation, route: &str, request: Request) -> Outcome {
    type Slot = Arc<std::sync::Mutex<Option<Outcome>>>;
    async fn handle(
        State((contract, operation, slot)): State<(Arc<Contract>, Operation, Slot)>,
        request: Request,
    ) -> Response {
        let outcome = contract.admit(operation, request).await;
        *slot.lock().unwrap() = Some(outcome);
        StatusCode::OK.into_response()
    }
    let slot = Slot::default();
    let app = Router::new().route(route, any(handle)).with_state((Arc::clone(contract), operation, Arc::clone(&slot)));
    app.oneshot(request).await.unwrap();
    slot.lock().unwrap().take().expect("the route matched")
}

/// A `POST /users` with this body.
async fn sign_up(mode: ValidationMode, body: &str) -> Outcome {
    let request = Request::post("/users").header(CONTENT_TYPE, "application/json").body(Body::from(body.to_owned()));
    send(&contract(mode), Operation::CreateUser, "/users", request.unwrap()).await
}

/// What the contract says against a sign-up in the default mode: the sentence, and pointer, keyword and message each.
async fn refusal(body: &str) -> (String, Vec<(String, String, String)>) {
    let problem = sign_up(ValidationMode::Default, body).await.unwrap_err();
    assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
    let violations =
        problem.violations().iter().map(|v| (v.pointer.clone(), v.keyword.clone(), v.message.clone())).collect();
    (problem.error().to_owned(), violations)
}

async fn sentence(body: &str) -> String {
    refusal(body).await.0
}

#[tokio::test]
async fn every_mode_loads_and_admits_a_plain_sign_up() {
    for mode in ValidationMode::ALL {
        let mut admitted = sign_up(mode, r#"{"email":"taro@example.com","age":25,"name":"Taro"}"#).await.unwrap();
        let body: Value = admitted.body().unwrap();
        assert_eq!(body["age"], 25);
    }
}

#[tokio::test]
async fn one_violation_is_its_sentence() {
    for (body, expected) in [
        (r#"{"email":"nonsense","age":1}"#, "Email address format is invalid"),
        (r#"{"email":"a@example.com","age":-1}"#, "Field 'age' must be at least 0"),
        (r#"{"email":"a@example.com","age":1,"nickname":"t"}"#, "Field 'nickname' is not allowed"),
        (r#"{"age":1}"#, "Field 'email' is required"),
        (r#"{"email":"a@example.com","age":"1"}"#, "Field 'age' must be an integer"),
        (r#"{"email":"a@example.com","age":1,"name":""}"#, "Field 'name' must not be empty"),
        (r#"{"email":"a@example.com","age":1,"name":null}"#, "Field 'name' must be a string"),
        (r#"{"email":"a@example.com","age":9223372036854775808}"#, "Field 'age' must be at most 2147483647"),
        ("[]", "The body must be an object"),
        ("null", "The body must be an object"),
    ] {
        assert_eq!(sentence(body).await, expected, "{body}");
    }
}
