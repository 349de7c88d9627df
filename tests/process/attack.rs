//! Clients that mean harm, beside one that does not: it stays served, and nothing of ours breaks or grows.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::http::{Connection, sign_up_head, user};
use crate::support::process::Process;
use crate::support::{LIMIT, Scene, assert_success, eventually};

/// What the server may hold in memory at most, in KiB; 40 MiB of it are the pages of a build without optimisations.
const MOST_MEMORY: u64 = 100 * 1024;
/// What one answer to the well-meaning client may take beside the attack, in a build without optimisations.
const SLOWEST: Duration = Duration::from_secs(2);

/// Sends bytes and reads until the server ends the connection or answers; the status, or `None` for a closed connection.
fn provoke(address: SocketAddr, parts: &[&[u8]]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    for part in parts {
        // The server may have had enough before all is sent.
        if stream.write_all(part).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8_lossy(&answer);
    text.strip_prefix("HTTP/1.").map(|rest| rest[2..5].parse().unwrap())
}

fn sign_up_with(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut request = format!(
        "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// Each attack with a name, what is sent, and the statuses that are right beside a closed connection.
fn attacks() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let get = |more: &str| format!("GET /users HTTP/1.1\r\nhost: test\r\n{more}\r\n").into_bytes();
    let headers: String = (0..10_000).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let nested = |open: &str, close: &str| {
        format!(r#"{{"email":"a@example.com","age":1,"x":{}1{}}}"#, open.repeat(5000), close.repeat(5000)).into_bytes()
    };
    let post = "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";
    let inner = "GET /health HTTP/1.1\r\nhost: test\r\n\r\n";
    vec![
        ("a body of 10 MB", sign_up_with(&vec![b' '; 10_000_000]), &[413]),
        ("10,000 headers", get(&headers), &[431]),
        ("a header of 100 KB", get(&format!("x: {}\r\n", "x".repeat(100_000))), &[431]),
        (
            "a path of 100 KB",
            format!("GET /{} HTTP/1.1\r\nhost: test\r\n\r\n", "x".repeat(100_000)).into_bytes(),
            &[414, 431],
        ),
        ("5,000 arrays deep", sign_up_with(&nested("[", "]")), &[400]),
        ("5,000 objects deep", sign_up_with(&nested(r#"{"a":"#, "}")), &[400]),
        ("half of 5,000 deep", sign_up_with("[".repeat(5000).as_bytes()), &[400]),
        ("invalid UTF-8", sign_up_with(b"{\"email\":\"\xff\xfe@example.com\",\"age\":1}"), &[400]),
        ("an overlong NUL", sign_up_with(b"{\"email\":\"\xc0\x80@example.com\",\"age\":1}"), &[400]),
        ("a lone surrogate", sign_up_with(br#"{"email":"\ud800@example.com","age":1}"#), &[400]),
        ("binary", (0..=255).cycle().take(10_000).collect(), &[400]),
        (
            "two lengths",
            format!("{post}content-length: 5\r\ncontent-length: 6\r\n\r\n{{}}   {inner}").into_bytes(),
            &[400],
        ),
        (
            "length and chunks",
            format!("{post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}").into_bytes(),
            &[400],
        ),
        (
            "chunks under another name",
            format!("{post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{inner}").into_bytes(),
            &[400],
        ),
        (
            "a chunk without a size",
            format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n").into_bytes(),
            &[400],
        ),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n{inner}").into_bytes(), &[400]),
        ("a length beyond all", format!("{post}content-length: 99999999999999999999\r\n\r\n").into_bytes(), &[400]),
        ("a space before the colon", get("content-length : 5\r\n"), &[400]),
        ("a folded header", get("x: a\r\n b\r\n"), &[400, 401]),
        ("NUL in a header", get("x: a\0b\r\n"), &[400]),
        ("a line feed alone", b"GET /users HTTP/1.1\nhost: test\n\n".to_vec(), &[400, 401]),
        ("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), &[400]),
        ("half of HTTP/2", b"PRI * HTTP/2.0\r\n\r\n".to_vec(), &[400]),
    ]
}

#[test]
fn every_attack_gets_its_answer_or_a_closed_connection_beside_traffic_that_stays_served() {
    let scene = Scene::new();
    let server = scene.start(&[("HEAD_TIMEOUT", "2s"), ("REQUEST_TIMEOUT", "2s"), ("DURABILITY", "normal")]);
    let address = server.address();
    let half_open: Vec<TcpStream> = (0..200).map(|number| half_open(address, number)).collect();
    let healthy = Healthy::start(address);

    for (name, request, right) in attacks() {
        if let Some(status) = provoke(address, &[&request]) {
            assert!(right.contains(&status), "{name}: {status}");
        }
    }
    thousand_bad_tokens(address);
    for mut stream in half_open {
        // Sooner or later each of them is at its end, with or without a word.
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        let text = String::from_utf8_lossy(&rest);
        assert!(ended.is_ok() || rest.is_empty(), "{ended:?}");
        assert!(rest.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}");
    }
    let (served, slowest) = healthy.stop();
    assert!(served > 50, "{served} requests were served");
    assert!(slowest < SLOWEST, "the slowest answer took {slowest:?}");
    assert!(memory(&server) < MOST_MEMORY, "{} KiB", memory(&server));
    let ended = server.stop();
    assert_success(ended.status);
    let faults: Vec<_> = ended.log.iter().filter(|line| line.contains("panic") || line.contains("\"ERROR\"")).collect();
    assert!(faults.is_empty() && ended.errors.is_empty(), "{faults:?} {:?}", ended.errors);
    assert!(!ended.log.iter().any(|line| line.contains("\"status\":5")), "no answer was a fault of ours");
}

/// Connections that say nothing, a part of a head, or a part of a body.
fn half_open(address: SocketAddr, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let body = user("late@example.com");
    let head = format!("{}\r\n", sign_up_head(&body));
    let begun: &str = match number % 5 {
        0 => "",
        1 => "PO",
        2 => "PRI * HT",
        3 => &head[..head.len() - 2],
        _ => &head,
    };
    stream.write_all(begun.as_bytes()).unwrap();
    stream
}

fn thousand_bad_tokens(address: SocketAddr) {
    let mut connection = Connection::open(address).unwrap();
    for number in 0..1000 {
        let token = match number % 4 {
            0 => format!("{number}"),
            1 => "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.".to_owned(),
            2 => "x".repeat(8000),
            _ => format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.{number:043}"),
        };
        assert_eq!(connection.get("/users", Some(&token)).unwrap().status, 401);
    }
}

/// A client that signs up and reads, one request after another, until it is stopped.
struct Healthy {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<(usize, Duration)>,
}

impl Healthy {
    fn start(address: SocketAddr) -> Healthy {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let (mut served, mut slowest) = (0, Duration::ZERO);
            let mut connection = Connection::open(address).unwrap();
            while !stopped.load(Ordering::SeqCst) {
                let sent = Instant::now();
                assert_eq!(connection.sign_up(&format!("user{served}@example.com")).unwrap().status, 201);
                assert_eq!(connection.get("/livez", None).unwrap().status, 200);
                slowest = slowest.max(sent.elapsed());
                served += 1;
            }
            (served, slowest)
        });
        Healthy { stop, thread }
    }

    fn stop(self) -> (usize, Duration) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// The most memory that the process has held, in KiB.
fn memory(server: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn connections_above_the_limit_wait_for_a_place() {
    let scene = Scene::new();
    let server = scene.start(&[("MAX_CONNECTIONS", "3"), ("HEAD_TIMEOUT", "1s")]);
    let silent: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    // Served when the silent ones have been given up.
    let mut connection = Connection::open(server.address()).unwrap();
    assert_eq!(connection.get("/livez", None).unwrap().status, 200);
    for mut stream in silent {
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        eventually("the silent connection is closed", || matches!(stream.read(&mut [0; 1]), Ok(0)).then_some(()));
    }
}
