//! What every test stands on: a scene of its own, and the processes that are started in it.

pub mod database;
pub mod http;
pub mod load;
pub mod preload;
pub mod process;
pub mod stall;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use database::Database;
use http::Connection;
use process::Process;

/// What any condition may take, on the slowest machine.
pub const LIMIT: Duration = Duration::from_secs(30);

const SECRET: &str = "a secret of the tests, long enough for HS256";

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not after {LIMIT:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A folder with a database, an outbox, and whatever else one test needs.
pub struct Scene {
    folder: TempDir,
}

impl Scene {
    pub fn new() -> Scene {
        Scene { folder: tempfile::tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The file of the default `DATABASE_URL`.
    pub fn database(&self) -> PathBuf {
        self.path("users.db")
    }

    /// The binary in this folder, with the defaults and without the environment of whoever runs the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keiyaku"));
        command.args(arguments).current_dir(self.folder()).env_clear();
        command.envs([("PORT", "0"), ("LOG_FORMAT", "json"), ("RATE_LIMIT_RPS", "0"), ("JWT_SECRET", SECRET)]);
        command
    }

    /// A server that listens.
    pub fn start<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        let server = self.spawn(environment);
        server.address();
        server
    }

    /// A server that may or may not come to listen.
    pub fn spawn<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        let variables = environment.iter().map(|(name, value)| (name, value.as_ref()));
        Process::spawn(self.command(&["serve"]).envs(variables))
    }

    /// Runs a command to its end; returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn token(&self, scope: &str) -> String {
        self.run(&["token", "--scope", scope])
    }

    /// The file, to look into from outside.
    pub fn open(&self) -> Database {
        Database::open(&self.database())
    }

    /// The messages in the outbox.
    pub fn mails(&self) -> Vec<PathBuf> {
        let Ok(outbox) = self.path("outbox").read_dir() else { return Vec::new() };
        let files = outbox.map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect()
    }
}

/// Waits until no job waits or runs.
pub fn drained(server: &Process) {
    let mut connection = Connection::open(server.address()).unwrap();
    eventually("every job ends", || {
        let health: Value = serde_json::from_slice(&connection.get("/health", None).unwrap().body).unwrap();
        (health["jobs"]["pending"] == 0 && health["jobs"]["processing"] == 0).then_some(())
    });
}

/// Asserts that a process ended as one that did all it had to.
pub fn assert_success(status: ExitStatus) {
    assert!(status.success(), "{status}");
}
