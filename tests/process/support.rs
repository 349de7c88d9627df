//! What every test stands on.

pub mod collector;
#[allow(dead_code, reason = "those of `cli` use the rest")]
pub mod database;
pub mod disk;
pub mod http;
pub mod load;
pub mod preload;
pub mod process;
#[allow(dead_code, reason = "those of `cli` use the rest")]
mod scene;
pub mod stall;
mod waiting;

use std::process::ExitStatus;
use std::time::Duration;

use serde_json::Value;

use http::Connection;
use process::Process;

pub use scene::{Scene, binary, is_long};
pub use waiting::{LIMIT, eventually, eventually_within};

/// Waits until no job waits or runs.
pub fn drained(server: &Process) {
    drained_within(server, LIMIT);
}

/// The same after a load that leaves more behind.
pub fn drained_within(server: &Process, limit: Duration) {
    let mut connection = Connection::open(server.address()).unwrap();
    eventually_within(limit, "every job ends", || {
        let health: Value = serde_json::from_slice(&connection.get("/health", None).unwrap().body).unwrap();
        (health["jobs"]["pending"] == 0 && health["jobs"]["processing"] == 0).then_some(())
    });
}

/// What so many of a hundred do not exceed.
pub fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}

/// Asserts that a process ended as one that did all it had to.
pub fn assert_success(status: ExitStatus) {
    assert!(status.success(), "{status}");
}
