//! `keiyaku healthcheck`. Over HTTPS: `tls.rs`.

use std::process::Output;

use crate::support::Scene;

/// Asks the service at this port.
fn check(scene: &Scene, port: u16) -> Output {
    // Wherever the service listens, it is reached at home.
    scene.command(&["healthcheck"]).env("HOST", "0.0.0.0").env("PORT", port.to_string()).output().unwrap()
}

#[test]
fn it_succeeds_while_the_service_is_ready_and_says_what_is_wrong_otherwise() {
    let scene = Scene::new();
    let server = scene.start::<&str>(&[("REQUEST_TIMEOUT", "400ms")]);
    let port = server.address().port();
    let ready = check(&scene, port);
    assert_eq!((ready.status.code(), ready.stdout.as_slice()), (Some(0), &b"ready\n"[..]), "{ready:?}");

    let held = scene.stuck();
    let stuck = check(&scene, port);
    drop(held);
    let said = String::from_utf8(stuck.stderr).unwrap();
    assert!(stuck.status.code() == Some(1) && said.contains("is not ready: it answered HTTP/1.1 503"), "{said}");

    server.stop();
    let gone = check(&scene, port);
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(gone.status.code() == Some(1) && said.contains("is the service running there?"), "{said}");
}
