//! Checkpoints, off the commit path: a thread of its own copies the WAL into the database while the writer goes on.
//!
//! A passive checkpoint beside a busy writer never reaches the end of the WAL, so the file would grow for ever. When it
//! has grown past [`WAL_FRAMES`], the writer is asked to do the small rest between two commits; then the next commit
//! starts the WAL anew. Only a reader that stays open can hold that up.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

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

/// The handle that the writer keeps; dropping it ends the thread and waits for it, so that the last connection to close,
/// which leaves one file behind, closes before the process ends.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(connector: Connector, writer: WeakSender<Message>) -> std::io::Result<Checkpointer> {
        // One place: a signal while one is pending adds nothing.
        let (wake, signals) = sync_channel(1);
        let run = move || run(&connector, &signals, &writer);
        let thread = thread::Builder::new().name("checkpointer".to_owned()).spawn(run)?;
        Ok(Checkpointer { wake: Some(wake), thread: Some(thread) })
    }

    /// Tells the thread that there is something to copy.
    pub(super) fn committed(&self) {
        let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
    }

    /// The writer's part: copies the rest while no commit comes between.
    pub(super) fn finish(&self, conn: Option<&mut AnyConnection>) {
        if let Some(conn) = conn {
            checkpoint(conn);
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

fn run(connector: &Connector, signals: &Receiver<()>, writer: &WeakSender<Message>) {
    let mut conn = None;
    while signals.recv().is_ok() {
        thread::sleep(INTERVAL);
        conn = conn.or_else(|| connector.connect().ok());
        let frames = conn.as_mut().map_or(0, checkpoint);
        if frames > WAL_FRAMES {
            // A full queue means more commits, after which there is a signal again.
            let _ = writer.upgrade().map(|writer| writer.try_send(Message::Checkpoint));
        }
    }
}

/// Copies what can be copied without waiting for anybody; returns the length of the WAL in frames.
fn checkpoint(conn: &mut AnyConnection) -> i64 {
    #[derive(QueryableByName)]
    struct Progress {
        #[diesel(sql_type = BigInt)]
        log: i64,
    }
    match diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result::<Progress>(conn) {
        Ok(progress) => progress.log,
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed; it will be tried again after the next commit");
            0
        }
    }
}
