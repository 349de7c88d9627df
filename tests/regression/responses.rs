//! How requests come in and answers go out: order of the checks, protocol, streams, problems.

use axum::body::Bytes;
use reqwest::{Client, Method, StatusCode, Version};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Server, answer, token};

/// Sends bytes and reads what comes until the server has nothing more to say, or until `enough` has come.
async fn raw(server: &Server, request: &str, enough: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains(enough) {
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            read => text.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    text
}

#[tokio::test]
async fn authentication_comes_before_the_body_is_read() {
    let server = Server::start().await;
    let head = "POST /pets HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n";
    // The announced body never comes, and the answer does.
    let anonymous = raw(&server, &format!("{head}\r\n"), "Authorization header required").await;
    assert!(anonymous.starts_with("HTTP/1.1 401"), "{anonymous}");
    let bearer = token(&["pets:read"]);
    let forbidden = raw(&server, &format!("{head}authorization: Bearer {bearer}\r\n\r\n"), "\"status\":403").await;
    assert!(forbidden.starts_with("HTTP/1.1 403"), "{forbidden}");
}

#[tokio::test]
async fn no_host_header_is_needed() {
    let server = Server::start().await;
    let answer = raw(&server, "GET /pets/cat/found HTTP/1.1\r\n\r\n", "\"limit\":20").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let client = Client::builder().http2_prior_knowledge().build().unwrap();
    let response = client.get(format!("http://{}/pets/cat/found", server.address)).send().await.unwrap();
    assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
}

#[tokio::test]
async fn bad_input_is_answered_with_a_problem_document() {
    let server = Server::start().await;
    let request = |media: &str, body: &'static str| {
        server.request(Method::POST, "/orders").header("content-type", media.to_owned()).body(body)
    };
    for (media, body, status, error) in [
        ("application/json", "{", 400, "not well-formed JSON"),
        ("application/json", r#"{"email":"a","email":"b"}"#, 400, "'email' occurs twice"),
        ("text/plain", "{}", 415, "content type"),
    ] {
        let response = request(media, body).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.status(), status);
        let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!((&problem["status"], &problem["instance"]), (&status.into(), &"/orders".into()));
        let said = format!("{} {}", problem["error"], problem["detail"]).to_lowercase();
        assert!(said.contains(&error.to_lowercase()), "{problem}");
    }
}

#[tokio::test]
async fn events_are_sent_as_they_happen() {
    let mut server = Server::start().await;
    let mut response = server.request(Method::GET, "/events").send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["content-type"]),
        (StatusCode::OK, &"text/event-stream".parse().unwrap())
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    for event in ["id: 1\ndata: <b>\n\n", "id: 2\ndata: &\n\n"] {
        server.events.send(Bytes::from(event)).await.unwrap();
        // The next event has not been made yet, so this one did not wait for it.
        assert_eq!(response.chunk().await.unwrap().unwrap(), event);
    }
    server.events = tokio::sync::mpsc::channel(1).0;
    assert_eq!(response.chunk().await.unwrap(), None, "the stream ends when nobody makes events any more");
}

#[tokio::test]
async fn a_default_response_is_a_problem_and_no_variant() {
    let server = Server::start().await;
    let delete = |problem: bool| answer(server.request(Method::DELETE, &format!("/events?problem={problem}")));
    assert_eq!(delete(false).await, (204, Value::Null));
    let (status, problem) = delete(true).await;
    assert_eq!((status, &problem["error"]), (409, &"Nobody is watching".into()));
}

#[tokio::test]
async fn a_planned_operation_says_that_it_is_not_there_yet() {
    let (status, problem) = Server::start().await.get("/someday").await;
    assert_eq!((status, &problem["status"]), (501, &501.into()));
    assert_eq!(problem["error"], "This operation is not available yet");
    assert_eq!(problem["detail"], "The operation someday is planned.");
}

#[tokio::test]
async fn whatever_a_deprecated_operation_answers_says_since_when_and_until_when() {
    let server = Server::start().await;
    let end = |path: &str| {
        let request = server.request(Method::GET, path);
        async move {
            let response = request.send().await.unwrap();
            let text = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            (response.status().as_u16(), text("deprecation"), text("sunset"))
        }
    };
    let (since, until) = (Some("@1796083200".to_owned()), Some("Wed, 01 Dec 2027 00:00:00 GMT".to_owned()));
    assert_eq!(end("/pets/cat/found").await, (200, since.clone(), until.clone()));
    assert_eq!(end("/pets/cat/found?limit=7").await, (400, since, until));
    assert_eq!(end("/someday").await, (501, None, None));
}
