//! Copying a SQLite database while others write to it, and having it for oneself.

use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::open::{Connector, OpenError, busy_timeout, explain, is_empty_or_ours, is_locked, there_is};
use super::{AnyConnection, DatabaseUrl};
use crate::config::Durability;

/// Writes the database, as it is at one moment, into a file that is empty or not there. Nobody waits for it; while it runs, the
/// WAL grows by what is written meanwhile.
///
/// # Errors
/// One line for the operator.
pub fn copy(database: &Path, into: &Path) -> Result<(), OpenError> {
    let url = DatabaseUrl::Sqlite(database.to_owned());
    there_is(database, &url)?;
    let mut conn = connect_plainly(database, &url)?;
    conn.batch_execute(&busy_timeout()).map_err(|error| explain(database, &error))?;
    if is_empty_or_ours(&mut conn, database)? {
        return Err(OpenError::Missing(url.to_string()));
    }
    let copy = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(into.to_string_lossy());
    copy.execute(&mut conn).map(|_| ()).map_err(|error| explain(into, &error))
}

/// A SQLite database that no other process has open, as long as this lives. Its WAL is in the file.
pub struct Alone {
    conn: SqliteConnection,
}

impl Alone {
    /// The connection that holds it, to read with.
    pub fn into_connection(self) -> AnyConnection {
        AnyConnection::Sqlite(self.conn)
    }
}

/// Takes the database for oneself; `None` when a process has it open.
///
/// Every connection to a database in WAL mode holds a lock for as long as it is open, also while it does nothing; leaving that
/// mode needs all of them gone. Nobody can go back to it while the transaction lasts.
///
/// # Errors
/// When it is no database.
pub fn alone(database: &Path) -> Result<Option<Alone>, OpenError> {
    let url = DatabaseUrl::Sqlite(database.to_owned());
    let mut conn = connect_plainly(database, &url)?;
    match conn.batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE") {
        Ok(()) => Ok(Some(Alone { conn })),
        Err(error) if is_locked(&error) => Ok(None),
        Err(error) => Err(explain(database, &error)),
    }
}

/// A connection that sees the database as it is when it first reads, and changes nothing. As [`copy`], it keeps nobody waiting.
///
/// # Errors
/// One line for the operator.
pub fn snapshot(database: &Path) -> Result<AnyConnection, OpenError> {
    let url = DatabaseUrl::Sqlite(database.to_owned());
    there_is(database, &url)?;
    let mut conn = connect(&url)?;
    conn.batch_execute("BEGIN").map_err(|error| explain(database, &error))?;
    Ok(conn)
}

/// A connection beside those of a [`Db`](super::Db), with the same settings; one to SQLite reads alone.
///
/// # Errors
/// One line for the operator.
pub fn connect(url: &DatabaseUrl) -> Result<AnyConnection, OpenError> {
    let read_only = matches!(url, DatabaseUrl::Sqlite(_));
    let connector = Connector {
        url: url.clone(),
        durability: Durability::Full,
        read_only,
        lost: Arc::default(),
        is_away: Arc::default(),
    };
    connector.connect().map_err(|error| OpenError::unusable(url, error))
}

fn connect_plainly(database: &Path, url: &DatabaseUrl) -> Result<SqliteConnection, OpenError> {
    SqliteConnection::establish(&database.to_string_lossy()).map_err(|error| OpenError::unusable(url, error))
}
