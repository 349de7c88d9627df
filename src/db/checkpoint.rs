//! Checkpoints, off the commit path: a thread of its own copies the WAL into the database while the writer goes on.
//!
//! A passive checkpoint beside a busy writer never reaches the end of the WAL, so the file would grow for ever. When it
//! has grown past [`WAL_FRAMES`], the writer is asked to do the small rest between two commits; then the next commit
//! starts the WAL anew. Only a reader that stays open can hold that up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio::sync::mpsc::WeakSender;

use super::AnyConnection;
use super::open::Connector;
use super::writer::Message;

/// Pause between two passive checkpoints under constant load.
const INTERVAL: Duration = Duration::from_millis(100);
/// WAL length, in pages of 4 KiB, from which the writer is asked to help (32 MiB).
const WAL_FRAMES: i64 = 8192;

/// How long a cut of the WAL may hold up writers while it waits for readers, before it is put off.
const CUT_WAIT: &str = "PRAGMA busy_timeout = 50";

/// The handle that the writer keeps; dropping it ends the thread and waits for it, so that the last connection to close,
/// which leaves one file behind, closes before the process ends.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    /// Set when the WAL is to be cut.
    cut: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(connector: Connector, writer: WeakSender<Message>) -> std::io::Result<Checkpointer> {
        // One place: a signal while one is pending adds nothing.
        let (wake, signals) = sync_channel(1);
        let cut = Arc::new(AtomicBool::new(false));
        let thread = Thread { connector, conn: None, cut: Arc::clone(&cut), writer };
        let thread = thread::Builder::new().name("checkpointer".to_owned()).spawn(move || thread.run(&signals))?;
        Ok(Checkpointer { wake: Some(wake), cut, thread: Some(thread) })
    }

    /// Tells the thread that there is something to copy.
    pub(super) fn committed(&self) {
        let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
    }

    /// Has the WAL cut to nothing soon, so that what was deleted is in no file any more.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
        self.committed();
    }

    /// The writer's part: copies the rest while no commit comes between.
    pub(super) fn finish(&self, conn: Option<&mut AnyConnection>) {
        if let Some(conn) = conn {
            checkpoint(conn, "PASSIVE");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        // A panic of the thread has been logged by the panic hook.
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

struct Thread {
    connector: Connector,
    conn: Option<AnyConnection>,
    cut: Arc<AtomicBool>,
    writer: WeakSender<Message>,
}

impl Thread {
    fn run(mut self, signals: &Receiver<()>) {
        while signals.recv().is_ok() {
            thread::sleep(INTERVAL);
            let Some(conn) = self.connection() else { continue };
            let frames = checkpoint(conn, "PASSIVE").map_or(0, |progress| progress.log);
            if frames > WAL_FRAMES {
                // A full queue means more commits, after which there is a signal again.
                let _ = self.writer.upgrade().map(|writer| writer.try_send(Message::Checkpoint));
            }
            while self.cut.load(Ordering::Relaxed) && !self.cut_off() {
                thread::sleep(INTERVAL);
            }
        }
    }

    fn connection(&mut self) -> Option<&mut AnyConnection> {
        if self.conn.is_none() {
            self.conn = self.connector.connect().ok();
            self.conn.as_mut()?.batch_execute(CUT_WAIT).ok()?;
        }
        self.conn.as_mut()
    }

    /// True when the WAL is empty, or the process is ending, which closes and deletes it.
    fn cut_off(&mut self) -> bool {
        let ending = self.writer.upgrade().is_none();
        let cut =
            self.connection().and_then(|conn| checkpoint(conn, "TRUNCATE")).is_some_and(|progress| progress.busy == 0);
        if cut {
            self.cut.store(false, Ordering::Relaxed);
        }
        cut || ending
    }
}

/// What `PRAGMA wal_checkpoint` answers.
#[derive(QueryableByName)]
struct Progress {
    #[diesel(sql_type = BigInt)]
    busy: i64,
    /// The length of the WAL, in frames.
    #[diesel(sql_type = BigInt)]
    log: i64,
}

/// Copies what this kind of checkpoint copies.
fn checkpoint(conn: &mut AnyConnection, kind: &str) -> Option<Progress> {
    let progress = diesel::sql_query(format!("PRAGMA wal_checkpoint({kind})")).get_result::<Progress>(conn);
    progress
        .inspect_err(
            |error| tracing::warn!(%error, "a checkpoint failed; it will be tried again after the next commit"),
        )
        .ok()
}
