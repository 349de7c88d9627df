//! Bodies: media type, size, syntax, and what the model is built from.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::models::UserCreate;

const TARO: &str = r#"{"email":"taro@example.com","age":25}"#;

/// A sign-up with these Content-Type headers.
async fn typed(mode: ValidationMode, types: &[&str]) -> Outcome {
    let mut request = Request::post("/users");
    for value in types {
        request = request.header(CONTENT_TYPE, *value);
    }
    send(shared(mode), Operation::CreateUser, request.body(Body::from(TARO)).unwrap()).await
}

#[tokio::test]
async fn every_mode_admits_a_plain_sign_up() {
    for mode in ValidationMode::ALL {
        let user: UserCreate = sign_up(mode, TARO).await.unwrap().body().unwrap();
        assert_eq!((user.email.as_str(), user.age), ("taro@example.com", 25));
    }
}

#[tokio::test]
async fn json_may_carry_parameters() {
    for mode in ValidationMode::ALL {
        for types in [
            "application/json",
            "application/json; charset=utf-8",
            "APPLICATION/Json ;charset=\"UTF-8\"",
            "application/json; version=1",
        ] {
            assert!(typed(mode, &[types]).await.is_ok(), "{mode} {types}");
        }
    }
}

#[tokio::test]
async fn another_media_type_is_refused_before_the_body_is_read() {
    for types in [
        &["text/plain"][..],
        &["application/merge-patch+json"],
        &["application/jsonp"],
        &["application/json/x"],
        &["application"],
        &[""],
        &[],
        &["application/json", "application/json"],
    ] {
        let problem = typed(ValidationMode::Default, types).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{types:?}");
        let body: Value = serde_json::from_slice(&problem.render("/users", "1")).unwrap();
        assert_eq!(body["detail"], "The content type must be application/json.");
    }
    let compressed = Request::post("/users").header(CONTENT_TYPE, "application/json").header(CONTENT_ENCODING, "gzip");
    let outcome =
        send(shared(ValidationMode::Default), Operation::CreateUser, compressed.body(Body::from("x")).unwrap());
    assert_eq!(sentence(outcome.await, 415), "The content encoding is not supported");
}

#[tokio::test]
async fn only_strict_mode_looks_at_the_charset() {
    for value in ["application/json; charset=shift_jis", "application/json;charset=utf-16"] {
        assert!(typed(ValidationMode::Default, &[value]).await.is_ok());
        assert!(typed(ValidationMode::Flexible, &[value]).await.is_ok());
        assert_eq!(sentence(typed(ValidationMode::Strict, &[value]).await, 415), "The content type is not supported");
    }
}

#[tokio::test]
async fn a_required_body_must_be_there() {
    for request in [Request::post("/users"), Request::post("/users").header(CONTENT_TYPE, "application/json")] {
        let outcome =
            send(shared(ValidationMode::Default), Operation::CreateUser, request.body(Body::empty()).unwrap());
        assert_eq!(violations(outcome.await), ["body  required is required"]);
    }
    // A stream that turns out to be empty.
    let empty = streamed(Bytes::new());
    assert_eq!(sentence(sign_up(ValidationMode::Default, empty).await, 400), "The body is required");
}

#[tokio::test]
async fn a_body_that_may_be_missing_is_an_option() {
    let schema = json!({"type": "object"});
    let document = document(json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}));
    let contract = || contract_of(ValidationMode::Default, &document);
    let absent = Request::post("/users").body(Body::empty()).unwrap();
    let body: Option<Value> = send(contract(), Operation::CreateUser, absent).await.unwrap().body().unwrap();
    assert_eq!(body, None);
    let present = Request::post("/users").header(CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
    let body: Option<Value> = send(contract(), Operation::CreateUser, present).await.unwrap().body().unwrap();
    assert_eq!(body, Some(json!({})));
}

