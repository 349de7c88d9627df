//! What arrives, and over which connections.

use keiyaku::api::models::JobStatus;

use crate::support::{Server, Service, TARO};

#[tokio::test]
async fn the_welcome_mail_arrives_as_it_was_composed() {
    let server = Server::start(&[]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    service.ends(job, 1, JobStatus::Completed).await;
    let [message] = &server.messages().await[..] else { panic!("one message") };
    assert_eq!(message["sender"], "hello@keiyaku.example");
    assert_eq!(message["recipients"], serde_json::json!([TARO]));
    for (name, expected) in [
        ("From", "Keiyaku <hello@keiyaku.example>"),
        ("To", "=?utf-8?b?5aSq6YOO?= <taro@example.com>"),
        ("Subject", "Welcome"),
        ("Date", "Thu, 01 Jan 2026 00:00:00 +0000"),
        ("Message-ID", "<send_welcome_email-1-1767225600000000@keiyaku.example>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
    ] {
        assert_eq!(server.headers(name).await, [expected], "{name} in {message}");
    }
    let (_, body) = message["content"].as_str().unwrap().split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "Welcome, =E5=A4=AA=E9=83=8E!\r\n\r\nYour account is ready.\r\n");
    assert!(!service.has_outbox(), "the mail goes to the server and nowhere else");
}

#[tokio::test]
async fn opportunistic_tls_does_without_where_none_is_offered() {
    let server = Server::start(&[]).await;
    let service = Service::sending_to(&server.url("smtp", "", "?tls=opportunistic"), &[]);
    let job = service.welcome(TARO).await;
    service.ends(job, 1, JobStatus::Completed).await;
    assert_eq!(server.messages().await.len(), 1);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start(&[]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    for email in ["taro@example.com", "hanako@example.com", "jiro@example.com"] {
        let job = service.welcome(email).await;
        service.ends(job, 1, JobStatus::Completed).await;
    }
    assert_eq!((server.messages().await.len(), server.all("connection").await.len()), (3, 1));
}

#[tokio::test]
async fn a_server_that_was_restarted_gets_a_new_connection() {
    let server = Server::start(&[]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    service.ends(job, 1, JobStatus::Completed).await;
    let port = server.port();
    drop(server);
    let server = Server::on_port(port, &[]).await;
    let job = service.welcome("hanako@example.com").await;
    service.ends(job, 1, JobStatus::Completed).await;
    assert_eq!(server.messages().await.len(), 1);
}
