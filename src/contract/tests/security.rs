//! Who gets in: tokens, scopes, and the answers of those who do not.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use serde_json::json;

use super::super::tokens::TokenError;
use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn scopes(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|&scope| scope.to_owned()).collect()
}

/// A token signed by hand, with claims that `TokenKeys::sign` would not write.
fn signed(header: &Header, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(SECRET)).unwrap()
}

/// Reads a user with this Authorization header.
async fn with_header(authorization: &[&str]) -> Outcome {
    let mut request = Request::get("/users/1");
    for value in authorization {
        request = request.header(AUTHORIZATION, *value);
    }
    send(shared(ValidationMode::Default), Operation::GetUser, request.body(Body::empty()).unwrap()).await
}

async fn with_token(token: &str) -> Outcome {
    with_header(&[&format!("Bearer {token}")]).await
}

/// Status, sentence and challenge of a refusal.
fn refusal(outcome: Outcome) -> (u16, String, String) {
    let problem = outcome.unwrap_err();
    let (status, error) = (problem.status().as_u16(), problem.error().to_owned());
    let response = problem.into_response();
    let challenge = response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
    (status, error, challenge.unwrap_or_default())
}

#[tokio::test]
async fn a_token_with_the_scope_opens_the_operation() {
    let token = keys().sign("user:7", &scopes(&["jobs:read", "users:read"]), HOUR, Utc::now()).unwrap();
    for header in [format!("Bearer {token}"), format!("bearer   {token} ")] {
        let caller = with_header(&[&header]).await.unwrap().caller().unwrap();
        assert_eq!(caller.subject, "user:7");
        assert!(caller.may("jobs:read") && caller.may("users:read") && !caller.may("users") && !caller.may(""));
    }
}

#[tokio::test]
async fn one_of_the_alternatives_is_enough() {
    for scope in ["users:read", "users:self"] {
        let token = keys().sign("user:7", &scopes(&[scope]), HOUR, Utc::now()).unwrap();
        assert!(with_token(&token).await.is_ok());
    }
}

#[tokio::test]
async fn without_a_readable_token_the_answer_is_401_without_an_error_code() {
    let plain = r#"Bearer realm="keiyaku""#.to_owned();
    let missing = (401, "Authorization header required".to_owned(), plain.clone());
    assert_eq!(refusal(with_header(&[]).await), missing);
    for header in ["", "Bearer", "Bearer ", "Basic dTpw", "Token a.b.c", "Bearer a b", "Bearera.b.c", "Bearer a,b"] {
        let malformed = (401, "Invalid authorization format".to_owned(), plain.clone());
        assert_eq!(refusal(with_header(&[header]).await), malformed, "{header:?}");
    }
    let token = keys().sign("user:7", &scopes(&["users:read"]), HOUR, Utc::now()).unwrap();
    let twice = [format!("Bearer {token}"), format!("Bearer {token}")];
    assert_eq!(refusal(with_header(&[&twice[0], &twice[1]]).await).1, "Invalid authorization format");
}

