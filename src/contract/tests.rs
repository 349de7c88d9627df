//! The contract as a client meets it: requests through a real route against the real documents.

mod answers;
mod body;
mod document;
mod parameters;
mod security;
mod words;

use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::directions::Direction;
use super::document::{Node, operations};
use super::validators::Compiler;
use super::{Admitted, Contract, ContractError, Rules, TokenKeys, ValidationMode};
use crate::api::Operation;
use crate::problem::Problem;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const LIMIT: usize = 16 * 1024;

/// What became of a request: what the handler would get, or the problem.
type Outcome = Result<Admitted, Problem>;

fn keys() -> TokenKeys {
    TokenKeys::hs256(SECRET).unwrap()
}

fn load(mode: ValidationMode) -> Contract {
    Contract::load(mode, Some(keys()), LIMIT).unwrap()
}

/// The contract of a mode, compiled once for all tests.
fn shared(mode: ValidationMode) -> Arc<Contract> {
    static CONTRACTS: LazyLock<[Arc<Contract>; 3]> = LazyLock::new(|| ValidationMode::ALL.map(load).map(Arc::new));
    Arc::clone(&CONTRACTS[mode as usize])
}

/// Sends a request through an axum route, as the generated router does.
async fn send(contract: Arc<Contract>, operation: Operation, request: Request) -> Outcome {
    type Slot = Arc<Mutex<Option<Outcome>>>;
    async fn handle(State((contract, operation, slot)): State<(Arc<Contract>, Operation, Slot)>, request: Request) {
        let outcome = contract.admit(operation, request).await;
        *slot.lock().unwrap() = Some(outcome);
    }
    let slot = Slot::default();
    let state = (contract, operation, Arc::clone(&slot));
    let app = Router::new().route(operation.path(), routing::any(handle)).with_state(state);
    app.oneshot(request).await.unwrap();
    slot.lock().unwrap().take().expect("the route matched")
}

/// A `POST /users` with this body.
async fn sign_up(mode: ValidationMode, body: impl Into<Body>) -> Outcome {
    let request = Request::post("/users").header(CONTENT_TYPE, "application/json").body(body.into());
    send(shared(mode), Operation::CreateUser, request.unwrap()).await
}

/// The sentence with which a request is refused, after its status was checked.
fn sentence(outcome: Outcome, status: u16) -> String {
    let problem = outcome.unwrap_err();
    assert_eq!(problem.status(), StatusCode::from_u16(status).unwrap(), "{problem}");
    problem.error().to_owned()
}

/// The violations of a refused request, as "in pointer keyword message".
fn violations(outcome: Outcome) -> Vec<String> {
    let problem = outcome.unwrap_err();
    let line = |v: &crate::api::models::Violation| format!("{} {} {} {}", v.r#in, v.pointer, v.keyword, v.message);
    problem.violations().iter().map(line).collect()
}

/// The rules of the one operation of a document that is written for a test.
fn rules(mode: ValidationMode, document: &Value) -> Result<Rules, ContractError> {
    let compiler = Compiler::new(document, Direction::Request)?;
    let root = Node::root(document);
    let found = operations(&root);
    let (item, operation) = found.get("test").expect("the document has the operation");
    Rules::read(mode, &compiler, &root, item, operation)
}

/// A document with one open operation, `POST /users`, that has these members.
fn document(operation: Value) -> Value {
    let mut document =
        json!({"openapi": "3.1.0", "paths": {"/users": {"post": {"operationId": "test", "security": []}}}});
    for (name, value) in operation.as_object().unwrap() {
        document["paths"]["/users"]["post"][name] = value.clone();
    }
    document
}

/// A contract whose `createUser` follows the document written for a test.
fn contract_of(mode: ValidationMode, document: &Value) -> Arc<Contract> {
    let mut contract = load(mode);
    contract.operations[Operation::CreateUser as usize].1 = rules(mode, document).unwrap();
    Arc::new(contract)
}
