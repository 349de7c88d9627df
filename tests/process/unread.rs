//! Clients that do not take what they have asked for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::support::http::Connection;
use crate::support::{LIMIT, Scene, assert_success};

#[test]
fn clients_that_do_not_read_their_answers_are_given_up() {
    let scene = Scene::new();
    let server = scene.start(&[("MAX_CONNECTIONS", "5"), ("HEAD_TIMEOUT", "1s")]);
    let deaf: Vec<TcpStream> = (0..5)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let document = "GET /openapi.json HTTP/1.1\r\nhost: test\r\n\r\n";
            stream.write_all(document.repeat(200).as_bytes()).unwrap();
            stream
        })
        .collect();
    // Served when a place is free again.
    let mut connection = Connection::open(server.address()).unwrap();
    assert_eq!(connection.get("/livez", None).unwrap().status, 200);
    drop(deaf);
    assert_success(server.stop().status);
}

/// A client of HTTP/2 that grants every stream the same few bytes, and answers whatever the protocol wants answered.
struct Miser(TcpStream);

/// The frames that matter here (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_OF_STREAM_AND_HEADERS: u8 = 5;
const ACKNOWLEDGED: u8 = 1;

impl Miser {
    fn connect(address: SocketAddr, window: u32) -> Miser {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut miser = Miser(stream);
        miser.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        // SETTINGS_INITIAL_WINDOW_SIZE
        miser.send(SETTINGS, 0, 0, &[&[0, 4], &window.to_be_bytes()[..]].concat());
        miser
    }

    /// Asks for the document, which is more than any window here.
    fn ask(&mut self, stream: u32) {
        // `:method: GET` and `:scheme: http` from HPACK's table, `:path` and `:authority` as they are.
        let head = [b"\x82\x86\x04\x0d/openapi.json".as_slice(), b"\x01\x04test"].concat();
        self.send(HEADERS, END_OF_STREAM_AND_HEADERS, stream, &head);
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        // The server may be gone by now, which is read next.
        let _ = self.0.write_all(&[&head, payload].concat());
    }

    /// Answers until the server ends the connection; how many answers have begun, and the bytes of them that came.
    fn until_the_end(&mut self) -> (usize, usize) {
        let (mut begun, mut bytes) = (0, 0);
        let mut head = [0; 9];
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < LIMIT, "the connection is held");
            match self.0.read_exact(&mut head) {
                Ok(()) => {}
                Err(_) => return (begun, bytes),
            }
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            self.0.read_exact(&mut payload).unwrap();
            match (head[3], head[4]) {
                (SETTINGS, 0) => self.send(SETTINGS, ACKNOWLEDGED, 0, &[]),
                (PING, 0) => self.send(PING, ACKNOWLEDGED, 0, &payload),
                (HEADERS, _) => begun += 1,
                (DATA, _) => bytes += payload.len(),
                _ => {}
            }
        }
    }
}

#[test]
fn http_2_clients_that_open_no_window_are_given_up_although_they_answer_pings() {
    let scene = Scene::new();
    let server = scene.start(&[("HEAD_TIMEOUT", "500ms")]);
    for window in [0, 1] {
        let mut miser = Miser::connect(server.address(), window);
        miser.ask(1);
        miser.ask(3);
        assert_eq!(miser.until_the_end(), (2, 2 * window as usize));
    }
    assert_success(server.stop().status);
}