#[tokio::test]
async fn a_token_that_does_not_count_is_401_invalid_token() {
    let now = Utc::now().timestamp();
    let hs256 = Header::new(Algorithm::HS256);
    let claims = |changes: Value| {
        let mut claims = json!({"sub": "user:7", "scope": "users:read", "exp": now + 600});
        for (name, value) in changes.as_object().unwrap() {
            match value.is_null() {
                true => claims.as_object_mut().unwrap().remove(name),
                false => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        claims
    };
    let good = signed(&hs256, &claims(json!({})));
    assert!(with_token(&good).await.is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    let other_key = jsonwebtoken::encode(&hs256, &claims(json!({})), &EncodingKey::from_secret(&[7; 32])).unwrap();
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
    for (what, token) in [
        ("garbage", "garbage".to_owned()),
        ("three garbage parts", "a.b.c".to_owned()),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("alg none", format!("eyJhbGciOiJub25lIn0.{}.", parts[1])),
        ("another payload", format!("{}.{}.{}", parts[0], "e30", parts[2])),
        ("another key", other_key),
        ("another algorithm", signed(&Header::new(Algorithm::HS512), &claims(json!({})))),
        ("expired", signed(&hs256, &claims(json!({"exp": now - 60})))),
        ("no exp", signed(&hs256, &claims(json!({"exp": null})))),
        ("exp is text", signed(&hs256, &claims(json!({"exp": "tomorrow"})))),
        ("not yet", signed(&hs256, &claims(json!({"nbf": now + 60})))),
        ("nbf is text", signed(&hs256, &claims(json!({"nbf": "tomorrow"})))),
        ("no sub", signed(&hs256, &claims(json!({"sub": null})))),
        ("empty sub", signed(&hs256, &claims(json!({"sub": ""})))),
        ("sub is a number", signed(&hs256, &claims(json!({"sub": 7})))),
        ("scope is a list", signed(&hs256, &claims(json!({"scope": ["users:read"]})))),
        ("for another audience", signed(&hs256, &claims(json!({"aud": "elsewhere"})))),
        ("unknown critical header", signed(&critical, &claims(json!({})))),
    ] {
        let expected = (401, "Invalid token".to_owned(), r#"Bearer realm="keiyaku", error="invalid_token""#.to_owned());
        assert_eq!(refusal(with_token(&token).await), expected, "{what}");
    }
}

#[tokio::test]
async fn clocks_may_lie_half_a_minute_apart() {
    let hs256 = Header::new(Algorithm::HS256);
    let now = Utc::now().timestamp();
    for (exp, nbf, good) in [(-20, 0, true), (60, 20, true), (-40, 0, false), (60, 40, false)] {
        let claims = json!({"sub": "a", "scope": "users:read", "exp": now + exp, "nbf": now + nbf});
        assert_eq!(with_token(&signed(&hs256, &claims)).await.is_ok(), good, "{exp} {nbf}");
    }
}

#[tokio::test]
async fn without_the_scope_the_answer_is_403_and_names_it() {
    let token = keys().sign("user:7", &scopes(&["jobs:read", "users:readx"]), HOUR, Utc::now()).unwrap();
    let (status, error, challenge) = refusal(with_token(&token).await);
    assert_eq!((status, error.as_str()), (403, "The token does not permit this"));
    assert_eq!(challenge, r#"Bearer realm="keiyaku", error="insufficient_scope", scope="users:read""#);
    let problem = with_token(&token).await.unwrap_err();
    let body: Value = serde_json::from_slice(&problem.render("/users/1", "1")).unwrap();
    assert_eq!(body["detail"], "This operation needs one of the scopes: users:read, users:self.");
}

#[tokio::test]
async fn without_a_key_nobody_gets_in_where_a_token_is_needed() {
    let contract = || Arc::new(Contract::load(ValidationMode::Default, None, LIMIT).unwrap());
    let token = keys().sign("user:7", &scopes(&["users:read"]), HOUR, Utc::now()).unwrap();
    let request = Request::get("/users/1").header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty());
    assert_eq!(sentence(send(contract(), Operation::GetUser, request.unwrap()).await, 401), "Invalid token");
    let open = Request::get("/health").body(Body::empty()).unwrap();
    assert!(send(contract(), Operation::GetHealth, open).await.is_ok());
}

#[tokio::test]
async fn authentication_comes_before_everything_else() {
    let wrong_everywhere = Request::patch("/users/0").header("content-type", "text/plain").body(Body::from("x"));
    let outcome = send(shared(ValidationMode::Strict), Operation::UpdateUser, wrong_everywhere.unwrap()).await;
    assert_eq!(sentence(outcome, 401), "Authorization header required");
}

#[tokio::test]
async fn every_operation_is_open_or_closed_as_the_document_says() {
    let document: Value = serde_json::from_str(ValidationMode::Default.document().json).unwrap();
    let root = Node::root(&document);
    let found = operations(&root);
    for &operation in Operation::ALL {
        let (_, node) = &found[operation.id()];
        let security = node.member("security").or_else(|| root.member("security")).unwrap();
        let open = security.value() == &json!([]);
        let path = operation.path().replace(['{', '}'], "");
        let request = Request::builder().method(operation.method()).uri(path).body(Body::empty()).unwrap();
        let outcome = send(shared(ValidationMode::Default), operation, request).await;
        let refused = outcome.is_err_and(|problem| problem.status() == StatusCode::UNAUTHORIZED);
        assert_eq!(refused, !open, "{operation}");
    }
}

#[tokio::test]
async fn a_token_can_be_optional() {
    let mut document = document(json!({"security": [{"t": ["a", "b"]}, {}]}));
    document["components"] = json!({"securitySchemes": {"t": {"type": "http", "scheme": "Bearer"}}});
    let contract = || contract_of(ValidationMode::Default, &document);
    let request = |token: Option<String>| match token {
        Some(token) => Request::post("/users").header(AUTHORIZATION, format!("Bearer {token}")),
        None => Request::post("/users"),
    };
    let sent = async |token| send(contract(), Operation::CreateUser, request(token).body(Body::empty()).unwrap()).await;
    let anonymous = sent(None).await.unwrap();
    assert_eq!(anonymous.caller().unwrap_err().status(), StatusCode::INTERNAL_SERVER_ERROR);
    let token = |granted: &[&str]| keys().sign("x", &scopes(granted), HOUR, Utc::now()).ok();
    assert_eq!(sent(token(&["b", "a"])).await.unwrap().caller().unwrap().subject, "x");
    // Who shows a token is held to it, and within one alternative all scopes are needed.
    assert_eq!(sentence(sent(Some("x.y.z".to_owned())).await, 401), "Invalid token");
    assert_eq!(sentence(sent(token(&["a"])).await, 403), "The token does not permit this");
}

proptest! {
    #[test]
    fn no_header_is_too_strange_to_answer(bytes in prop::collection::vec(any::<u8>(), 0..40), scheme in any::<bool>()) {
        let value = if scheme { [b"Bearer ", &bytes[..]].concat() } else { bytes };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let request = Request::get("/users/1").header(AUTHORIZATION, value).body(Body::empty()).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let outcome = runtime.block_on(send(shared(ValidationMode::Default), Operation::GetUser, request));
            prop_assert_eq!(outcome.unwrap_err().status(), StatusCode::UNAUTHORIZED);
        }
    }
}

#[test]
fn a_secret_has_at_least_32_bytes() {
    assert!(matches!(TokenKeys::hs256(&[1; 31]), Err(TokenError::ShortSecret(31))));
    assert!(TokenKeys::hs256(&[1; 32]).is_ok());
    assert!(!format!("{:?}", keys()).contains("0123"));
}

#[tokio::test]
async fn a_token_lives_as_long_as_it_was_given() {
    let at = |offset: i64| DateTime::from_timestamp(Utc::now().timestamp() + offset, 0).unwrap();
    let token = |offset: i64| keys().sign("a", &scopes(&["users:read"]), Duration::from_secs(100), at(offset)).unwrap();
    assert!(with_token(&token(-90)).await.is_ok());
    assert!(with_token(&token(-200)).await.is_err());
}
