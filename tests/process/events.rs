//! The stream of events across processes, and its end with the server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::http::Connection;
use crate::support::process::Process;
use crate::support::{LIMIT, Scene, assert_success};

/// Opens a stream and reads its head. An answer to HTTP/1.0 comes as it is, without chunks.
fn follow(server: &Process, token: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET /jobs/events HTTP/1.0\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    assert!(line(&mut stream).unwrap().contains(" 200 "));
    while !line(&mut stream).unwrap().starts_with("id: ") {}
    stream
}

/// The next line; `None` at the end.
fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    (!line.is_empty()).then_some(line)
}

#[test]
fn what_another_process_does_is_told_at_once_and_the_stream_ends_with_the_server() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let token = scene.token("jobs:read");
    let mut stream = follow(&server, &token);
    let worker = scene.spawn_worker(&[("WORKER_COUNT", "4")]);
    let mut connection = Connection::open(server.address()).unwrap();
    for number in 0..20 {
        assert_eq!(connection.sign_up(&format!("user-{number}@example.com")).unwrap().status, 201);
    }
    let mut seen = BTreeMap::new();
    // Each user's check-in and welcome.
    while seen.len() < 40 || seen.values().any(|status| status != "completed") {
        let line = line(&mut stream).expect("the stream goes on");
        if let Some(data) = line.strip_prefix("data: ") {
            let job: Value = serde_json::from_str(data).unwrap();
            seen.insert(job["id"].as_i64().unwrap(), job["status"].as_str().unwrap().to_owned());
        }
    }
    assert_success(worker.stop().status);

    let told = Instant::now();
    server.terminate();
    while line(&mut stream).is_some() {}
    assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    let ended = server.ended();
    assert_success(ended.status);
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}
