//! [`AnyConnection`]: one source of queries serves both databases.

use diesel::prelude::*;

/// A connection to either database; one source of queries serves both.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// SQLite, the embedded file.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgresql(PgConnection),
}
