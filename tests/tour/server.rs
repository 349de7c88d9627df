//! A running service.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

const SECRET: (&str, &str) = ("JWT_SECRET", "a secret of the tests, long enough for HS256");

/// One process with a port of its own; killed when it goes out of scope.
pub struct Server {
    child: Child,
    origin: String,
    /// Opens all that the tours use.
    token: String,
    // A process whose log nobody can take anymore would fail for that.
    _log: BufReader<ChildStdout>,
}

impl Server {
    /// Starts the service in a folder, on the database of the URL; returns when it listens.
    pub fn start(binary: &Path, folder: &Path, database: &str) -> Server {
        let mut command = command(binary, folder, database);
        command.envs([("PORT", "0"), ("LOG_FORMAT", "json"), ("RATE_LIMIT_RPS", "0"), SECRET]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let origin = origin(&mut log);
        let token = run(self::command(binary, folder, database)
            .args(["token", "--scope", "users:read", "--scope", "users:write"])
            .envs([SECRET]));
        Server { child, origin, token: token.trim().to_owned(), _log: log }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.origin)).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Sends this JSON; returns the status and the body that comes back.
    pub async fn send(&self, method: Method, path: &str, json: &str) -> (u16, Value) {
        let request = self.request(method, path).header("content-type", "application/json");
        let response = request.body(json.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    pub async fn post(&self, path: &str, json: &str) -> (u16, Value) {
        self.send(Method::POST, path, json).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary in a folder, without the environment of whoever runs the tests.
pub fn command(binary: &Path, folder: &Path, database: &str) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).env_clear().env("DATABASE_URL", database);
    command
}

/// What a command prints, which succeeds.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the log says it listens on.
fn origin(log: &mut impl BufRead) -> String {
    let mut said = String::new();
    for line in log.lines() {
        let line = line.unwrap();
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(origin) = entry["message"].as_str().and_then(|message| message.strip_prefix("listening on ")) {
            return origin.to_owned();
        }
        said += &line;
        said += "\n";
    }
    panic!("the service ended before it listened; its log:\n{said}");
}
