//! Request ids. That every answer has one, and the security headers, is checked for every answer of every test.

use axum::http::Method;

use crate::support::{Answer, Service, raw};

/// A request with this id.
async fn with_id(service: &Service, id: &str) -> Answer {
    service.send(service.request(Method::GET, "/livez").header("x-request-id", id)).await
}

#[tokio::test]
async fn a_sane_request_id_is_kept() {
    let service = Service::start().await;
    for id in ["a", "7f3c-42", "trace_01.span-2", &"x".repeat(128)] {
        assert_eq!(with_id(&service, id).await.header("x-request-id"), Some(id));
    }
    let refused = service.send(service.request(Method::GET, "/jobs").header("x-request-id", "mine-1")).await;
    assert_eq!(refused.json()["request_id"], "mine-1");
}

#[tokio::test]
async fn a_request_id_that_could_do_harm_is_replaced() {
    let service = Service::start().await;
    for id in ["", "a b", "<script>", "a\"b", "a,b", "a;b", &"x".repeat(129)] {
        let answer = with_id(&service, id).await;
        let own = answer.header("x-request-id").unwrap();
        assert!(own.parse::<uuid::Uuid>().is_ok(), "{id:?} became {own:?}");
    }
    let binary = "GET /livez HTTP/1.1\r\nhost: test\r\nx-request-id: \u{e9}\r\n\r\n";
    assert_ne!(raw::exchange(&service, binary).await.header("x-request-id"), Some("\u{e9}"));
}

#[tokio::test]
async fn every_request_without_an_id_gets_one_of_its_own() {
    let service = Service::start().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..20 {
        let answer = service.send(service.request(Method::GET, "/livez")).await;
        assert!(ids.insert(answer.header("x-request-id").unwrap().to_owned()));
    }
}

#[tokio::test]
async fn an_instance_is_the_path_that_was_asked_for() {
    let service = Service::start().await;
    for (path, instance) in [
        ("/users/99", "/users/99"),
        ("/jobs/7?limit=1", "/jobs/7"),
        ("/caf%C3%A9/%3Cb%3E", "/caf%C3%A9/%3Cb%3E"),
        ("/nowhere?email=taro@example.com", "/nowhere"),
    ] {
        assert_eq!(service.get(path).await.json()["instance"], instance);
    }
}
