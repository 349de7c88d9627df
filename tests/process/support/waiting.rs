//! Waiting for conditions, and never for luck.

use std::thread;
use std::time::{Duration, Instant};

/// What any condition may take, on the slowest machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    eventually_within(LIMIT, what, condition)
}

pub fn eventually_within<T>(limit: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < limit, "{what}: not after {limit:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
