//! Replays the matrix: every row, in every mode, on the real binary.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Version};
use keiyaku::contract::ValidationMode;
use serde_json::Value;

use crate::matrix::{Request, Row, rows};
use crate::support::{ALL_SCOPES, Answer, Server, spec, token};

/// What the matrix must not shrink below.
const FEWEST_ROWS: usize = 700;

#[test]
fn every_row_has_a_name_of_its_own() {
    let rows = rows();
    let mut names = HashSet::new();
    let twice: Vec<&str> = rows.iter().map(|row| row.name.as_str()).filter(|name| !names.insert(*name)).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(rows.len() >= FEWEST_ROWS, "only {} rows", rows.len());
}

#[test]
fn every_row_has_its_outcome_in_default_mode() {
    replay(ValidationMode::Default);
}

#[test]
fn every_row_has_its_outcome_in_flexible_mode() {
    replay(ValidationMode::Flexible);
}

#[test]
fn every_row_has_its_outcome_in_strict_mode() {
    replay(ValidationMode::Strict);
}

fn replay(mode: ValidationMode) {
    let rows = rows();
    // Without workers nothing changes but by what a row does.
    let scene = Scene { server: Server::start(mode, &["serve", "--no-worker"]), users: Cell::new(0) };
    let mut wrong = Vec::new();
    for row in rows {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| scene.replay(&row))) {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            wrong.push(format!("{}\n  {}", row.name, said.unwrap_or_default().replace('\n', "\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{mode} mode, {} rows:\n{}", wrong.len(), wrong.join("\n"));
}

struct Scene {
    server: Server,
    users: Cell<u32>,
}

impl Scene {
    fn replay(&self, row: &Row) {
        let answer = self.exchange(&row.request(&self.values(row)));
        let expected = row.outcome(self.server.mode);
        match expected {
            Value::Number(status) => assert_eq!(u64::from(answer.status), status.as_u64().unwrap(), "{answer}"),
            Value::String(refusal) => assert_refused(refusal, &answer),
            Value::Array(violations) => assert_violations(violations, &answer),
            Value::Object(parts) => assert_parts(parts, &answer),
            _ => panic!("no outcome: {expected}"),
        }
    }

    /// Values for the placeholders: a row that speaks of a user gets one that no other row has, and so with jobs.
    fn values(&self, row: &Row) -> Vec<(&'static str, String)> {
        let mut values = vec![("email", self.fresh_email())];
        if row.mentions("${user}") || row.mentions("${taken}") || row.mentions("${etag}") {
            let taken = self.fresh_email();
            let answer = self.post("/users", format!(r#"{{"email":"{taken}","age":25}}"#));
            values.push(("user", answer.json()["id"].to_string()));
            values.push(("etag", answer.header("etag").unwrap().to_owned()));
            values.push(("taken", taken));
        }
        if row.mentions("${job}") {
            let answer = self.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#.to_owned());
            values.push(("job", answer.json()["id"].to_string()));
        }
        values
    }

    fn fresh_email(&self) -> String {
        self.users.set(self.users.get() + 1);
        format!("row{}@example.com", self.users.get())
    }

    fn post(&self, path: &str, body: String) -> Answer {
        let headers = vec!["content-type: application/json".to_owned()];
        let (method, target, token) = ("POST".to_owned(), path.to_owned(), ALL_SCOPES.to_owned());
        let answer = self.exchange(&Request { method, target, token, headers, body: body.into_bytes() });
        assert_eq!(answer.status, 201, "{answer}");
        answer
    }

    /// Sends a request as it is, on a connection of its own. The answer has been checked against the contract.
    fn exchange(&self, request: &Request) -> Answer {
        let Request { method, target, headers, body, .. } = request;
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: tests\r\nconnection: close\r\n");
        if request.token != "none" {
            head.push_str(&format!("authorization: Bearer {}\r\n", token(&request.token)));
        }
        headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
        if !body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(self.server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // The server may answer and close before it has taken all of a body.
        let _ = stream.write_all(body);
        let answer = received(BufReader::new(stream), method == "HEAD");
        let path = target.split('?').next().unwrap();
        spec::check(self.server.mode, &method.parse().unwrap(), path, &answer);
        answer
    }
}

fn received(mut stream: BufReader<TcpStream>, bare: bool) -> Answer {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).expect("an answer within the time limit");
        line.trim_end().to_owned()
    };
    let status = line().split(' ').nth(1).expect("a status line").parse().unwrap();
    let mut headers = HeaderMap::new();
    while let Some((name, value)) = line().split_once(": ") {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; if bare { 0 } else { length }];
    stream.read_exact(&mut body).unwrap();
    Answer { status, version: Version::HTTP_11, headers, body }
}

/// `404 User not found`; an ellipsis stands for any end.
fn assert_refused(expected: &str, answer: &Answer) {
    let found = format!("{} {}", answer.status, answer.error());
    match expected.strip_suffix('…') {
        Some(beginning) => assert!(found.starts_with(beginning), "expected {expected}\nfound {found}"),
        None => assert_eq!(found, expected),
    }
}

/// `body /age minimum`; the order is free.
fn assert_violations(expected: &[Value], answer: &Answer) {
    assert_eq!(answer.status, 400, "{answer}");
    let mut expected: Vec<&str> = expected.iter().map(|violation| violation.as_str().unwrap()).collect();
    let body = answer.json();
    let line = |it: &Value| ["in", "pointer", "keyword"].map(|name| it[name].as_str().unwrap()).join(" ");
    let mut found: Vec<String> = body["errors"].as_array().into_iter().flatten().map(line).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "{answer}");
}

/// `status`; `answer`: JSON pointers into the body and what lies there; `headers`; `violations`: how many there are.
fn assert_parts(parts: &serde_json::Map<String, Value>, answer: &Answer) {
    for (name, expected) in parts {
        match name.as_str() {
            "status" => assert_eq!(Value::from(answer.status), *expected, "{answer}"),
            "answer" => {
                for (pointer, value) in expected.as_object().unwrap() {
                    assert_eq!(answer.json().pointer(pointer), Some(value), "{pointer} in {answer}");
                }
            }
            "headers" => {
                for (name, value) in expected.as_object().unwrap() {
                    assert_eq!(answer.header(name), value.as_str(), "{name} of {answer}");
                }
            }
            "violations" => assert_eq!(Value::from(answer.violations().len()), *expected, "{answer}"),
            _ => panic!("an outcome has no {name}"),
        }
    }
}
