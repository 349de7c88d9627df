//! HTTPS by `TLS_CERT` and `TLS_KEY`.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::client::conn::{http1, http2};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::http::Connection;
use crate::support::{LIMIT, Scene, assert_success};

/// A connection by a client that trusts this certificate and offers these protocols.
async fn connect(port: u16, authority: CertificateDer<'static>, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(authority).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

fn sign_up(email: &str) -> Request<Body> {
    let request = Request::post("https://localhost/users").header("host", "localhost");
    let request = request.header("content-type", "application/json");
    request.body(Body::from(format!(r#"{{"email":"{email}@example.com","age":25}}"#))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn https_speaks_both_versions_and_plain_http_gets_no_answer() {
    let scene = Scene::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(scene.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(scene.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let server = scene.spawn(&[("TLS_CERT", "cert.pem"), ("TLS_KEY", "key.pem")]);
    let message = server.logged("listening on https://");
    let port = message.rsplit(':').next().unwrap().parse().unwrap();
    let authority = || made.cert.der().clone();

    let stream = connect(port, authority(), &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut two, driver) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(driver);
    assert_eq!(two.send_request(sign_up("two")).await.unwrap().status(), StatusCode::CREATED);

    // The service's own check takes its certificate, and no other's.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(scene.path("other.pem"), other.cert.pem()).unwrap();
    fs::write(scene.path("other-key.pem"), other.signing_key.serialize_pem()).unwrap();
    let port_text: String = u16::to_string(&port);
    for (certificate, key, code) in [("cert.pem", "key.pem", 0), ("other.pem", "other-key.pem", 1)] {
        let settings = [("PORT", port_text.as_str()), ("TLS_CERT", certificate), ("TLS_KEY", key)];
        let checked = scene.command(&["healthcheck"]).envs(settings).output().unwrap();
        assert_eq!(checked.status.code(), Some(code), "{certificate}: {checked:?}");
    }

    for protocols in [&["http/1.1"][..], &[]] {
        let stream = connect(port, authority(), protocols).await;
        let (mut one, driver) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        let email = format!("one{}", protocols.len());
        assert_eq!(one.send_request(sign_up(&email)).await.unwrap().status(), StatusCode::CREATED);
    }
    let mut plain = Connection::open(([127, 0, 0, 1], port).into()).unwrap();
    assert!(plain.get("/livez", None).is_err());
    drop(two);
    assert_success(server.stop().status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_after_the_handshake_is_given_up() {
    let scene = Scene::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(scene.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(scene.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let settings = [("TLS_CERT", "cert.pem"), ("TLS_KEY", "key.pem"), ("HEAD_TIMEOUT", "500ms")];
    let server = scene.spawn(&settings);
    let message = server.logged("listening on https://");
    let port = message.rsplit(':').next().unwrap().parse().unwrap();
    for protocol in ["h2", "http/1.1"] {
        let mut stream = connect(port, made.cert.der().clone(), &[protocol]).await;
        let mut rest = Vec::new();
        // With a word of farewell or without.
        let ended = tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{protocol}: still open");
    }
    let mut silent = Connection::open(([127, 0, 0, 1], port).into()).unwrap();
    assert!(silent.receive().is_err(), "not even a handshake");
    assert_success(server.stop().status);
}

#[test]
fn a_handshake_that_does_not_come_holds_no_stop_up() {
    let scene = Scene::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(scene.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(scene.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let settings = [("TLS_CERT", "cert.pem"), ("TLS_KEY", "key.pem"), ("SHUTDOWN_TIMEOUT", "5s")];
    let server = scene.spawn(&settings);
    let message = server.logged("listening on https://");
    let port = message.rsplit(':').next().unwrap().parse().unwrap();
    let _silent = Connection::open(([127, 0, 0, 1], port).into()).unwrap();
    // One that is behind it in line is served, so it has been taken.
    let mut other = Connection::open(([127, 0, 0, 1], port).into()).unwrap();
    assert!(other.get("/livez", None).is_err());
    let ended = server.stop();
    assert_success(ended.status);
    assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
}

#[test]
fn a_key_of_another_certificate_stops_the_start() {
    let scene = Scene::new();
    for name in ["one", "two"] {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(scene.path(&format!("{name}.crt")), made.cert.pem()).unwrap();
        fs::write(scene.path(&format!("{name}.key")), made.signing_key.serialize_pem()).unwrap();
    }
    let ended = scene.spawn(&[("TLS_CERT", "one.crt"), ("TLS_KEY", "two.key")]).ended();
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended.errors[0].contains("TLS_CERT=\"one.crt\": must be a file with a certificate chain"),
        "{:?}",
        ended.errors
    );
}
