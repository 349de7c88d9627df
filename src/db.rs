//! The database: connections, pragmas, embedded migrations, and the two doors to it.
//!
//! [`Db::write`] runs a closure in a transaction and returns after it is as durable as the configuration asks;
//! [`Db::read`] runs one on a pooled connection. Both keep blocking work off the async threads. What is asked of the
//! tables is not here but in [`crate::models`].
//!
//! Invariant: on SQLite only the writer thread (`db/writer.rs`) ever writes; the pooled connections are `query_only`.

mod check;
mod checkpoint;
mod connection;
mod copy;
mod measures;
mod notify;
mod open;
mod pool;
mod postgres;
mod rights;
mod sizes;
mod text;
mod turn;
mod url;
mod watch;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use tokio_util::sync::CancellationToken;

pub use check::{CheckError, Contents, Foreign, check};
pub use connection::AnyConnection;
pub(crate) use connection::{Prepared, on_either};
pub use copy::{Alone, alone, connect, copy, snapshot};
pub use measures::Measures;
pub use open::{OpenError, migrate, require_current};
pub use rights::{Purpose, require_rights};
pub use sizes::FileSizes;
pub(crate) use text::storable;
pub use url::{DatabaseUrl, DatabaseUrlError};
pub(crate) use writer::panic_message;

use crate::config::Durability;
use crate::schema::secrets;
use crate::traces;
use notify::Announcer;
use open::Connector;
use pool::Pool;
use writer::{Class, Writer};

/// What PostgreSQL says to one of two transactions that wait for each other.
const DEADLOCK: &str = "deadlock detected";

/// What `secrets` holds in place of the key while the database is the target of a copy that is not finished. No service works
/// on it; the key of the copy's source follows.
pub(crate) const UNFINISHED_COPY: &str = "unfinished copy of ";

/// Why a read or a write did not happen. Nothing of a failed write is in the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Too many calls are waiting; the same one will succeed a little later.
    #[error("too many wait for the database")]
    Busy,
    /// The database cannot be reached or written at the moment: lost, locked, disk full, I/O error.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The closure's own error.
    #[error(transparent)]
    Query(Error),
    /// The closure panicked; the message is for the log.
    #[error("a database closure panicked: {0}")]
    Panicked(String),
}

impl DbError {
    /// True when a UNIQUE constraint refused the write.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, DbError::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> DbError {
        // Both drivers give these kinds as text alone, which is why PostgreSQL is asked to speak English (`db/postgres.rs`).
        const OUT_OF_SERVICE: [&str; 8] = [
            "database or disk is full",
            "disk I/O error",
            "database is locked",
            "unable to open database",
            "no such savepoint",
            // PostgreSQL's. After a deadlock, or once nobody holds the row any more, the same transaction will do.
            "No space left on device",
            DEADLOCK,
            "canceling statement due to lock timeout",
        ];
        use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand};
        match &error {
            Error::DatabaseError(
                ClosedConnection | UnableToSendCommand | SerializationFailure | ReadOnlyTransaction,
                info,
            ) => DbError::Unavailable(info.message().to_owned()),
            Error::DatabaseError(_, info) if OUT_OF_SERVICE.iter().any(|text| info.message().contains(text)) => {
                DbError::Unavailable(info.message().to_owned())
            }
            Error::BrokenTransactionManager | Error::RollbackErrorOnCommit { .. } => {
                DbError::Unavailable(error.to_string())
            }
            _ => DbError::Query(error),
        }
    }
}

/// Gives back a mebibyte; returns how many free pages are left.
fn release_some(conn: &mut AnyConnection) -> QueryResult<i64> {
    conn.batch_execute("PRAGMA incremental_vacuum(256)")?;
    diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>("freelist_count FROM pragma_freelist_count"))
        .get_result(conn)
}

/// The database of this process; cheap to clone. Dropping the last clone finishes what is queued and closes the file.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    connector: Connector,
    measures: Measures,
    follow_key: Arc<str>,
    /// A write has found the database out of service, and no page was written to see whether it still is: on a full disk,
    /// whatever writes nothing, or little, goes on.
    ailing: Arc<AtomicBool>,
    /// SQLite's one writer; PostgreSQL groups commits itself and writes through the pool.
    writer: Option<Arc<Writer>>,
    /// PostgreSQL's: SQLite's file itself shows that it has changed.
    announcer: Option<Announcer>,
}

