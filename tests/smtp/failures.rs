//! Which failures end a job at once, which are tried again, and what is kept of them.

use keiyaku::api::models::JobStatus;
use tokio::net::TcpSocket;

use crate::support::{Server, Service, TARO, eventually};

#[tokio::test]
async fn a_recipient_refused_for_good_ends_the_job() {
    let server = Server::start(&["--rcpt", "550 5.1.1 <ADDRESS>: no such user here"]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::Failed).await;
    assert_eq!(error, "the mail server refused the message: it answered 550");
    assert!(server.messages().await.is_empty());
}

#[tokio::test]
async fn a_message_refused_for_good_ends_the_job() {
    let server = Server::start(&["--data", "554 5.7.1 not wanted by taro"]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::Failed).await;
    assert_eq!(error, "the mail server refused the message: it answered 554");
}

#[tokio::test]
async fn a_message_refused_for_now_is_sent_again_as_the_same() {
    let server = Server::start(&["--rcpt", "450 4.2.0 <ADDRESS>: greylisted", "--data", "451 4.3.0 try later"]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: it answered 450");
    service.an_hour_passes();
    let error = service.fails(job, 2, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: it answered 451");
    service.an_hour_passes();
    service.ends(job, 3, JobStatus::Completed).await;
    let id = "<send_welcome_email-1-1767225600000000@keiyaku.example>";
    assert_eq!(server.headers("Message-ID").await, [id, id]);
}

#[tokio::test]
async fn a_server_that_turns_everybody_away_says_nothing_about_the_message() {
    let server = Server::start(&["--greeting", "554 5.3.2 no service for taro"]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: it answered 554");
}

#[tokio::test]
async fn what_is_not_smtp_is_tried_again() {
    let server = Server::start(&["--greeting", "SSH-2.0-taro@example.com"]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: it hung up, or its answer is not SMTP");
}

#[tokio::test]
async fn a_server_that_never_greets_is_given_up_and_tried_again() {
    let server = Server::start(&["--greeting", ""]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[("SMTP_TIMEOUT", "300ms")]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: no answer within 300ms");
    service.an_hour_passes();
    service.fails(job, 2, JobStatus::RetryPending).await;
    eventually("the second connection", async || (server.all("connection").await.len() == 2).then_some(())).await;
}

#[tokio::test]
async fn a_connection_that_was_given_up_is_not_used_again() {
    let server = Server::start(&["--data", "silence"]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[("SMTP_TIMEOUT", "1s")]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: no answer within 4s");
    service.an_hour_passes();
    service.ends(job, 2, JobStatus::Completed).await;
    let connections: Vec<_> = server.messages().await.iter().map(|message| message["connection"].clone()).collect();
    assert_eq!(connections, [1, 2]);
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_again() {
    // Bound and not listening: nobody else gets the port, and connections are refused.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let service = Service::sending_to(&format!("smtp://localhost:{port}"), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: Connection refused (os error 111)");
    drop(socket);
    let server = Server::on_port(port, &[]).await;
    service.an_hour_passes();
    service.ends(job, 2, JobStatus::Completed).await;
    assert_eq!(server.messages().await.len(), 1);
}

#[tokio::test]
async fn an_address_that_is_none_ends_the_job() {
    let server = Server::start(&[]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome("taro").await;
    let error = service.fails(job, 1, JobStatus::Failed).await;
    assert_eq!(error, "the message cannot be composed: the address is not one that mail goes to");
    assert!(server.all("connection").await.is_empty());
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_ends_the_job() {
    let server = Server::start(&[]).await;
    let service = Service::sending_to(&server.url("smtp", "", ""), &[]);
    let job = service.welcome("太郎@example.com").await;
    let error = service.fails(job, 1, JobStatus::Failed).await;
    assert!(error.starts_with("the mail server refused the message: ") && error.ends_with("SMTPUTF8"), "{error}");
    assert!(server.messages().await.is_empty());
}
