//! What every test stands on: the binary, running in one mode on a port and a database of its own.

#[allow(dead_code, reason = "these tests use a part of what those of `http` use")]
#[path = "../http/support/answer.rs"]
mod answer;
#[allow(dead_code, reason = "these tests use a part of what those of `process` use")]
#[path = "../process/support/process.rs"]
mod process;
#[allow(dead_code, reason = "these tests use a part of what those of `http` use")]
#[path = "../http/support/spec.rs"]
pub mod spec;

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use keiyaku::contract::{TokenKeys, ValidationMode};
use tempfile::TempDir;

pub use answer::Answer;
use process::Process;

use crate::database::Database;

const SECRET: &str = "a secret of the tests, long enough for HS256";

/// Every scope there is, but `users:self`.
pub const ALL_SCOPES: &str = "users:read users:write jobs:read jobs:write";

/// What any condition may take, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits until `condition` gives something.
fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not after {LIMIT:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A token that is good for an hour.
pub fn token(scopes: &str) -> String {
    let scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
    let keys = TokenKeys::hs256(SECRET.as_bytes()).unwrap();
    keys.sign("tests", &scopes, Duration::from_secs(3600), Utc::now()).unwrap()
}

/// One process of the binary; killed when it goes out of scope.
pub struct Server {
    pub mode: ValidationMode,
    pub address: SocketAddr,
    _process: Process,
    _database: Database,
    _folder: TempDir,
}

impl Server {
    /// Starts it in this mode, without a rate limit.
    pub fn start(mode: ValidationMode, arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        // Started in a folder of its own, where a relative path would lead elsewhere.
        let own = std::env::var_os("KEIYAKU_BIN").map(|path| std::path::absolute(path).unwrap());
        let binary = own.unwrap_or_else(|| env!("CARGO_BIN_EXE_keiyaku").into());
        let mut command = Command::new(binary);
        command.args(arguments).current_dir(folder.path()).env_clear().env("VALIDATION_MODE", mode.to_string());
        command.envs([("PORT", "0"), ("LOG_FORMAT", "json"), ("RATE_LIMIT_RPS", "0"), ("JWT_SECRET", SECRET)]);
        // The tests pull no plugs.
        command.env("DURABILITY", "normal");
        let database = Database::new(folder.path());
        command.env("DATABASE_URL", database.url());
        let process = Process::spawn(&mut command);
        Server { mode, address: process.address(), _process: process, _database: database, _folder: folder }
    }
}
