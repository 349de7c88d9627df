//! Parameters: found, decoded, turned into their type, checked.

use axum::body::Body;
use axum::extract::Request;
use proptest::prelude::*;
use serde_json::json;

use super::super::violations::Violations;
use super::*;

/// A document with one operation that has these parameters.
fn with_parameters(parameters: Value) -> Value {
    document(json!({ "parameters": parameters }))
}

fn query_document() -> Value {
    with_parameters(json!([
        {"name": "n", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 100, "default": 20}},
        {"name": "x", "in": "query", "schema": {"type": "number"}},
        {"name": "s", "in": "query", "schema": {"type": "string", "maxLength": 5}},
        {"name": "b", "in": "query", "schema": {"type": "boolean"}},
        {"name": "l", "in": "query", "schema": {"type": "array", "maxItems": 3, "items": {"type": "integer"}}},
        {"name": "c", "in": "query", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "d", "in": "query", "style": "deepObject", "schema": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        {"name": "名", "in": "query", "schema": {"type": ["string", "null"]}}
    ]))
}

/// What a handler gets from a query string.
async fn query(document: &Value, query: &str) -> Result<Value, Vec<String>> {
    let contract = contract_of(ValidationMode::Default, document);
    let request = Request::post(format!("/users?{query}")).body(Body::empty()).unwrap();
    match send(contract, Operation::CreateUser, request).await {
        Ok(mut admitted) => Ok(admitted.query().unwrap()),
        refused => Err(violations(refused)),
    }
}

#[tokio::test]
async fn texts_become_what_their_schema_names() {
    let document = query_document();
    for (text, expected) in [
        ("", json!({"n": 20})),
        ("&&n=5&", json!({"n": 5})),
        ("n=-0", json!({"n": 0})),
        ("x=1.50&s=7", json!({"n": 20, "x": 1.5, "s": "7"})),
        ("x=-1e2", json!({"n": 20, "x": -100.0})),
        ("s=", json!({"n": 20, "s": ""})),
        ("s", json!({"n": 20, "s": ""})),
        ("s=a%20b%2B", json!({"n": 20, "s": "a b+"})),
        ("s=a+b%26=", json!({"n": 20, "s": "a b&="})),
        ("s=%zz", json!({"n": 20, "s": "%zz"})),
        ("b=true", json!({"n": 20, "b": true})),
        ("l=1&l=2", json!({"n": 20, "l": [1, 2]})),
        ("c=a,b%2Cc", json!({"n": 20, "c": ["a", "b,c"]})),
        ("%E5%90%8D=%E5%A4%AA", json!({"n": 20, "名": "太"})),
        ("unknown=1&unknown=2", json!({"n": 20})),
    ] {
        assert_eq!(query(&document, text).await, Ok(expected), "{text}");
    }
}

#[tokio::test]
async fn texts_that_do_not_fit_are_violations() {
    let document = query_document();
    for (text, expected) in [
        ("n=", "query /n type must be an integer"),
        ("n=five", "query /n type must be an integer"),
        ("n=6.0", "query /n type must be an integer"),
        ("n=1e1", "query /n type must be an integer"),
        ("n=05", "query /n type must be an integer"),
        ("n=%2B5", "query /n type must be an integer"),
        ("n=+5", "query /n type must be an integer"),
        ("n=%D9%A5", "query /n type must be an integer"),
        ("n=101", "query /n maximum must be at most 100"),
        ("n=99999999999999999999", "query /n maximum must be at most 100"),
        ("n=-1", "query /n minimum must be at least 0"),
        ("n=1&n=1", "query /n type must be given only once"),
        ("x=NaN", "query /x type must be a number"),
        ("x=1.", "query /x type must be a number"),
        ("x=1e999", "query /x type must be a number"),
        ("x=%201", "query /x type must be a number"),
        ("b=1", "query /b type must be true or false"),
        ("b=TRUE", "query /b type must be true or false"),
        ("s=abcdef", "query /s maxLength must have at most 5 characters"),
        ("s=%ff", "query /s type must be valid UTF-8"),
        ("l=1&l=b", "query /l type must be an integer"),
        ("l=1&l=2&l=3&l=4", "query /l maxItems must have at most 3 items"),
    ] {
        assert_eq!(query(&document, text).await, Err(vec![expected.to_owned()]), "{text}");
    }
    let digits = "9".repeat(400);
    let far_out = "query /n maximum must be at most 100".to_owned();
    assert_eq!(query(&document, &format!("n={digits}")).await, Err(vec![far_out]));
}

#[tokio::test]
async fn a_parameter_is_refused_in_the_words_of_old() {
    let request = Request::post("/users?n=101&b=1").body(Body::empty()).unwrap();
    let contract = contract_of(ValidationMode::Default, &query_document());
    let outcome = send(contract, Operation::CreateUser, request).await;
    assert_eq!(sentence(outcome, 400), "Parameter validation failed for 'n': must be at most 100 (and 1 more)");
}

