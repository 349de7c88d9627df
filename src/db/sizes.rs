//! [`FileSizes`]: what the database takes on the disk; and whether there is room for more.

use std::fs;
use std::path::Path;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{AnyConnection, Db, DbError};

/// What has to be free on a disk that was full before the database is in service again: far more than any write of the service.
const ROOM: u64 = 1 << 20;

/// Bytes on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileSizes {
    /// The database.
    pub database: i64,
    /// SQLite's write-ahead log; PostgreSQL's is the server's.
    pub wal: i64,
}

pub(super) fn of(conn: &mut AnyConnection, wal: Option<&Path>) -> QueryResult<FileSizes> {
    let size = match conn {
        AnyConnection::Sqlite(_) => "page_count * page_size FROM pragma_page_count, pragma_page_size",
        AnyConnection::Postgresql(_) => "pg_database_size(current_database())",
    };
    let database = diesel::select(sql::<BigInt>(size)).get_result(conn)?;
    // There is no log before the first write.
    let wal = wal.and_then(|wal| fs::metadata(wal).ok()).map_or(0, |file| file.len());
    Ok(FileSizes { database, wal: i64::try_from(wal).unwrap_or(i64::MAX) })
}

impl Db {
    /// Whether SQLite's disk has room for more than a page, which finds a place in the log as it stands while a sign-up does not.
    ///
    /// # Errors
    /// As [`Db::read`]; [`DbError::Unavailable`] when there is no room.
    pub(super) async fn has_room(&self) -> Result<(), DbError> {
        let Some(log) = self.connector.url.wal() else { return Ok(()) };
        match self.read(move |_| Ok(free(&log))).await? {
            Some(free) if free < ROOM => Err(DbError::Unavailable(format!("the disk is full: {free} bytes are left"))),
            _ => Ok(()),
        }
    }
}

/// The bytes that a disk has left, unless its file system keeps no count of them.
fn free(file: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(file).ok().filter(|found| found.f_blocks > 0)?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
