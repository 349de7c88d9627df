//! Noticing what other processes commit: `PRAGMA data_version` on a connection kept for it, never in a transaction.
//!
//! Even that is too much for fifty times a second of an idle process, so most looks ask the file system alone: a commit
//! writes to the WAL. Two commits within one tick of its clock may look like one, which is why SQLite is asked every
//! [`SURE`] all the same.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio_util::sync::CancellationToken;

use super::open::Connector;
use super::{AnyConnection, Prepared, on_either};

/// Between two looks.
const INTERVAL: Duration = Duration::from_millis(20);
/// The longest between two questions to SQLite.
const SURE: Duration = Duration::from_millis(100);

/// Calls `changed` after commits of other connections, until `stop`; then the connection is closed.
pub(super) fn run(connector: &Connector, stop: &CancellationToken, changed: impl Fn()) {
    let wal = connector.url.wal();
    let (mut conn, mut last) = (None, None);
    let (mut seen, mut asked) = (None, None::<Instant>);
    while !stop.is_cancelled() {
        let now = wal.as_deref().and_then(stamp);
        if now != seen || asked.is_none_or(|asked| asked.elapsed() >= SURE) {
            (seen, asked) = (now, Some(Instant::now()));
            conn = conn.or_else(|| connector.connect().ok());
            let version = conn.as_mut().and_then(data_version);
            if version.is_none() {
                // Another try with another connection; the dispatcher's own polls go on meanwhile.
                conn = None;
            } else if version != last {
                last = version;
                changed();
            }
        }
        thread::sleep(INTERVAL);
    }
}

/// What a write to the file changes.
fn stamp(file: &Path) -> Option<(u64, SystemTime)> {
    let found = fs::metadata(file).ok()?;
    Some((found.len(), found.modified().ok()?))
}

fn data_version(conn: &mut AnyConnection) -> Option<i64> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = BigInt)]
        data_version: i64,
    }
    let version = Prepared(diesel::sql_query("PRAGMA data_version"));
    let row: Version = on_either!(conn, conn => version.get_result(conn)).ok()?;
    Some(row.data_version)
}