/// Whose commits were noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Those of this process and of no other.
    Itself,
    /// Those of others, perhaps.
    Anybody,
}

impl Db {
    /// Opens the database, making and migrating it where needed, with a pool of at most so many `connections`. Blocks; for
    /// start-up.
    ///
    /// # Errors
    /// One line for the operator; the file is left as it was.
    pub fn open(url: &DatabaseUrl, durability: Durability, connections: u32) -> Result<Db, OpenError> {
        migrate(url)?;
        let read_only = matches!(url, DatabaseUrl::Sqlite(_));
        let connector =
            Connector { url: url.clone(), durability, read_only, lost: Arc::default(), is_away: Arc::default() };
        let measures = Measures::new();
        let writer = match url {
            DatabaseUrl::Sqlite(_) => {
                let connector = Connector { read_only: false, ..connector.clone() };
                Some(Arc::new(Writer::start(connector, measures.clone())?))
            }
            DatabaseUrl::Postgres(_) => None,
        };
        let unusable = |error: &dyn std::fmt::Display| OpenError::unusable(url, error);
        let pool = Pool::open(connector.clone(), connections, measures.clone()).map_err(|error| unusable(&error))?;
        let key = |conn: &mut AnyConnection| secrets::table.select(secrets::follow_key).first::<String>(conn);
        let follow_key: Arc<str> = match pool.at_once(key) {
            Ok(key) => key.into(),
            Err(DbError::Query(error)) => {
                return Err(unusable(&format!("the table `secrets` does not have its row: {error}")));
            }
            Err(error) => return Err(unusable(&error)),
        };
        if follow_key.starts_with(UNFINISHED_COPY) {
            return Err(OpenError::Unfinished(url.to_string()));
        }
        let announcer = Announcer::start(url).map_err(|error| unusable(&error))?;
        Ok(Db { pool, connector, measures, follow_key, ailing: Arc::default(), writer, announcer })
    }

    /// What signs the tokens for following one job; the same for every process on this database.
    pub fn follow_key(&self) -> &str {
        &self.follow_key
    }

    /// Whether what was numbered first is committed first, as on SQLite, where one writes at a time.
    pub fn commits_in_order(&self) -> bool {
        self.writer.is_some()
    }