/// A body whose length is not known before it has been read.
fn streamed(bytes: impl Into<Bytes>) -> Body {
    let frames = Full::new(bytes.into()).map_frame(|frame| frame);
    Body::new(frames.with_trailers(std::future::ready(None)))
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_and_without_its_length() {
    let padded = |length: usize| format!("{TARO}{}", " ".repeat(length - TARO.len()));
    for mode in ValidationMode::ALL {
        assert!(sign_up(mode, padded(LIMIT)).await.is_ok());
        assert!(sign_up(mode, streamed(padded(LIMIT))).await.is_ok());
        assert_eq!(sentence(sign_up(mode, padded(LIMIT + 1)).await, 413), "The request body is too large");
        assert_eq!(sentence(sign_up(mode, streamed(padded(LIMIT + 1))).await, 413), "The request body is too large");
    }
}

#[tokio::test]
async fn unreadable_json_says_where_and_repeats_nothing() {
    for (body, expected) in [
        (&b"{\"email\":"[..], "The body is not well-formed JSON: EOF while parsing a value (line 1, column 9)"),
        (b"{} {}", "The body is not well-formed JSON: something follows the end of the JSON value (line 1, column 4)"),
        (b"{\"a\":1,\n\"a\":2}", "The body is not well-formed JSON: member 'a' occurs twice (line 2, column 3)"),
        (b"{\"email\":\"\xff\"}", "The body is not well-formed JSON: not valid UTF-8 (byte 11)"),
        (b"secret", "The body is not well-formed JSON: expected value (line 1, column 1)"),
        (b"{\"age\":1e400}", "The body is not well-formed JSON: number out of range (line 1, column 12)"),
    ] {
        assert_eq!(sentence(sign_up(ValidationMode::Flexible, body).await, 400), expected);
    }
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let expected = "The body is not well-formed JSON: nested more than 64 levels deep (line 1, column 65)";
    assert_eq!(sentence(sign_up(ValidationMode::Default, deep).await, 400), expected);
}

#[tokio::test]
async fn an_integer_may_be_spelled_as_any_number_that_is_whole() {
    for (age, expected) in [("6.0", 6), ("1e1", 10), ("-0", 0), ("-0.0", 0), ("2147483647", i32::MAX), ("20e-1", 2)] {
        let body = format!(r#"{{"email":"a@example.com","age":{age}}}"#);
        let user: UserCreate = sign_up(ValidationMode::Default, body).await.unwrap().body().unwrap();
        assert_eq!(user.age, expected, "{age}");
    }
    for (age, expected) in [
        ("6.5", "Field 'age' must be an integer"),
        ("1e-1", "Field 'age' must be an integer"),
        ("\"6\"", "Field 'age' must be an integer"),
        ("true", "Field 'age' must be an integer"),
        ("2147483648", "Field 'age' must be at most 2147483647"),
        ("9223372036854775808", "Field 'age' must be at most 2147483647"),
        ("1e300", "Field 'age' must be at most 2147483647"),
        ("-1e-300", "Field 'age' must be an integer (and 1 more)"),
    ] {
        let body = format!(r#"{{"email":"a@example.com","age":{age}}}"#);
        assert_eq!(sentence(sign_up(ValidationMode::Default, body).await, 400), expected, "{age}");
    }
}

#[tokio::test]
async fn flexible_mode_keeps_the_text_of_undeclared_members() {
    let extras = r#""score":1.50,"big":123456789012345678901234567890,"nested":{ "a": [1E2, -0] }"#;
    let body = format!(r#"{{"email":"a@example.com","hobby":"\u9b5a","age":25.0,{extras}}}"#);
    let user: UserCreate = sign_up(ValidationMode::Flexible, body).await.unwrap().body().unwrap();
    let kept = serde_json::to_string(&user.additional_properties).unwrap();
    assert_eq!(kept, format!(r#"{{"hobby":"\u9b5a",{extras}}}"#));
}

#[tokio::test]
async fn undeclared_members_are_named_in_default_and_strict_mode() {
    let body = r#"{"email":"a@example.com","age":1,"nickname":"t","a/b~c":{}}"#;
    for mode in [ValidationMode::Default, ValidationMode::Strict] {
        let expected =
            ["body /nickname additionalProperties is not allowed", "body /a~1b~0c additionalProperties is not allowed"];
        assert_eq!(violations(sign_up(mode, body).await), expected);
        assert_eq!(sentence(sign_up(mode, body).await, 400), "Field 'nickname' is not allowed (and 1 more)");
    }
}

#[tokio::test]
async fn no_mode_takes_a_member_that_would_shadow_one_of_the_answer() {
    for name in ["id", "created_at", "updated_at", "additional_data"] {
        let body = format!(r#"{{"email":"a@example.com","age":1,"{name}":null}}"#);
        for mode in ValidationMode::ALL {
            let expected = format!("Field '{name}' is not allowed");
            assert_eq!(sentence(sign_up(mode, body.clone()).await, 400), expected, "{mode}");
        }
    }
}

#[tokio::test]
async fn strict_mode_has_tighter_bounds() {
    for (member, expected) in [
        (r#""age":151"#, "Field 'age' must be at most 150"),
        (r#""age":1,"name":" \u3000""#, "Field 'name' has an invalid format"),
        (r#""age":1,"bio":"a\u0007""#, "Field 'bio' has an invalid format"),
    ] {
        let body = format!(r#"{{"email":"a@example.com",{member}}}"#);
        assert!(sign_up(ValidationMode::Default, body.clone()).await.is_ok(), "{member}");
        assert_eq!(sentence(sign_up(ValidationMode::Strict, body).await, 400), expected);
    }
}

#[tokio::test]
async fn all_violations_come_at_once() {
    let body = r#"{"email":"nonsense","age":-1,"name":"","bio":7,"is_active":"yes","nickname":1}"#;
    let mut found = violations(sign_up(ValidationMode::Default, body).await);
    found.sort();
    let expected = [
        "body /age minimum must be at least 0",
        "body /bio type must be a string",
        "body /email format Email address format is invalid",
        "body /is_active type must be true or false",
        "body /name minLength must not be empty",
        "body /nickname additionalProperties is not allowed",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn one_answer_lists_at_most_a_hundred() {
    let members: Vec<String> = (0..500).map(|n| format!("\"extra{n}\":0")).collect();
    let body = format!("{{{}}}", members.join(","));
    let outcome = sign_up(ValidationMode::Default, body).await;
    assert_eq!(outcome.as_ref().unwrap_err().violations().len(), 100);
}

#[tokio::test]
async fn parameters_and_body_are_judged_together() {
    let scopes = ["users:write".to_owned()];
    let token = keys().sign("user:1", &scopes, std::time::Duration::from_secs(60), chrono::Utc::now()).unwrap();
    let request = Request::patch("/users/0")
        .header("authorization", format!("Bearer {token}"))
        .header("if-match", "x".repeat(201))
        .header(CONTENT_TYPE, "application/merge-patch+json")
        .body(Body::from(r#"{"age":-1,"name":null}"#));
    let outcome = send(shared(ValidationMode::Default), Operation::UpdateUser, request.unwrap()).await;
    let expected = [
        "path /user_id minimum must be at least 1",
        "header /If-Match maxLength must have at most 200 characters",
        "body /age minimum must be at least 0",
    ];
    assert_eq!(violations(outcome), expected);
}

#[tokio::test]
async fn addresses_that_mail_can_reach_are_accepted() {
    // As jsonschema 0.61 reads RFC 5321: any hostname, no comments, no display names.
    for (email, valid) in [
        ("taro@example.com", true),
        ("a@b", true),
        ("first.last+tag@sub.example.co.jp", true),
        ("a@xn--r8jz45g.jp", true),
        ("", false),
        ("plain", false),
        ("@example.com", false),
        ("a@", false),
        ("a@@example.com", false),
        ("a b@example.com", false),
        ("a@exa mple.com", false),
        ("a@-example.com", false),
        ("a@example..com", false),
        (".a@example.com", false),
        ("Taro <taro@example.com>", false),
        ("太郎@example.com", false),
        ("a@例え.jp", false),
        ("a@example.com\\n", false),
    ] {
        let body = format!(r#"{{"email":"{email}","age":1}}"#);
        let outcome = sign_up(ValidationMode::Default, body).await;
        assert_eq!(outcome.is_ok(), valid, "{email}");
        if !valid {
            assert_eq!(sentence(outcome, 400), "Email address format is invalid");
        }
    }
}

#[tokio::test]
async fn addresses_that_no_mail_is_sent_to_are_refused() {
    for email in ["\\\"quoted name\\\"@example.com", "a@[192.0.2.1]"] {
        let outcome = sign_up(ValidationMode::Default, format!(r#"{{"email":"{email}","age":1}}"#)).await;
        assert_eq!(sentence(outcome, 400), "Field 'email' has an invalid format");
    }
}

/// A member of a sign-up, right or wrong, in JSON.
fn member_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        (0..200u8).prop_map(|number| format!("{number}.0")),
        (-5..40i32).prop_map(|exponent| format!("3e{exponent}")),
        "[a-z.]{0,8}(@[a-z.]{0,8})?".prop_map(|text| format!("\"{text}\"")),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("[]".to_owned()),
        Just("{\"a\": 1.0}".to_owned()),
    ]
}

proptest! {
    #[test]
    fn whatever_the_validators_accept_becomes_the_model(
        members in prop::collection::hash_map(
            prop::sample::select(vec!["email", "age", "name", "bio", "is_active", "x", "id"]), member_value(), 0..7),
        good in any::<[bool; 2]>(),
    ) {
        let mut members = members;
        if good[0] {
            members.insert("email", "\"taro@example.com\"".to_owned());
        }
        if good[1] {
            members.insert("age", "1e2".to_owned());
        }
        let written: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let body = format!("{{{}}}", written.join(","));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for mode in ValidationMode::ALL {
            if let Ok(mut admitted) = runtime.block_on(sign_up(mode, body.clone())) {
                prop_assert!(admitted.body::<UserCreate>().is_ok(), "{} {}", mode, body);
            }
        }
    }

    #[test]
    fn no_answer_repeats_a_value(
        place in 0..9usize,
        quoted in any::<bool>(),
    ) {
        let marker = "Zq7marker";
        let value = if quoted { format!("\"{marker}\"") } else { format!("[{{\"a\":\"{marker}\"}}]") };
        let body = match place {
            0 => format!(r#"{{"email":{value},"age":1}}"#),
            1 => format!(r#"{{"email":"a@example.com","age":{value}}}"#),
            2 => format!(r#"{{"email":"a@example.com","age":1,"name":{value},"id":{value}}}"#),
            3 => format!(r#"{{"email":"a@example.com","age":1,"is_active":{value}}}"#),
            4 => format!(r#"{{"email":"a@example.com","age":1,"bio":[{value}],"nickname":{value}}}"#),
            5 => value,
            6 => format!(r#"{{"email":"{marker}"#),
            7 => format!(r#"{{"email":{marker}}}"#),
            _ => format!(r#"{{"email":"{marker}","email":"{marker}"}}"#),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let problem = runtime.block_on(sign_up(ValidationMode::Default, body)).unwrap_err();
        let rendered = String::from_utf8(problem.render("/users", "1")).unwrap();
        prop_assert!(!rendered.contains(marker), "{}", rendered);
    }
}

/// A document whose operation takes this schema as its body.
fn taking(schema: Value) -> Value {
    document(json!({"requestBody": {"required": true, "content": {"application/json": {"schema": schema}}}}))
}

async fn post(document: &Value, body: &str) -> Vec<String> {
    let request = Request::post("/users").header(CONTENT_TYPE, "application/json").body(Body::from(body.to_owned()));
    match send(contract_of(ValidationMode::Default, document), Operation::CreateUser, request.unwrap()).await {
        Ok(_) => Vec::new(),
        refused => violations(refused),
    }
}

#[tokio::test]
async fn what_the_server_sets_is_neither_taken_nor_asked_for() {
    let mut document = taking(json!({
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": true}, "name": {"type": "string"}},
    }));
    Direction::Request.prepare(&mut document);
    assert_eq!(post(&document, r#"{"name":"a"}"#).await, Vec::<String>::new());
    assert_eq!(post(&document, r#"{}"#).await, ["body /name required is required"]);
    assert_eq!(post(&document, r#"{"name":"a","id":1}"#).await, ["body /id readOnly is set by the server"]);
}

#[tokio::test]
async fn in_a_union_the_branch_that_is_meant_says_what_is_wrong() {
    let branch = |kind: &str, member: &str| {
        json!({
            "type": "object",
            "required": ["kind", member],
            "properties": {"kind": {"type": "string", "const": kind}, member: {"type": "string", "minLength": 1}},
        })
    };
    let document = taking(json!({"oneOf": [branch("cat", "name"), branch("dog", "breed")]}));
    assert_eq!(post(&document, r#"{"kind":"dog","breed":"a"}"#).await, Vec::<String>::new());
    assert_eq!(post(&document, r#"{"kind":"dog","name":"a"}"#).await, ["body /breed required is required"]);
    assert_eq!(post(&document, r#"{"kind":"cat","name":""}"#).await, ["body /name minLength must not be empty"]);
    assert_eq!(post(&document, r#"{"kind":"cow","name":"a"}"#).await, ["body /kind enum must be one of cat, dog"]);
    assert_eq!(post(&document, r#"{"name":"a"}"#).await, ["body /kind required is required"]);
    assert_eq!(post(&document, "7").await, ["body  oneOf does not have any of the allowed forms"]);
}

#[tokio::test]
async fn a_composed_object_that_is_closed_names_only_what_is_not_its_own() {
    let part = |name: &str| json!({"type": "object", "properties": {name: {"type": "string", "minLength": 1}}});
    let mut document = taking(json!({"$ref": "#/components/schemas/Whole"}));
    document["components"]["schemas"] = json!({
        "Part": part("a"),
        "Whole": {"allOf": [{"$ref": "#/components/schemas/Part"}, part("b")], "unevaluatedProperties": false},
    });
    Direction::Request.prepare(&mut document);
    assert_eq!(post(&document, r#"{"a":"x","b":"x"}"#).await, Vec::<String>::new());
    let wrong = ["body /c additionalProperties is not allowed", "body /a minLength must not be empty"];
    let mut found = post(&document, r#"{"a":"","b":"x","c":1}"#).await;
    found.sort_by_key(|violation| violation.contains("/a"));
    assert_eq!(found, wrong);
}
