//! The versions of HTTP.

use axum::http::{Method, Version};
use reqwest::Client;

use crate::support::{ALL_SCOPES, Answer, Service, TARO, raw, token};

#[tokio::test]
async fn http_2_works_without_an_upgrade() {
    let service = Service::start().await;
    let client = Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let request = |method: Method, path: &str| client.request(method, format!("http://{}{path}", service.address));
    let sign_up = || request(Method::POST, "/users").header("content-type", "application/json");
    let authorized = |path: &str| request(Method::GET, path).bearer_auth(token("tests", ALL_SCOPES));
    for (request, status) in [
        (sign_up().body(TARO), 201),
        (sign_up().body(TARO), 409),
        (sign_up().body("{"), 400),
        (sign_up(), 400),
        (authorized("/users/1"), 200),
        (authorized("/jobs"), 200),
        (request(Method::GET, "/jobs"), 401),
        (request(Method::GET, "/nowhere"), 404),
        (request(Method::PUT, "/users"), 405),
        (request(Method::HEAD, "/livez"), 200),
    ] {
        let answer = service.send(request).await;
        assert_eq!((answer.version, answer.status), (Version::HTTP_2, status), "{answer}");
    }
}

#[tokio::test]
async fn http_1_0_needs_no_host() {
    let service = Service::start().await;
    let head = |length: usize| {
        format!("POST /users HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n")
    };
    let created = raw::exchange(&service, format!("{}{TARO}", head(TARO.len()))).await;
    assert_eq!((created.status, created.header("location")), (201, Some("/users/1")), "{created}");
    let authorization = format!("authorization: Bearer {}", token("tests", ALL_SCOPES));
    let read = raw::exchange(&service, format!("GET /users/1 HTTP/1.0\r\n{authorization}\r\n\r\n")).await;
    assert_eq!(read.json(), created.json());
    let lost = raw::exchange(&service, "GET /nowhere HTTP/1.0\r\n\r\n").await;
    assert_eq!(lost.refusal(), (404, "Path not found".to_owned()));
}

/// What a GET of this version with these lines for a head is answered.
async fn with_head(service: &Service, version: &str, head: &str) -> Answer {
    raw::exchange(service, format!("GET /livez {version}\r\n{head}\r\n")).await
}

#[tokio::test]
async fn a_request_has_one_host_that_can_be_read() {
    let service = Service::with(&[("CORS_ALLOW_ORIGINS", "*")]).await;
    for head in [
        "",
        "host: a.example\r\nhost: a.example\r\n",
        "host: a.example, b.example\r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: me@a.example\r\n",
        "host: a.example:http\r\n",
        "host: a.example:80:80\r\n",
        "host: ::1\r\n",
        "host: [::1\r\n",
        "host: [::1]x\r\n",
        "host: a%zz\r\n",
        "host: \u{e9}\r\n",
    ] {
        let answer = with_head(&service, "HTTP/1.1", &format!("origin: https://app.example\r\n{head}")).await;
        let refusal = (400, "The request needs one Host header that names a host".to_owned());
        assert_eq!(answer.refusal(), refusal, "{head:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{head:?}");
    }
    for host in ["a.example", "a.example:8080", "a.example:", "[::1]", "[::1]:80", "127.0.0.1", "a_b%20c!", ""] {
        assert_eq!(with_head(&service, "HTTP/1.1", &format!("host: {host}\r\n")).await.status, 200, "{host:?}");
    }
    assert_eq!(with_head(&service, "HTTP/1.0", "").await.status, 200);
    assert_eq!(with_head(&service, "HTTP/1.0", "host: a\r\nhost: a\r\n").await.status, 400);
}

#[tokio::test]
async fn a_preflight_has_a_host_too() {
    let service = Service::start().await;
    let preflight = "OPTIONS /livez HTTP/1.1\r\naccess-control-request-method: GET\r\n\r\n";
    assert_eq!(raw::first_line(&service, preflight).await, "HTTP/1.1 400 Bad Request");
}

#[tokio::test]
async fn a_target_that_is_a_whole_uri_is_understood() {
    let service = Service::start().await;
    let line =
        raw::first_line(&service, "GET http://proxy.example/livez HTTP/1.1\r\nhost: proxy.example\r\n\r\n").await;
    assert_eq!(line, "HTTP/1.1 200 OK");
}
