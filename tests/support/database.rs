//! The database that a test stands on: a file of SQLite, or, with `KEIYAKU_TEST_DATABASE=postgres`, a database of its own in
//! a PostgreSQL server that this run starts.
//!
//! A test that is about SQLite itself begins with [`sqlite_only!`], which says so and why when the switch is on.

#![allow(dead_code, unused_macros, unused_imports, reason = "each target uses what it needs")]

pub mod postgres;

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keiyaku::db::AnyConnection;

use postgres::{Number, Postgres, Word};

/// Ends a test that PostgreSQL has no part in, with a word that no runner keeps back.
macro_rules! sqlite_only {
    ($reason:literal) => {
        if crate::database::is_postgres() {
            crate::database::pass_by($reason);
            return;
        }
    };
}
pub(crate) use sqlite_only;

/// Which database the tests of this run are about.
pub fn is_postgres() -> bool {
    static IS_POSTGRES: LazyLock<bool> = LazyLock::new(|| match std::env::var("KEIYAKU_TEST_DATABASE").as_deref() {
        Ok("postgres") => true,
        Err(_) | Ok("" | "sqlite") => false,
        Ok(other) => panic!("KEIYAKU_TEST_DATABASE={other}: sqlite or postgres"),
    });
    *IS_POSTGRES
}

/// What [`sqlite_only!`] says. `eprintln!` would be kept back, as the test passes.
pub fn pass_by(reason: &str) {
    static PASSED_BY: AtomicU32 = AtomicU32::new(0);
    let number = PASSED_BY.fetch_add(1, Ordering::SeqCst) + 1;
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let line = format!("about SQLite alone ({number}): {test}: {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// One database, which goes with this value.
pub enum Database {
    File(PathBuf),
    Postgres(Postgres),
}

impl Database {
    /// Of SQLite: the name of a file in `folder`, which whoever opens it makes. Of PostgreSQL: with its tables.
    pub fn new(folder: &Path) -> Database {
        if is_postgres() { Database::Postgres(Postgres::migrated()) } else { Database::File(folder.join("users.db")) }
    }

    /// The same on a disk of its own.
    pub fn on_disk(folder: &Path) -> Database {
        let database = Database::new(folder);
        if let Database::Postgres(database) = &database {
            database.move_to(folder);
        }
        database
    }

    /// Without any table.
    pub fn empty(folder: &Path) -> Database {
        if is_postgres() { Database::Postgres(Postgres::empty()) } else { Database::File(folder.join("users.db")) }
    }

    /// A `DATABASE_URL`.
    pub fn url(&self) -> String {
        match self {
            Database::File(path) => path.display().to_string(),
            Database::Postgres(database) => database.url(),
        }
    }

    /// A connection that none of the service's code stands between.
    pub fn connect(&self) -> AnyConnection {
        match self {
            Database::File(path) => {
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 20000").unwrap();
                AnyConnection::Sqlite(conn)
            }
            Database::Postgres(database) => AnyConnection::Postgresql(database.connect()),
        }
    }

    pub fn stuck(&self) -> Stuck<'_> {
        match self {
            Database::File(_) => {
                let mut conn = self.connect();
                conn.batch_execute("BEGIN IMMEDIATE").unwrap();
                Stuck::Locked(conn)
            }
            Database::Postgres(database) => {
                database.turn_away();
                Stuck::Away(database)
            }
        }
    }
}

/// A database to which no process can write, nor renew a lease in it, until this is dropped.
pub enum Stuck<'a> {
    /// Behind the write lock of SQLite, which this connection holds.
    Locked(AnyConnection),
    /// Cut off from PostgreSQL.
    Away(&'a Postgres),
}

impl Drop for Stuck<'_> {
    fn drop(&mut self) {
        if let Stuck::Away(database) = self {
            database.admit();
        }
    }
}

/// The numbers that `select` gives as `value`.
pub fn numbers(conn: &mut AnyConnection, select: &str) -> QueryResult<Vec<i64>> {
    let rows: Vec<Number> = diesel::sql_query(select).load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// The texts that `select` gives as `value`.
pub fn texts(conn: &mut AnyConnection, select: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Word> = diesel::sql_query(select).load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// What makes `event` ("INSERT ON users") fail with `message` where `condition` holds of the row, until [`mend`].
pub fn fault(event: &str, condition: &str, message: impl Display) -> String {
    if is_postgres() {
        format!(
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION '%', '{message}'; END $$;
             CREATE TRIGGER fault BEFORE {event} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION fault()"
        )
    } else {
        format!("CREATE TRIGGER fault BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END")
    }
}

/// Takes the fault away again.
pub fn mend(table: &str) -> String {
    if is_postgres() {
        format!("DROP TRIGGER fault ON {table}; DROP FUNCTION fault()")
    } else {
        "DROP TRIGGER fault".to_owned()
    }
}
