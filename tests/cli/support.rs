//! What these tests stand on: the scenes and processes of the process tests, and what a command that has ended leaves.

#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/database.rs"]
pub mod database;
#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/http.rs"]
pub mod http;
#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/load.rs"]
pub mod load;
#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/process.rs"]
pub mod process;
#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/scene.rs"]
mod scene;
#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/waiting.rs"]
mod waiting;

use std::process::Command;

use serde_json::Value;

pub use scene::{Scene, binary, is_long};
pub use waiting::{LIMIT, eventually, eventually_within};

use http::Connection;
use process::Process;

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub said: String,
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), said: text(output.stderr) }
}

/// Runs `keiyaku` with these arguments, separated by spaces.
pub fn keiyaku(scene: &Scene, arguments: &str) -> Ran {
    ran(&mut scene.command(&arguments.split_whitespace().collect::<Vec<_>>()))
}

/// The JSON that it prints.
pub fn json(scene: &Scene, arguments: &str) -> Value {
    let ran = keiyaku(scene, arguments);
    assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""), "{arguments}: {ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

/// Asserts that a command was refused with one line.
#[track_caller]
pub fn assert_refused(ran: &Ran, code: i32, said: &str) {
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.said.as_str()),
        (Some(code), "", format!("keiyaku: {said}\n").as_str())
    );
}

/// Puts jobs in over HTTP.
pub fn put_in(scene: &Scene, server: &Process, jobs: &[Value]) {
    let mut connection = Connection::open(server.address()).unwrap();
    let body = serde_json::json!({ "jobs": jobs }).to_string();
    assert_eq!(connection.post("/jobs/batch", &scene.token("jobs:write"), &body).unwrap().status, 200);
}

/// A `send_welcome_email` job.
pub fn mail_job(queue: &str, user_id: i64) -> Value {
    serde_json::json!({ "job_type": "send_welcome_email", "queue": queue, "payload": { "user_id": user_id } })
}
