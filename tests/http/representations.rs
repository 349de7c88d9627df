//! What an answer looks like: media types, versions, HEAD, compression.

use std::io::Read;

use axum::http::Method;

use crate::support::{ALL_SCOPES, Answer, Service, TARO, token};

async fn get_with(service: &Service, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = service.request(Method::GET, path).bearer_auth(token("tests", ALL_SCOPES));
    service.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told_what_there_is() {
    let service = Service::start().await;
    insta::assert_snapshot!(get_with(&service, "/users", &[("accept", "text/html")]).await);
    for (path, accept, status) in [
        ("/users", "application/json", 200),
        ("/users", "text/html, application/*;q=0.8", 200),
        ("/users", "application/problem+json", 406),
        ("/openapi.yaml", "application/yaml", 200),
        ("/openapi.yaml", "application/json", 406),
        ("/openapi.json", "application/yaml", 406),
        ("/metrics", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", 200),
        ("/livez", "image/png", 406),
        // An error is a problem document, whatever was asked for.
        ("/users/99", "application/json", 404),
    ] {
        assert_eq!(get_with(&service, path, &[("accept", accept)]).await.status, status, "{path} {accept}");
    }
    // Nothing was done.
    let request = service.request(Method::POST, "/users").header("content-type", "application/json");
    assert_eq!(service.send(request.header("accept", "text/html").body(TARO)).await.status, 406);
    assert_eq!(service.get("/users").await.json()["items"], serde_json::json!([]));
    // A deletion has no body to be of the wrong type.
    service.sign_up(TARO).await;
    let request = service.request(Method::DELETE, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    assert_eq!(service.send(request.header("accept", "text/html")).await.status, 204);
}

#[tokio::test]
async fn a_version_that_the_client_has_is_not_sent_again() {
    let service = Service::start().await;
    let created = service.sign_up(TARO).await;
    let tag = created.header("etag").unwrap().to_owned();
    for tags in [tag.as_str(), "*", &format!("\"x\", {tag}"), &format!("W/{tag}")] {
        let answer = get_with(&service, "/users/1", &[("if-none-match", tags)]).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{tags}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    for tags in ["\"x\"", "W/\"x\"", &tag[1..tag.len() - 1]] {
        assert_eq!(get_with(&service, "/users/1", &[("if-none-match", tags)]).await.status, 200, "{tags}");
    }
    let patch = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let patch = patch.header("content-type", "application/merge-patch+json").body(r#"{"age":26}"#);
    assert_eq!(service.send(patch).await.status, 200);
    assert_eq!(get_with(&service, "/users/1", &[("if-none-match", &tag)]).await.status, 200);
    assert_eq!(get_with(&service, "/users/99", &[("if-none-match", "*")]).await.status, 404);
}

#[tokio::test]
async fn head_of_a_user_has_its_version() {
    let service = Service::start().await;
    let created = service.sign_up(TARO).await;
    let head = service.request(Method::HEAD, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let answer = service.send(head).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("etag"), created.header("etag"));
    assert_eq!(answer.header("content-length"), Some(created.body.len().to_string().as_str()));
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_whoever_takes_it() {
    let service = Service::start().await;
    let plain = get_with(&service, "/openapi.json", &[]).await;
    assert_eq!(plain.header("content-encoding"), None);
    for (coding, accept) in [("gzip", "gzip"), ("br", "br"), ("br", "gzip, deflate, br"), ("gzip", "br;q=0, gzip")] {
        let request = service.request(Method::GET, "/openapi.json").header("accept-encoding", accept);
        let answer = service.send_unchecked(request).await;
        assert_eq!(answer.header("content-encoding"), Some(coding), "{accept}");
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "accept-encoding"));
        assert!(answer.body.len() * 5 < plain.body.len(), "{} of {}", answer.body.len(), plain.body.len());
        if coding == "gzip" {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut text).unwrap();
            assert_eq!(text, plain.body);
        }
    }
    let small = service.request(Method::GET, "/livez").header("accept-encoding", "gzip");
    assert_eq!(service.send(small).await.header("content-encoding"), None);
}

#[tokio::test]
async fn an_answer_with_a_version_is_sent_as_it_is() {
    let service = Service::start().await;
    let bio = "x".repeat(2000);
    let created = service.sign_up(format!(r#"{{"email":"taro@example.com","age":25,"bio":"{bio}"}}"#)).await;
    assert_eq!(created.status, 201);
    let answer = get_with(&service, "/users/1", &[("accept-encoding", "gzip")]).await;
    assert_eq!((answer.header("content-encoding"), &answer.body), (None, &created.body));
}

#[tokio::test]
async fn a_client_that_refuses_the_plain_answer_gets_it_all_the_same() {
    let service = Service::start().await;
    for (n, accept) in ["identity;q=0", "*;q=0", "gzip;q=0, IDENTITY; q=0.0"].into_iter().enumerate() {
        let request = service.request(Method::POST, "/users").header("content-type", "application/json");
        let body = format!(r#"{{"email":"{n}@example.com","age":25}}"#);
        assert_eq!(service.send(request.header("accept-encoding", accept).body(body)).await.status, 201, "{accept}");
        let lost = service.request(Method::GET, "/nowhere").header("accept-encoding", accept);
        assert_eq!(service.send(lost).await.refusal(), (404, "Path not found".to_owned()), "{accept}");
    }
}
