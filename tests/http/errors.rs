//! Requests that lead nowhere, and faults of our own: problem documents, all of them.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Method;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::database::is_postgres;
use crate::support::trouble::{UNAVAILABLE, fill_the_writer};
use crate::support::{Service, TARO};

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let service = Service::start().await;
    insta::assert_snapshot!(service.send(service.request(Method::GET, "/nowhere?secret=1")).await);
    for path in ["/", "/users/", "/users/1/", "/users/1/profile/x", "/USERS", "//users", "/openapi"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = service.send(service.request(method, path)).await;
            assert_eq!(answer.refusal(), (404, "Path not found".to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_which_ones_there_are() {
    let service = Service::start().await;
    for (method, path, expected) in [
        (Method::PUT, "/users", vec!["GET", "HEAD", "POST"]),
        (Method::PUT, "/users/1", vec!["DELETE", "GET", "HEAD", "PATCH"]),
        (Method::POST, "/users/1/profile", vec!["GET", "HEAD"]),
        (Method::DELETE, "/jobs", vec!["GET", "HEAD", "POST"]),
        (Method::POST, "/jobs/stats", vec!["GET", "HEAD"]),
        (Method::GET, "/jobs/1/cancel", vec!["POST"]),
        (Method::TRACE, "/health", vec!["GET", "HEAD"]),
        (Method::from_bytes(b"BREW").unwrap(), "/livez", vec!["GET", "HEAD"]),
    ] {
        let answer = service.send(service.request(method.clone(), path)).await;
        assert_eq!(answer.refusal(), (405, "Method not allowed".to_owned()), "{method} {path}");
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, expected, "{method} {path}");
    }
    insta::assert_snapshot!(service.send(service.request(Method::POST, "/livez")).await);
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let service = Service::start().await;
    for (path, status) in [("/livez", 200), ("/openapi.json", 200), ("/users/1", 401), ("/nowhere", 404)] {
        let got = service.send(service.request(Method::GET, path)).await;
        let head = service.send(service.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.body.as_slice()), (status, &b""[..]), "{path}");
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_fault_of_the_server_says_nothing_of_its_cause() {
    let service = Service::start().await;
    service.sql("DROP TABLE job_attempts; DROP TABLE job_queue").await;
    insta::assert_snapshot!(service.sign_up(TARO).await);
    insta::assert_snapshot!("reading", service.get("/jobs").await);
}

#[tokio::test]
async fn a_service_with_too_much_to_write_asks_to_come_again() {
    let service = Service::start().await;
    let hold = fill_the_writer(&service).await;
    let busy = service.sign_up(TARO).await;
    drop(hold);
    match is_postgres() {
        true => assert_eq!(busy.refusal(), (503, UNAVAILABLE.to_owned())),
        false => insta::assert_snapshot!(busy),
    }
    // What was refused was not stored, and the queue is worked off.
    crate::support::eventually("the service takes sign-ups again", async || {
        let answer = service.sign_up(TARO).await;
        (answer.status != 503).then(|| assert_eq!(answer.status, 201))
    })
    .await;
}

/// Panics once, at the first thing that is logged: a fault in the middle of a handler.
struct PanicOnce(AtomicBool);

impl Subscriber for PanicOnce {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("keiyaku") && metadata.is_event()
    }

    fn event(&self, event: &Event<'_>) {
        let from_handler = event.metadata().target().starts_with("keiyaku::contract");
        assert!(!from_handler || self.0.swap(true, Ordering::SeqCst), "a fault of the test's making");
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_panic_is_a_problem_like_any_other_and_the_service_goes_on() {
    let service = Service::with(&[("CORS_ALLOW_ORIGINS", "*")]).await;
    // The runtime of this test has one thread, so it covers the service.
    let _guard = tracing::subscriber::set_default(PanicOnce(AtomicBool::new(false)));
    let request = || service.request(Method::GET, "/jobs").bearer_auth("garbage").header("origin", "https://a.example");
    let answer = service.send(request()).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    insta::assert_snapshot!(answer);
    assert_eq!(service.send(request()).await.status, 401);
}
