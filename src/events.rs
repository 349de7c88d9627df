//! [`Events`]: wakes this process's readers of changes when something was committed, by whichever process.
//!
//! It knows nothing of what has changed: each `Reader` reads that from the database, from its own position on. So a reader
//! that is slow holds nothing up, and holds nothing but its position. Nothing is watched while nobody reads.

mod reader;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::db::{AnyConnection, Db};
use crate::models::jobs::events::{self, Flight};

pub(crate) use reader::Reader;

/// Between two looks at what PostgreSQL is writing, for what no commit of ours tells of: whoever else writes on that server.
const LOOK: Duration = Duration::from_secs(1);
/// The same while a change waits for somebody's transaction to end.
const SOON: Duration = Duration::from_millis(50);
/// How long a new reader waits to hear how far it may read.
const PATIENCE: Duration = Duration::from_secs(2);

/// The readers of one process.
#[derive(Default)]
pub struct Events(Mutex<Weak<Watching>>);

/// What all readers share; ends with the last of them.
struct Watching {
    told: watch::Receiver<Settled>,
    _stop: DropGuard,
}

/// Up to which version every change can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Nobody has looked yet.
    Unknown,
    /// All that there are: SQLite commits them in their order.
    All,
    /// PostgreSQL's, where a transaction may end after one with a later version.
    UpTo(i64),
}

/// What a reader waits on.
pub struct Changes {
    told: watch::Receiver<Settled>,
    _watching: Arc<Watching>,
}

impl Events {
    /// Begins to watch, if nobody has.
    pub fn follow(&self, db: &Db) -> Changes {
        // Whoever panicked with the lock held left it whole.
        let mut watching = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = watching.upgrade().unwrap_or_else(|| {
            let stop = CancellationToken::new();
            let begin = if db.commits_in_order() { Settled::All } else { Settled::Unknown };
            let (tell, told) = watch::channel(begin);
            tokio::spawn(run(db.clone(), stop.clone(), tell));
            Arc::new(Watching { told, _stop: stop.drop_guard() })
        });
        *watching = Arc::downgrade(&shared);
        Changes { told: shared.told.clone(), _watching: shared }
    }
}

impl Changes {
    /// Waits for a commit since the last call; never comes back when nothing tells any more.
    pub async fn changed(&mut self) {
        if self.told.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// Up to where to read.
    pub fn settled(&self) -> Settled {
        *self.told.borrow()
    }

    /// The same, once it is known; on PostgreSQL a transaction that writes for long may keep it unknown for longer than this waits.
    pub async fn known(&mut self) -> Settled {
        let _ = timeout(PATIENCE, self.told.wait_for(|settled| *settled != Settled::Unknown)).await;
        self.settled()
    }
}

async fn run(db: Db, stop: CancellationToken, tell: watch::Sender<Settled>) {
    if db.commits_in_order() {
        return db.watch(stop, move |_| tell.send_modify(|_| {})).await;
    }
    let changed = Arc::new(Notify::new());
    let told = Arc::clone(&changed);
    let watching = db.watch(stop.clone(), move |_| told.notify_one());
    tokio::join!(watching, settle_all(&db, &stop, &changed, &tell));
}

/// Tells as soon as what was committed is settled.
async fn settle_all(db: &Db, stop: &CancellationToken, changed: &Notify, tell: &watch::Sender<Settled>) {
    let mut open = None;
    while !stop.is_cancelled() {
        let mut pause = LOOK;
        let told = *tell.borrow();
        // A flight is a transaction, so it is looked at only for what is new.
        let look = move |conn: &mut AnyConnection| match events::last_version(conn)? {
            last if told == Settled::UpTo(last) => Ok(None),
            _ => events::flight(conn),
        };
        match db.read(look).await {
            Ok(None) => open = None,
            Ok(Some(now)) => {
                if let Some(settled) = settle(&mut open, now) {
                    tell.send_replace(Settled::UpTo(settled));
                }
                pause = if open.is_some() { SOON } else { LOOK };
            }
            Err(error) => tracing::warn!(error = %error, "changes could not be looked for"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = changed.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The version up to which everything is committed or undone. `open` is a look that is waited for: when all transactions
/// that ran at its time have ended, what had been given by then is settled.
fn settle(open: &mut Option<Flight>, now: Flight) -> Option<i64> {
    if now.oldest >= now.next {
        *open = None;
        return Some(now.last);
    }
    let waited = *open.get_or_insert(now);
    if now.oldest < waited.next {
        return None;
    }
    *open = Some(now);
    Some(waited.last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_settled_when_everyone_has_ended_who_wrote_when_it_was_given() {
        let mut open = None;
        let mut look = |last, oldest, next| settle(&mut open, Flight { last, oldest, next });
        assert_eq!(look(7, 100, 100), Some(7), "nobody writes");
        assert_eq!(look(9, 100, 103), None, "one of three has not ended");
        assert_eq!(look(20, 102, 140), None, "nor has another");
        assert_eq!(look(30, 103, 150), Some(9), "those three have");
        assert_eq!(look(40, 150, 160), Some(30));
        assert_eq!(look(40, 160, 160), Some(40));
    }
}
