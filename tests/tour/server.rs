//! A running copy of the service.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use reqwest::Response;
use serde_json::Value;
use tempfile::TempDir;

/// One process with a folder and a port of its own; killed when it goes out of scope.
pub struct Server {
    child: Child,
    origin: String,
    // A process whose log nobody can take anymore would fail for that.
    _log: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Server {
    /// Starts the service; returns when it listens.
    pub fn start(binary: &Path) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(binary);
        command.current_dir(folder.path()).env_clear().envs([("PORT", "0"), ("LOG_FORMAT", "json")]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let origin = origin(&mut log);
        Server { child, origin, _log: log, _folder: folder }
    }

    pub async fn get(&self, path: &str) -> Response {
        reqwest::get(format!("{}{path}", self.origin)).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
