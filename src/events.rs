//! [`Events`]: wakes this process's readers of changes when something was committed, by whichever process.
//!
//! It knows nothing of what has changed: each `Reader` reads that from the database, from its own position on. So a reader
//! that is slow holds nothing up, and holds nothing but its position. Nothing is watched while nobody reads.

mod reader;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::db::Db;
use crate::models::jobs::events::{self, Flight};

pub(crate) use reader::Reader;

/// Between two looks where the database does not tell of commits.
const LOOK: Duration = Duration::from_secs(1);

/// The readers of one process.
#[derive(Default)]
pub struct Events(Mutex<Weak<Watching>>);

/// What all readers share; ends with the last of them.
struct Watching {
    told: watch::Receiver<Option<i64>>,
    _stop: DropGuard,
}

/// What a reader waits on.
pub struct Changes {
    told: watch::Receiver<Option<i64>>,
    _watching: Arc<Watching>,
}

impl Events {
    /// Begins to watch, if nobody has.
    pub fn follow(&self, db: &Db) -> Changes {
        // Whoever panicked with the lock held left it whole.
        let mut watching = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = watching.upgrade().unwrap_or_else(|| {
            let stop = CancellationToken::new();
            let (tell, told) = watch::channel(None);
            tokio::spawn(run(db.clone(), stop.clone(), Arc::new(tell)));
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

    /// PostgreSQL's: the version up to which every change can be seen. `None` elsewhere, and before it is known.
    pub fn settled(&self) -> Option<i64> {
        *self.told.borrow()
    }
}

async fn run(db: Db, stop: CancellationToken, tell: Arc<watch::Sender<Option<i64>>>) {
    let told = Arc::clone(&tell);
    // Until `stop` where there is something to watch, else not at all.
    db.watch(stop.clone(), move || told.send_modify(|_| {})).await;
    let mut open = None;
    while !stop.is_cancelled() {
        match db.read(events::flight).await {
            Ok(Some(now)) => {
                let settled = settle(&mut open, now);
                let is_news = settled > *tell.borrow();
                if is_news {
                    tell.send_replace(settled);
                }
            }
            Ok(None) => tell.send_modify(|_| {}),
            Err(error) => tracing::warn!(error = %error, "changes could not be looked for"),
        }
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(LOOK) => {} }
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