#[tokio::test]
async fn a_document_can_refuse_undeclared_query_parameters() {
    let mut document = query_document();
    document["x-undeclared-query-parameters"] = json!("refuse");
    assert_eq!(query(&document, "n=1").await, Ok(json!({"n": 1})));
    let expected = vec!["query /m additionalProperties is not allowed".to_owned()];
    assert_eq!(query(&document, "n=1&m=2").await, Err(expected));
    // Also where no query parameter is declared at all.
    let request = Request::post("/users?debug=1").header("content-type", "application/json");
    let request = request.body(Body::from(r#"{"email":"a@example.com","age":1}"#)).unwrap();
    let outcome = send(shared(ValidationMode::Strict), Operation::CreateUser, request).await;
    assert_eq!(sentence(outcome, 400), "Parameter validation failed for 'debug': is not allowed");
}

/// A document with a `deepObject` in its query, whose schema says this about undeclared members.
fn deep_document(additional: bool) -> Value {
    let schema = json!({
        "type": "object",
        "additionalProperties": additional,
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 5},
            "age": {"type": "integer", "minimum": 0},
            "ok": {"type": "boolean"}
        }
    });
    with_parameters(json!([
        {"name": "filter", "in": "query", "style": "deepObject", "explode": true, "schema": schema},
        {"name": "filters", "in": "query", "schema": {"type": "string"}}
    ]))
}

