//! Answers that break the contract are noticed, each by what is wrong with it.

use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn checked(status: u16, headers: &[(HeaderName, &'static str)], body: Option<&str>) -> Result<(), String> {
    let contract = load(ValidationMode::Default).checking_answers().unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name.clone(), HeaderValue::from_static(value));
    }
    let status = StatusCode::from_u16(status).unwrap();
    contract.answers().unwrap().check(Operation::GetUser, status, &map, body.map(str::as_bytes))
}

const USER: &str = r#"{"id":1,"email":"taro@example.com","age":25,"name":null,"bio":null,"is_active":true,
    "additional_data":null,"created_at":"2026-01-15T09:30:00Z","updated_at":"2026-01-15T09:30:00Z"}"#;

#[test]
fn an_answer_that_keeps_the_contract_passes() {
    let headers = [(CONTENT_TYPE, "application/json; charset=utf-8"), (ETAG, "\"1\"")];
    assert_eq!(checked(200, &headers, Some(USER)), Ok(()));
    assert_eq!(checked(304, &headers[1..], Some("")), Ok(()));
    // To HEAD.
    assert_eq!(checked(200, &headers, None), Ok(()));
}

#[test]
fn an_answer_that_breaks_the_contract_is_told_apart_by_what_is_wrong() {
    let json = [(CONTENT_TYPE, "application/json"), (ETAG, "\"1\"")];
    for (status, headers, body, expected) in [
        (202, &json[..], Some(USER), "status 202 is not declared"),
        (200, &json[..1], Some(USER), "the header etag is missing"),
        (200, &[(CONTENT_TYPE, "text/html"), (ETAG, "\"1\"")], Some(USER), "its media type is not declared"),
        (200, &json[1..], Some(USER), "its media type is not declared"),
        (304, &json[1..], Some("x"), "it has a body"),
        (200, &json, Some(r#"{"id":0}"#), "its body does not fit: /email is required"),
        (200, &json, Some("<user>"), "its body is not JSON"),
    ] {
        let found = checked(status, headers, body).unwrap_err();
        assert!(found.contains(expected), "{found:?} and not {expected:?}");
    }
}

#[test]
fn no_value_of_an_answer_is_in_what_is_wrong_with_it() {
    let json = [(CONTENT_TYPE, "application/json"), (ETAG, "\"1\"")];
    let secret = USER.replace("25", "\"a secret\"").replace("taro@example.com", "secret");
    let found = checked(200, &json, Some(&secret)).unwrap_err();
    assert!(found.contains("/age must be an integer") && !found.contains("secret"), "{found}");
}
