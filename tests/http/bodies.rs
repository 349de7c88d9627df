//! Bodies that are not the JSON that the contract means: their syntax, type and size.

use axum::http::Method;

use crate::support::{Service, TARO, raw};

/// The sentence before what is wrong with the text.
const NOT_JSON: &str = "The body is not well-formed JSON: ";

#[tokio::test]
async fn text_that_is_not_json_is_refused_with_its_place() {
    let service = Service::start().await;
    for (body, expected) in [
        (&br#"{"email":"#[..], "EOF while parsing a value (line 1, column 9)"),
        (b"{", "EOF while parsing an object (line 1, column 1)"),
        (b"email=taro", "expected value (line 1, column 1)"),
        (b"{'email':1}", "key must be a string (line 1, column 2)"),
        (b"{\"email\":\"a\",}", "trailing comma (line 1, column 14)"),
        (b"{\"age\":NaN}", "expected value (line 1, column 8)"),
        (b"{\"age\":01}", "invalid number (line 1, column 9)"),
        (b"{} {}", "something follows the end of the JSON value (line 1, column 4)"),
        (b"{}x", "something follows the end of the JSON value (line 1, column 3)"),
        (b"{}\0", "something follows the end of the JSON value (line 1, column 3)"),
        (b"{\"email\":\"\xff\xfe\"}", "not valid UTF-8 (byte 11)"),
        (b"\xef\xbb\xbf{}", "expected value (line 1, column 1)"),
        (b"{\"name\":\"\\ud800\"}", "unexpected end of hex escape (line 1, column 16)"),
        (b"{\"name\":\"a\nb\"}", "control character (\\u0000-\\u001F) found while parsing a string (line 2, column 0)"),
        (b"{\"age\":1,\"age\":1}", "member 'age' occurs twice (line 1, column 14)"),
        (b"{\"age\":1,\"\\u0061ge\":2}", "member 'age' occurs twice (line 1, column 19)"),
        (b"{\"a\":[{\"b\":{\"c\":1,\"c\":2}}]}", "member 'c' occurs twice (line 1, column 21)"),
        (b"{\"a\":{\"\":1,\n\"\":2}}", "member '' occurs twice (line 2, column 2)"),
    ] {
        let answer = service.sign_up(body).await;
        assert_eq!(answer.refusal(), (400, format!("{NOT_JSON}{expected}")), "{}", String::from_utf8_lossy(body));
    }
    insta::assert_snapshot!(service.sign_up("{\"email\":").await);
}

#[tokio::test]
async fn nesting_ends_at_64_levels() {
    let service = Service::with(&[("VALIDATION_MODE", "flexible")]).await;
    // The body itself is the first level.
    let nested = |levels: usize| {
        format!(r#"{{"email":"a@example.com","age":1,"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1))
    };
    assert_eq!(service.sign_up(nested(64)).await.status, 201);
    for levels in [65, 1000, 100_000] {
        let answer = service.sign_up(nested(levels)).await;
        assert_eq!(answer.status, 400, "{levels}");
        assert!(answer.error().starts_with(&format!("{NOT_JSON}nested more than 64 levels deep (line 1, column 10")));
    }
}

#[tokio::test]
async fn a_body_that_is_missing_is_required() {
    let service = Service::start().await;
    let request = service.request(Method::POST, "/users").header("content-type", "application/json");
    insta::assert_snapshot!(service.send(request).await);
    let without_type = service.send(service.request(Method::POST, "/users")).await;
    assert_eq!(without_type.refusal(), (400, "The body is required".to_owned()));
    let empty_chunks = "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
                        transfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(raw::exchange(&service, empty_chunks).await.refusal(), (400, "The body is required".to_owned()));
    assert_eq!(service.sign_up(" \n").await.status, 400);
}

#[tokio::test]
async fn another_media_type_is_not_supported() {
    let service = Service::start().await;
    for media in [
        "text/plain",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "json",
        "",
    ] {
        let request = service.request(Method::POST, "/users").header("content-type", media).body(TARO);
        let answer = service.send(request).await;
        assert_eq!(answer.refusal(), (415, "The content type is not supported".to_owned()), "{media}");
    }
    insta::assert_snapshot!(service.send(service.request(Method::POST, "/users").body(TARO)).await);
    let compressed = service.request(Method::POST, "/users").header("content-type", "application/json");
    let answer = service.send(compressed.header("content-encoding", "gzip").body(TARO)).await;
    assert_eq!(answer.refusal(), (415, "The content encoding is not supported".to_owned()));
}

#[tokio::test]
async fn the_media_type_may_have_parameters_and_any_case() {
    let service = Service::start().await;
    for (n, media) in
        ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "application/json;v=1"].iter().enumerate()
    {
        let body = format!(r#"{{"email":"{n}@example.com","age":1}}"#);
        let request = service.request(Method::POST, "/users").header("content-type", *media).body(body);
        assert_eq!(service.send(request).await.status, 201, "{media}");
    }
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_read_and_a_larger_one_refused() {
    let service = Service::with(&[("BODY_LIMIT", "1024")]).await;
    let padded = |length: usize| format!("{TARO}{}", " ".repeat(length - TARO.len()));
    assert_eq!(service.sign_up(padded(1024)).await.status, 201);
    insta::assert_snapshot!(service.sign_up(padded(1025)).await);
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_before_the_body_comes() {
    let service = Service::start().await;
    let head = "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 262145\r\n\r\n";
    assert_eq!(raw::exchange(&service, head).await.status, 413);
}

#[tokio::test]
async fn a_body_without_a_length_is_refused_where_it_passes_the_limit() {
    let service = Service::with(&[("BODY_LIMIT", "1024")]).await;
    let head =
        "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    // The chunks never end.
    let chunk = format!("200\r\n{}\r\n", " ".repeat(512));
    assert_eq!(raw::exchange(&service, format!("{head}{}", chunk.repeat(3))).await.status, 413);
    let (first, last) = TARO.split_at(20);
    let whole = format!("{head}{:x}\r\n{first}\r\n{:x}\r\n{last}\r\n0\r\n\r\n", first.len(), last.len());
    assert_eq!(raw::exchange(&service, whole).await.status, 201);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let service = Service::with(&[("REQUEST_TIMEOUT", "100ms")]).await;
    let head = "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    insta::assert_snapshot!(raw::exchange(&service, head).await);
}

#[tokio::test]
async fn a_body_where_none_belongs_is_not_looked_at() {
    let service = Service::start().await;
    let request = service.request(Method::GET, "/livez").header("content-type", "text/plain").body("{{{");
    assert_eq!(service.send(request).await.status, 200);
}
