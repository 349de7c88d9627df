//! LISTEN and NOTIFY: how the processes on one PostgreSQL learn of each other's commits.
//!
//! A NOTIFY inside the transactions themselves would have their commits wait for each other: PostgreSQL lets those that notify
//! pass one at a time. So a process tells afterwards, once for all it has committed meanwhile, on a connection of its own. A
//! process that is killed in between does not tell; whoever listens therefore looks now and then all the same.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio_util::sync::CancellationToken;

use super::postgres;
use super::url::DatabaseUrl;
use crate::config::Durability;

/// Between two announcements: what is committed meanwhile is told by the next, since each wakes every process.
const PAUSE: Duration = Duration::from_millis(5);
/// Between two looks at what the server has sent, while something was told within the last second, and otherwise. They read the
/// socket and ask the server nothing, but a thousand a second are too much for an idle process.
const LOOK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(10));
/// Before another attempt at a connection; doubled up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

const CHANNEL: &str = "keiyaku";

/// Tells the other processes of commits.
#[derive(Clone, Debug)]
pub(super) struct Announcer(SyncSender<()>);

impl Announcer {
    /// Starts the thread; it ends with the last clone.
    pub(super) fn start(url: &DatabaseUrl) -> std::io::Result<Option<Announcer>> {
        let DatabaseUrl::Postgres(url) = url else { return Ok(None) };
        let (tell, told) = sync_channel(1);
        let url = url.clone();
        thread::Builder::new().name("announcer".to_owned()).spawn(move || announce(&url, &told))?;
        Ok(Some(Announcer(tell)))
    }

    /// Something was committed. What is already waiting to be told tells of it, too.
    pub(super) fn committed(&self) {
        let _ = self.0.try_send(());
    }
}

fn announce(url: &str, told: &Receiver<()>) {
    let (mut conn, mut pause) = (None, RETRY.0);
    while told.recv().is_ok() {
        // That somebody is told need not be on the disk.
        conn = conn.or_else(|| postgres::connect_with_limits(url, Durability::Normal).ok());
        let sent = conn.as_mut().is_some_and(|conn| conn.batch_execute(&format!("NOTIFY {CHANNEL}")).is_ok());
        if sent {
            pause = RETRY.0;
            thread::sleep(PAUSE);
        } else {
            conn = None;
            thread::sleep(pause);
            pause = (pause * 2).min(RETRY.1);
        }
    }
}

/// Calls `changed` soon after a process has told of commits, until `stop`; then the connection is closed. It is called after
/// each new connection, too, since what was told before is lost.
pub(super) fn listen(url: &str, stop: &CancellationToken, changed: impl Fn()) {
    let mut pause = RETRY.0;
    while !stop.is_cancelled() {
        if let Some(mut conn) = listening(url) {
            pause = RETRY.0;
            changed();
            let mut told_at = Instant::now();
            while !stop.is_cancelled() {
                match conn.notifications_iter().try_fold(false, |_, told| told.map(|_| true)) {
                    Ok(true) => {
                        changed();
                        told_at = Instant::now();
                    }
                    Ok(false) => {}
                    Err(_) => break,
                }
                thread::sleep(if told_at.elapsed() < Duration::from_secs(1) { LOOK.0 } else { LOOK.1 });
            }
        }
        if !stop.is_cancelled() {
            thread::sleep(pause);
            pause = (pause * 2).min(RETRY.1);
        }
    }
}

fn listening(url: &str) -> Option<PgConnection> {
    let mut conn = postgres::connect_with_limits(url, Durability::Normal).ok()?;
    conn.batch_execute(&format!("LISTEN {CHANNEL}")).ok()?;
    Some(conn)
}
