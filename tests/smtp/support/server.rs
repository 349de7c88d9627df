//! The mail server, as `server.py` runs it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::eventually;

/// A server on a port of its own; it ends when this is dropped.
pub struct Server {
    process: Child,
    input: ChildStdin,
    asked: AtomicU32,
    port: u16,
    told: Arc<Mutex<Vec<Value>>>,
    folder: TempDir,
}

impl Server {
    /// Starts one; `server.py` says what the arguments mean.
    pub async fn start(arguments: &[&str]) -> Server {
        Server::on_port(0, arguments).await
    }

    /// The same on this port.
    pub async fn on_port(port: u16, arguments: &[&str]) -> Server {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = tests.join(".tools/test-python/bin/python");
        assert!(python.exists(), "the tests' mail server is not installed: run  make test-tools  first");
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(python);
        // aiosmtpd warns of passwords in the clear.
        command.args(["-W", "ignore"]).arg(tests.join("tests/smtp/server.py")).arg("--port").arg(port.to_string());
        command.arg("--ca-file").arg(folder.path().join("ca.pem")).args(arguments);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let told = listen(process.stdout.take().unwrap());
        let input = process.stdin.take().unwrap();
        let mut server = Server { process, input, asked: AtomicU32::new(0), port, told, folder };
        let listening = eventually("the mail server listens", async || server.heard("listening").pop()).await;
        server.port = listening["port"].as_u64().unwrap().try_into().unwrap();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A `SMTP_URL` without and with what comes before the host and after the port.
    pub fn url(&self, scheme: &str, login: &str, rest: &str) -> String {
        format!("{scheme}://{login}localhost:{}{rest}", self.port)
    }

    /// What the server's certificate is signed with.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The events of one kind until now.
    pub async fn all(&self, event: &str) -> Vec<Value> {
        // What it told before it answered the client may still be on its way; this comes behind.
        let number = self.asked.fetch_add(1, Ordering::Relaxed).to_string();
        writeln!(&self.input, "{number}").unwrap();
        let caught_up = async || self.heard("heard").iter().any(|told| told["line"] == number.as_str()).then_some(());
        eventually("the mail server answers", caught_up).await;
        self.heard(event)
    }

    /// The events of one kind that have come in.
    fn heard(&self, event: &str) -> Vec<Value> {
        self.told.lock().unwrap().iter().filter(|told| told["event"] == event).cloned().collect()
    }

    /// The messages that were offered, taken or not.
    pub async fn messages(&self) -> Vec<Value> {
        self.all("message").await
    }

    /// The header of this name in each of the messages.
    pub async fn headers(&self, name: &str) -> Vec<String> {
        let start = format!("{name}: ");
        let header = |message: &Value| {
            let content = message["content"].as_str().unwrap();
            content.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
        };
        self.messages().await.iter().map(header).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Collects what a server tells.
fn listen(output: ChildStdout) -> Arc<Mutex<Vec<Value>>> {
    let told = Arc::<Mutex<Vec<Value>>>::default();
    let collected = Arc::clone(&told);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            collected.lock().unwrap().push(serde_json::from_str(&line).unwrap());
        }
    });
    told
}
