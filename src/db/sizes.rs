//! [`FileSizes`]: what the database takes on the disk.

use std::fs;
use std::path::Path;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::AnyConnection;

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