    /// How the commits are doing.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// Bytes on the disk.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn file_sizes(&self) -> Result<FileSizes, DbError> {
        let wal = self.connector.url.wal();
        self.read(move |conn| sizes::of(conn, wal.as_deref())).await
    }

    /// Runs `change` in a transaction of its own and answers after the commit has reached the disk.
    ///
    /// On SQLite the closures that wait together share one transaction, a savepoint each, so they must touch the
    /// database and nothing else, and be quick. An error or a panic undoes `change` alone. A caller that goes away before
    /// its closure starts has not written; once started, it counts. `change` must hand on every error of the database but
    /// [`Error::NotFound`], and a constraint's that a savepoint of its own has undone: after one that ended the transaction (a full
    /// disk), nothing it still wrote would be undone.
    ///
    /// # Errors
    /// [`DbError::Busy`] when too many wait, [`DbError::Unavailable`] when the commit failed, else the closure's own.
    pub async fn write<T, F>(&self, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.commit(Class::Request, change).await.inspect(|_| self.tell())
    }

    /// The same for work that nobody waits for: while requests wait, it gets a part of each commit and no more.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_in_background<T, F>(&self, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.write_untold(change).await.inspect(|_| self.tell())
    }

    /// The same without a word to other processes: for what may turn out to change nothing, since whoever was told might do the
    /// same. Where it has changed something, [`Db::tell`] comes after it.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_untold<T, F>(&self, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.commit(Class::Background, change).await
    }

    /// The same for a worker that waits for what requests bring: `change` runs at the end of the next transaction that holds
    /// requests, and is committed with them. There is one such closure at a time; the one before is told that it did not run.
    /// On PostgreSQL, where requests share no transaction, this waits for ever.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_behind_requests<T, F>(&self, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write_behind(change).await,
            None => std::future::pending().await,
        }
    }

    /// Has other processes told that something was committed.
    pub fn tell(&self) {
        if let Some(announcer) = &self.announcer {
            announcer.committed();
        }
    }

    /// Whether writes succeed: an empty one goes through all of it but the disk. Once a write has failed, that is not enough: a page
    /// has to be written, and there has to be room for more.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn can_write(&self) -> Result<(), DbError> {
        if !self.ailing.load(Ordering::Relaxed) {
            return self.write(|_| Ok(())).await;
        }
        self.write_a_page().await?;
        self.has_room().await?;
        self.ailing.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Writes what changes nothing, to see whether the disk takes it.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_a_page(&self) -> Result<(), DbError> {
        let write = |conn: &mut AnyConnection| match conn {
            AnyConnection::Sqlite(conn) => {
                let same = secrets::follow_key.eq(secrets::follow_key);
                diesel::update(secrets::table).set(same).execute(conn).map(|_| ())
            }
            // In a table that is there, what is dead makes room for another row, however full the disk. A new one of a megabyte
            // has to be given some.
            AnyConnection::Postgresql(conn) => conn.batch_execute(
                "CREATE TEMPORARY TABLE room ON COMMIT DROP AS SELECT md5(n::text) FROM generate_series(1, 20000) n",
            ),
        };
        self.write(write).await
    }

    /// Calls `changed` soon after a process has committed something, until `stop`, with whether others may have. Ends when the
    /// connection that this takes is closed, so that the file can be.
    pub async fn watch(&self, stop: CancellationToken, changed: impl Fn(Who) + Send + 'static) {
        let (connector, stop) = (self.connector.clone(), stop.child_token());
        // Whoever gives up waiting for this has no more use for it.
        let _stop = stop.clone().drop_guard();
        let announcer = self.announcer.clone();
        let watch = move || match &announcer {
            None => watch::run(&connector, &stop, || changed(Who::Anybody)),
            Some(announcer) => announcer.listen(&stop, changed),
        };
        // The pool of blocking threads is large; this one is taken for as long as the process works.
        let _ = tokio::task::spawn_blocking(watch).await;
    }

    /// Has what was deleted leave the files soon, too: on SQLite the WAL keeps old pages until it is cut.
    pub async fn forget_deleted(&self) {
        if let Some(writer) = &self.writer {
            writer.forget_deleted().await;
        }
    }

    /// Gives disk space that deleted rows took back to the system, in small steps.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn release_space(&self) -> Result<(), DbError> {
        // PostgreSQL's own autovacuum does the same.
        if self.writer.is_none() {
            return Ok(());
        }
        let mut left = i64::MAX;
        loop {
            let before = std::mem::replace(&mut left, self.write_in_background(release_some).await?);
            // A file that was rewritten without incremental vacuum keeps its free pages, and uses them again.
            if left == 0 || left >= before {
                return Ok(());
            }
        }
    }

    /// Runs `query` on a pooled connection, off the async threads.
    ///
    /// # Errors
    /// [`DbError::Busy`] when too many wait, [`DbError::Unavailable`] when no connection is to be had, else the closure's own.
    pub async fn read<T, F>(&self, query: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.pool.run(query).await
    }

    async fn commit<T, F>(&self, class: Class, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        // It ends with this call, after the answer. What the closure puts in goes on from it.
        let span = traces::commit();
        let within = span.clone();
        let change = move |conn: &mut AnyConnection| within.in_scope(|| change(conn));
        let done = match &self.writer {
            Some(writer) => writer.write(class, change).await,
            None => self.pool.write(class, change).await,
        };
        if let Err(DbError::Unavailable(reason)) = &done {
            self.ailing.store(true, Ordering::Relaxed);
            // SQLite's writer counts by itself, since one transaction has the writes of many. Whoever watches the count is not to be
            // called for two transactions in each other's way.
            if self.writer.is_none() && !reason.contains(DEADLOCK) {
                self.measures.failed.inc();
            }
        }
        done
    }
}
