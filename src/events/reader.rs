//! [`Reader`]: one reader's place among the changes.

use std::time::Duration;

use tokio::time::Instant;

use super::{Changes, Events, Settled};
use crate::db::{Db, DbError};
use crate::models::jobs::events::{self, EventFilter, Look, Position};

/// Between two looks of one reader, unless there is more than fits into one.
const PAUSE: Duration = Duration::from_millis(50);
/// Jobs that are read at once.
const BATCH: usize = 100;

/// Reads the jobs as they change, from where it is on.
pub(crate) struct Reader {
    db: Db,
    filter: EventFilter,
    changes: Changes,
    position: Position,
    looked: Instant,
}

impl Reader {
    /// Begins after the version `last_seen`, or with what changes from now on.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub(crate) async fn start(
        events: &Events,
        db: &Db,
        filter: EventFilter,
        last_seen: Option<i64>,
    ) -> Result<Reader, DbError> {
        // Watched first, so that what is committed after the look is told.
        let mut changes = events.follow(db);
        let last = db.read(events::last_version).await?;
        // A change that is not committed yet has not happened, whatever its version.
        let start = match (last_seen, changes.known().await) {
            (Some(seen), _) => seen,
            (None, Settled::UpTo(settled)) => settled.min(last),
            (None, _) => last,
        };
        Ok(Reader { db: db.clone(), filter, changes, position: Position::after(start), looked: Instant::now() })
    }

    /// The version up to which it has read.
    pub(crate) fn version(&self) -> i64 {
        self.position.version
    }

    /// What has changed since the last look.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub(crate) async fn look(&mut self) -> Result<Look, DbError> {
        self.looked = Instant::now();
        let (filter, position) = (self.filter.clone(), self.position);
        let settled = match self.changes.settled() {
            Settled::All => None,
            Settled::UpTo(version) => Some(version),
            Settled::Unknown => Some(position.version),
        };
        let look = self.db.read(move |conn| events::look(conn, position, settled, &filter, BATCH)).await?;
        self.position = look.reached;
        Ok(look)
    }

    /// Waits for something to look at, and a little, so that many changes are one look.
    pub(crate) async fn changed(&mut self) {
        tokio::time::sleep_until(self.looked + PAUSE).await;
        self.changes.changed().await;
    }
}
