//! TLS, and who is trusted.

use keiyaku::api::models::JobStatus;

use crate::support::{Server, Service, TARO};

/// Certificate file and all, as the server's certificate wants it.
fn trusting(server: &Server, url: &str) -> Service {
    Service::sending_to(url, &[("SMTP_CA_FILE", server.ca_file().to_str().unwrap())])
}

/// Asserts that one message came, and all that was said about it was encrypted.
async fn assert_came_encrypted(server: &Server) {
    assert_eq!(server.messages().await.len(), 1);
    for event in ["recipient", "message"] {
        let told = server.all(event).await;
        assert!(told.iter().all(|told| told["encrypted"] == true), "{told:?}");
    }
}

#[tokio::test]
async fn starttls_with_a_private_authority() {
    for rest in ["?tls=required", "?tls=opportunistic"] {
        let server = Server::start(&["--security", "starttls"]).await;
        let service = trusting(&server, &server.url("smtp", "", rest));
        let job = service.welcome(TARO).await;
        service.ends(job, 1, JobStatus::Completed).await;
        assert_came_encrypted(&server).await;
    }
}

#[tokio::test]
async fn implicit_tls_with_a_private_authority() {
    let server = Server::start(&["--security", "implicit"]).await;
    let service = trusting(&server, &server.url("smtps", "", ""));
    let job = service.welcome(TARO).await;
    service.ends(job, 1, JobStatus::Completed).await;
    assert_came_encrypted(&server).await;
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_is_not_trusted() {
    let other = Server::start(&["--security", "implicit"]).await;
    let ca_file = other.ca_file();
    let another_authority = ("SMTP_CA_FILE", ca_file.to_str().unwrap());
    for (security, scheme, rest) in [
        ("starttls", "smtp", "?tls=required"),
        // Not even where clear text would do, had the server not offered more.
        ("starttls", "smtp", "?tls=opportunistic"),
        ("implicit", "smtps", ""),
    ] {
        let server = Server::start(&["--security", security, "--login", "me:hunter2"]).await;
        for variables in [&[][..], &[another_authority]] {
            let service = Service::sending_to(&server.url(scheme, "me:hunter2@", rest), variables);
            let job = service.welcome(TARO).await;
            let error = service.fails(job, 1, JobStatus::RetryPending).await;
            let expected = "the mail server did not take the message: invalid peer certificate: UnknownIssuer";
            assert_eq!(error, expected, "{scheme}{rest}");
        }
        assert!(server.all("login").await.is_empty() && server.all("recipient").await.is_empty());
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let server = Server::start(&["--security", "implicit", "--name", "mail.example"]).await;
    let service = trusting(&server, &server.url("smtps", "", ""));
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert!(error.contains("certificate not valid for name \"localhost\""), "{error}");
    assert!(server.all("recipient").await.is_empty());
}

#[tokio::test]
async fn required_tls_that_is_not_offered_is_not_done_without() {
    let server = Server::start(&["--login", "me:hunter2"]).await;
    let service = Service::sending_to(&server.url("smtp", "me:hunter2@", "?tls=required"), &[]);
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: STARTTLS is not supported on this server");
    assert!(server.all("login").await.is_empty() && server.all("recipient").await.is_empty());
}

#[tokio::test]
async fn user_and_password_come_from_the_url() {
    let server = Server::start(&["--security", "starttls", "--login", "me@keiyaku.example:hunter:2"]).await;
    let login = "me%40keiyaku.example:hunter%3A2@";
    let service = trusting(&server, &server.url("smtp", login, "?tls=required"));
    let job = service.welcome(TARO).await;
    service.ends(job, 1, JobStatus::Completed).await;
    assert_came_encrypted(&server).await;
    assert_eq!(server.all("login").await, [serde_json::json!({"event": "login", "right": true, "encrypted": true})]);
}

#[tokio::test]
async fn a_wrong_password_says_nothing_about_the_message() {
    let server = Server::start(&["--security", "starttls", "--login", "me:hunter2"]).await;
    let service = trusting(&server, &server.url("smtp", "me:hunter3@", "?tls=required"));
    let job = service.welcome(TARO).await;
    let error = service.fails(job, 1, JobStatus::RetryPending).await;
    assert_eq!(error, "the mail server did not take the message: it answered 535");
}
