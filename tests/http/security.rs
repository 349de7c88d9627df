//! Every operation of the contract, tried with every kind of token that must not open it. A new operation is covered as soon
//! as it is in the contract.

use axum::http::Method;
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use keiyaku::contract::ValidationMode;
use serde_json::{Value, json};

use crate::keys::Issuer;
use crate::support::spec::{self, Document, Operation};
use crate::support::{ALL_SCOPES, Answer, SECRET, Service, token};

/// The alternatives of scopes that open an operation; none for one that is open to all.
fn alternatives(document: &Document, operation: &Operation) -> Vec<String> {
    let own = document.root.pointer(&format!("{}/security", operation.pointer));
    let requirements = own.unwrap_or(&document.root["security"]).as_array().unwrap();
    let scopes = |requirement: &Value| {
        let (_, scopes) = requirement.as_object().unwrap().iter().next().unwrap();
        scopes.as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    requirements.iter().map(scopes).collect()
}

/// The operation on the things with the id 1, with a token or none, and nothing else that it may want.
async fn call(service: &Service, operation: &Operation, token: Option<&str>) -> Answer {
    let path: Vec<&str> =
        operation.path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment }).collect();
    let request = service.request(operation.method.clone(), &path.join("/"));
    service
        .send(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
}

fn claims(expires_in: TimeDelta) -> Value {
    json!({"sub": "user:1", "scope": format!("{ALL_SCOPES} users:self"), "exp": (Utc::now() + expires_in).timestamp()})
}

fn signed(algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, key).unwrap()
}

/// Tokens with every scope that must not count where HS256 under the tests' secret does.
fn bad_tokens() -> Vec<(&'static str, String)> {
    let hour = TimeDelta::hours(1);
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let good = signed(Algorithm::HS256, &secret, &claims(hour));
    let [header, body, _] = good.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
    vec![
        ("garbage", "garbage".to_owned()),
        ("expired", signed(Algorithm::HS256, &secret, &claims(-hour))),
        ("alg none", format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.")),
        ("unsigned", format!("{header}.{body}.")),
        ("HS512", signed(Algorithm::HS512, &secret, &claims(hour))),
        ("another secret", signed(Algorithm::HS256, &EncodingKey::from_secret(&[7; 64]), &claims(hour))),
        ("ES256", Issuer::es256().sign(&claims(hour))),
    ]
}

#[tokio::test]
async fn no_operation_opens_without_a_token_that_counts() {
    let service = Service::start().await;
    let document = spec::document(ValidationMode::Default);
    let bad = bad_tokens();
    for operation in document.operations() {
        let protected = !alternatives(document, &operation).is_empty();
        let without = call(&service, &operation, None).await;
        assert_eq!(without.status == 401, protected, "{}: {without}", operation.id);
        for (name, token) in &bad {
            let answer = call(&service, &operation, Some(token)).await;
            assert_eq!(answer.status == 401, protected, "{} {name}: {answer}", operation.id);
            assert_eq!(answer.header("www-authenticate").is_some(), protected, "{} {name}", operation.id);
        }
    }
}

#[tokio::test]
async fn each_operation_opens_with_its_own_scopes_and_no_others() {
    let service = Service::start().await;
    let document = spec::document(ValidationMode::Default);
    let all = ["users:read", "users:write", "jobs:read", "jobs:write", "users:self"];
    for operation in document.operations() {
        let opening = alternatives(document, &operation);
        for scope in all.iter().filter(|_| !opening.is_empty()) {
            // Its own user's where that counts.
            let answer = call(&service, &operation, Some(&token("user:1", scope))).await;
            let opens = opening.iter().any(|own| own == scope);
            assert_eq!(answer.status != 403, opens, "{} {scope}: {answer}", operation.id);
            assert_ne!(answer.status, 401, "{} {scope}", operation.id);
        }
        let none = call(&service, &operation, Some(&token("user:1", ""))).await;
        assert_eq!(none.status == 403, !opening.is_empty(), "{}: {none}", operation.id);
    }
}

#[tokio::test]
async fn the_token_of_another_user_opens_no_operation() {
    let service = Service::start().await;
    service.sign_up(r#"{"email":"taro@example.com","age":25}"#).await;
    let document = spec::document(ValidationMode::Default);
    for operation in document.operations().iter().filter(|operation| !alternatives(document, operation).is_empty()) {
        for subject in ["user:2", "user:01", "user:1 ", "1", "user:", "USER:1"] {
            let answer = call(&service, operation, Some(&token(subject, "users:self"))).await;
            // One that wants a body says so only to those who may send it.
            let refused = answer.status == 403 || (operation.method == Method::PATCH && answer.status == 400);
            assert!(refused, "{} {subject}: {answer}", operation.id);
        }
    }
    assert_eq!(service.get("/users/1").await.json()["age"], 25);
}
