//! LISTEN and NOTIFY: how the processes on one PostgreSQL learn of each other's commits.
//!
//! A NOTIFY inside the transactions themselves would have their commits wait for each other: PostgreSQL lets those that notify
//! pass one at a time. So a process tells afterwards, once for all it has committed meanwhile, on a connection of its own. A
//! process that is killed in between does not tell; whoever listens therefore looks now and then all the same.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio_util::sync::CancellationToken;

use super::url::DatabaseUrl;
use super::{Who, postgres};
use crate::config::Durability;

/// Between two announcements, and how much longer where something was committed meanwhile, which the next one tells of all at once:
/// each wakes every process.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(4));
/// Between two looks at what the server has sent, while others have told something within the last second, and otherwise. They read the
/// socket and ask the server nothing, but thousands a second are too much for an idle process.
const LOOK: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(10));
/// Before another attempt at a connection; doubled up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

const CHANNEL: &str = "keiyaku";

/// Tells the other processes of commits, and is told of theirs.
#[derive(Clone, Debug)]
pub(super) struct Announcer {
    url: Arc<str>,
    /// Goes with what this process tells, so that it knows its own words.
    name: Arc<str>,
    tell: SyncSender<()>,
}

impl Announcer {
    /// Starts the thread; it ends with the last clone.
    pub(super) fn start(url: &DatabaseUrl) -> std::io::Result<Option<Announcer>> {
        let DatabaseUrl::Postgres(url) = url else { return Ok(None) };
        let (tell, told) = sync_channel(1);
        let name = format!("{:016x}", rand::random::<u64>());
        let announcer = Announcer { url: url.as_str().into(), name: name.as_str().into(), tell };
        let url = url.clone();
        thread::Builder::new().name("announcer".to_owned()).spawn(move || announce(&url, &name, &told))?;
        Ok(Some(announcer))
    }

    /// Something was committed. What is already waiting to be told tells of it, too.
    pub(super) fn committed(&self) {
        let _ = self.tell.try_send(());
    }

    /// Calls `changed` soon after a process has told of commits, until `stop`; then the connection is closed. It is called after
    /// each new connection, too, since what was told before is lost.
    pub(super) fn listen(&self, stop: &CancellationToken, changed: impl Fn(Who)) {
        let mut pause = RETRY.0;
        while !stop.is_cancelled() {
            if let Some(mut conn) = listening(&self.url) {
                pause = RETRY.0;
                changed(Who::Anybody);
                let mut told_at = Instant::now();
                while !stop.is_cancelled() {
                    match self.told(&mut conn) {
                        Ok(Some(who)) => {
                            changed(who);
                            // What it does itself when it is idle is no reason to look more often.
                            told_at = if who == Who::Itself { told_at } else { Instant::now() };
                        }
                        Ok(None) => {}
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

    /// Who has told of commits since it was asked last.
    fn told(&self, conn: &mut PgConnection) -> QueryResult<Option<Who>> {
        let mut told = None;
        for word in conn.notifications_iter() {
            let who = if *word?.payload == *self.name { Who::Itself } else { Who::Anybody };
            told = if told == Some(Who::Anybody) { told } else { Some(who) };
        }
        Ok(told)
    }
}

fn announce(url: &str, name: &str, told: &Receiver<()>) {
    let (mut conn, mut pause, mut is_told) = (None, RETRY.0, false);
    while is_told || told.recv().is_ok() {
        // That somebody is told need not be on the disk.
        conn = conn.or_else(|| postgres::connect_with_limits(url, Durability::Normal).ok());
        let sent = conn.as_mut().is_some_and(|conn| conn.batch_execute(&format!("NOTIFY {CHANNEL}, '{name}'")).is_ok());
        is_told = false;
        if sent {
            pause = RETRY.0;
            thread::sleep(PAUSE.0);
            is_told = told.try_recv().is_ok();
            if is_told {
                thread::sleep(PAUSE.1);
            }
        } else {
            conn = None;
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
