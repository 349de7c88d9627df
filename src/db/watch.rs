//! Noticing what other processes commit: `PRAGMA data_version` on a connection kept for it, never in a transaction.
//!
//! It reads one counter in shared memory and takes no lock, so asking every 20 ms costs nearly nothing.

use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio_util::sync::CancellationToken;

use super::open::Connector;
use super::{AnyConnection, Prepared, on_either};

const INTERVAL: Duration = Duration::from_millis(20);

/// Calls `changed` after commits of other connections, until `stop`; then the connection is closed.
pub(super) fn run(connector: &Connector, stop: &CancellationToken, changed: impl Fn()) {
    let mut conn = None;
    let mut last = None;
    while !stop.is_cancelled() {
        conn = conn.or_else(|| connector.connect().ok());
        let version = conn.as_mut().and_then(data_version);
        if version.is_none() {
            // Another try with another connection; the dispatcher's own polls go on meanwhile.
            conn = None;
        } else if version != last {
            last = version;
            changed();
        }
        thread::sleep(INTERVAL);
    }
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
