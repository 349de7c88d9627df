//! What a service manager such as systemd is told, where one has set `NOTIFY_SOCKET`: that the process is ready, and how long
//! its stop may take.

use std::time::Duration;

use sd_notify::NotifyState;

/// What is left after `SHUTDOWN_TIMEOUT` to close files and end the process.
const REST: Duration = Duration::from_secs(15);

/// The start is complete.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The stop has begun and takes at most `limit`: a unit's own limit need not know `SHUTDOWN_TIMEOUT`.
pub(super) fn stopping(limit: Duration) {
    let extended = format!("EXTEND_TIMEOUT_USEC={}", (limit + REST).as_micros());
    tell(&[NotifyState::Stopping, NotifyState::Custom(&extended)]);
}

/// A manager that cannot be told has limits of its own for what it does not hear.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service manager cannot be told ({error})");
    }
}
