//! What every test stands on: a mail server, and an app whose workers send through it.

mod server;
mod service;

use std::time::{Duration, Instant};

pub use server::Server;
pub use service::{Service, TARO};

/// What any condition may take, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Looks again and again until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not after {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
