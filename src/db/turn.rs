//! Fair waiting for SQLite's write lock between processes.
//!
//! SQLite itself waits by looking again after ever longer pauses, up to 100 ms, so a process that commits without pause
//! keeps the others out for long; its blocking locks (`SQLITE_ENABLE_SETLK_TIMEOUT`) are a placeholder on Unix. Here,
//! whoever wants the lock first takes his *turn*: an advisory lock that he holds until he has the write lock. Then whoever
//! has just committed and wants the lock again stands behind him.
//!
//! The turn is `flock` on the WAL: SQLite's own locks are on other files, and the file stays while anyone has the database
//! open. It is courtesy, not safety: without it (another system, a process that stands still while it has the turn),
//! everything works, only less fairly.

use std::fs::File;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::DatabaseUrl;
use super::open::{BUSY_TIMEOUT, is_locked};

/// Between two looks at a lock; shorter than most transactions.
const PAUSE: Duration = Duration::from_micros(250);
/// What a pause may become on a busy machine; what takes longer was no pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// How long to wait for the turn before doing without: a process may stand still while it has it.
const PATIENCE: Duration = Duration::from_millis(100);

/// This process's place among those that write to the database.
pub(super) struct Turn {
    wal: Option<PathBuf>,
    file: Option<File>,
}

impl Turn {
    pub(super) fn new(url: &DatabaseUrl) -> Turn {
        Turn { wal: url.wal(), file: None }
    }

    /// Repeats `begin`, which must not wait by itself, until it finds the write lock free.
    pub(super) fn take(&mut self, mut begin: impl FnMut() -> QueryResult<()>) -> QueryResult<()> {
        let file = self.file().filter(|file| wait(PATIENCE, || file.try_lock().is_ok()));
        let mut result = Ok(());
        wait(BUSY_TIMEOUT, || {
            result = begin();
            !result.as_ref().is_err_and(is_locked)
        });
        // Should it fail, the others' patience runs out and the next turn tries again.
        let _ = file.map(File::unlock);
        result
    }

    /// There is no WAL before the first transaction.
    fn file(&mut self) -> Option<&File> {
        if self.file.is_none() {
            self.file = self.wal.as_ref().and_then(|wal| File::open(wal).ok());
        }
        self.file.as_ref()
    }
}

/// True when `done` comes true in time. The time that this process itself stood still, as a container or a laptop does, is
/// not time in which it looked.
fn wait(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    loop {
        let looked = Instant::now();
        if done() {
            return true;
        }
        if waited >= limit {
            return false;
        }
        thread::sleep(PAUSE);
        waited += looked.elapsed().min(LONGEST_PAUSE);
    }
}