#[tokio::test]
async fn a_deep_object_is_put_together_from_its_members() {
    let document = deep_document(true);
    for (text, expected) in [
        ("", json!({})),
        ("filters=x", json!({"filters": "x"})),
        ("filter[name]=taro", json!({"filter": {"name": "taro"}})),
        (
            "filter%5Bname%5D=a+b&filter[age]=7&filter[ok]=true",
            json!({"filter": {"name": "a b", "age": 7, "ok": true}}),
        ),
        ("filter[name]=a&filter[more]=1", json!({"filter": {"name": "a", "more": "1"}})),
    ] {
        assert_eq!(query(&document, text).await, Ok(expected), "{text}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_deep_object_points_to_the_member() {
    let document = deep_document(false);
    for (text, expected) in [
        ("filter[age]=7", "query /filter/name required is required"),
        ("filter[name]=abcdef", "query /filter/name maxLength must have at most 5 characters"),
        ("filter[name]=a&filter[age]=-1", "query /filter/age minimum must be at least 0"),
        ("filter[name]=a&filter[age]=x", "query /filter/age type must be an integer"),
        ("filter[name]=a&filter[ok]=1", "query /filter/ok type must be true or false"),
        ("filter[name]=a&filter[name]=b", "query /filter/name type must be given only once"),
        ("filter[name]=a&filter[age]=%ff", "query /filter/age type must be valid UTF-8"),
        ("filter[name]=a&filter[x~/y]=1", "query /filter/x~0~1y additionalProperties is not allowed"),
        ("filter[name]=a&filter=1", "query /filter type must be given by its members, such as filter[member]=value"),
        (
            "filter[name]=a&filter[a][b]=1",
            "query /filter type must be given by its members, such as filter[member]=value",
        ),
        ("filter[name]=a&filter[]=1", "query /filter type must be given by its members, such as filter[member]=value"),
    ] {
        assert_eq!(query(&document, text).await, Err(vec![expected.to_owned()]), "{text}");
    }
}

#[tokio::test]
async fn undeclared_members_are_refused_where_undeclared_parameters_are() {
    let mut document = deep_document(true);
    document["x-undeclared-query-parameters"] = json!("refuse");
    let expected = [
        "query /filterx additionalProperties is not allowed",
        "query /filter/more additionalProperties is not allowed",
    ];
    let refused = query(&document, "filter[name]=a&filter[more]=1&filterx=1").await;
    assert_eq!(refused, Err(expected.map(str::to_owned).to_vec()));
    document["paths"]["/users"]["post"]["parameters"][0]["required"] = json!(true);
    assert_eq!(query(&document, "").await, Err(vec!["query /filter required is required".to_owned()]));
    document["paths"]["/users"]["post"]["parameters"][0]["schema"]["default"] = json!({"name": "x"});
    assert_eq!(query(&document, "").await, Ok(json!({"filter": {"name": "x"}})));
}

#[tokio::test]
async fn a_required_parameter_must_be_given() {
    let document = with_parameters(json!([
        {"name": "q", "in": "query", "required": true, "schema": {"type": "string"}},
        {"name": "X-Key", "in": "header", "required": true, "schema": {"type": "string"}}
    ]));
    let expected = ["query /q required is required", "header /X-Key required is required"];
    assert_eq!(query(&document, "").await, Err(expected.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn headers_are_found_by_any_spelling() {
    let document = with_parameters(json!([
        {"name": "X-Count", "in": "header", "schema": {"type": "integer"}},
        {"name": "X-List", "in": "header", "schema": {"type": "array", "items": {"type": "integer"}}},
        {"name": "Authorization", "in": "header", "schema": {"type": "integer"}}
    ]));
    let contract = || contract_of(ValidationMode::Default, &document);
    let request = Request::post("/users").header("x-cOUNT", "7").header("x-list", "1, 2").header("x-list", "3");
    let request = request.header("authorization", "ignored").body(Body::empty()).unwrap();
    let mut admitted = send(contract(), Operation::CreateUser, request).await.unwrap();
    assert_eq!(admitted.header::<Value>().unwrap(), json!({"X-Count": 7, "X-List": [1, 2, 3]}));
    let twice = Request::post("/users").header("x-count", "7").header("x-count", "7").body(Body::empty()).unwrap();
    let refused = send(contract(), Operation::CreateUser, twice).await;
    assert_eq!(violations(refused), ["header /X-Count type must be given only once"]);
    let bytes = Request::post("/users").header("x-count", &b"\xff"[..]).body(Body::empty()).unwrap();
    let refused = send(contract(), Operation::CreateUser, bytes).await;
    assert_eq!(violations(refused), ["header /X-Count type must be valid UTF-8"]);
}

#[tokio::test]
async fn path_parameters_are_decoded_and_checked() {
    let scopes = ["users:read".to_owned()];
    let token = keys().sign("user:1", &scopes, std::time::Duration::from_secs(60), chrono::Utc::now()).unwrap();
    for (id, expected) in [
        ("7", Ok(7)),
        ("%37", Ok(7)),
        ("9223372036854775807", Ok(i64::MAX)),
        ("9223372036854775808", Err("Parameter validation failed for 'user_id': must be at most 9223372036854775807")),
        ("0", Err("Parameter validation failed for 'user_id': must be at least 1")),
        ("007", Err("Parameter validation failed for 'user_id': must be an integer")),
        ("x", Err("Parameter validation failed for 'user_id': must be an integer")),
        ("%00", Err("Parameter validation failed for 'user_id': must be an integer")),
        ("%ff", Err("The path is not valid UTF-8")),
    ] {
        let request = Request::get(format!("/users/{id}")).header("authorization", format!("Bearer {token}"));
        let request = request.body(Body::empty()).unwrap();
        match send(shared(ValidationMode::Default), Operation::GetUser, request).await {
            Ok(mut admitted) => {
                assert_eq!(Ok(admitted.path::<Value>().unwrap()["user_id"].as_i64().unwrap()), expected)
            }
            refused => assert_eq!(Err(sentence(refused, 400).as_str()), expected),
        }
    }
}

#[tokio::test]
async fn every_time_that_the_validator_accepts_becomes_one() {
    let scopes = ["users:read".to_owned()];
    let token = keys().sign("user:1", &scopes, std::time::Duration::from_secs(60), chrono::Utc::now()).unwrap();
    for (time, valid) in [
        ("2026-01-31T09:30:00Z", true),
        ("2026-01-31t09:30:00z", true),
        ("2026-01-31T09:30:00.123456789012345Z", true),
        ("2026-01-31T09:30:00%2B09:00", true),
        ("2026-01-31T09:30:00-23:59", true),
        ("2016-12-31T23:59:60Z", true),
        ("0000-01-01T00:00:00Z", true),
        ("9999-12-31T23:59:59-23:59", true),
        ("2024-02-29T00:00:00Z", true),
        ("2026-02-29T00:00:00Z", false),
        ("2026-01-31T24:00:00Z", false),
        ("2026-01-31 09:30:00Z", false),
        ("2026-01-31T09:30:00", false),
        ("2026-01-31", false),
    ] {
        let request = Request::get(format!("/users?created_after={time}").replace(' ', "%20"));
        let request = request.header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap();
        match send(shared(ValidationMode::Default), Operation::ListUsers, request).await {
            Ok(mut admitted) => {
                assert!(valid, "{time}");
                let query = admitted.query::<crate::api::models::ListUsersQueryParams>();
                assert!(query.is_ok_and(|query| query.limit == 20 && query.created_after.is_some()), "{time}");
            }
            refused => {
                assert_eq!((sentence(refused, 400).contains("must be a date and time"), valid), (true, false), "{time}")
            }
        }
    }
}

proptest! {
    #[test]
    fn no_query_is_too_strange_to_answer(query in "([nxsblcd]?(=|%3D|\\[n\\]=)?[-+.0-9e%A-Fa-f,&]{0,12}&?){0,6}|.{0,40}") {
        let rules = rules(ValidationMode::Default, &query_document()).unwrap();
        let mut found = Violations::default();
        let values = rules.parameters.query(&query, &mut found);
        prop_assert!(values.contains_key("n") || found.into_result().is_err());
    }
}

#[tokio::test]
async fn a_version_that_the_contract_wants_named_is_missed_with_a_status_of_its_own() {
    let wanted = json!({"name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"}});
    let contract = contract_of(ValidationMode::Default, &document(json!({"parameters": [wanted]})));
    let send_with = |tag: Option<&str>| {
        let mut request = Request::post("/users");
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        send(Arc::clone(&contract), Operation::CreateUser, request.body(Body::empty()).unwrap())
    };
    assert_eq!(sentence(send_with(None).await, 428), "If-Match is required");
    assert!(send_with(Some("\"1\"")).await.is_ok());
}
