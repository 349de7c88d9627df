//! Opening: one connection with its pragmas, the checks before a file is touched, and the embedded migrations.

use std::fmt::Display;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::dsl::sql;
use diesel::migration::{self, Migration, MigrationSource};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::rights::{self, Purpose};
use super::{AnyConnection, DatabaseUrl, postgres};
use crate::config::Durability;
use crate::schema::schema_serves;

/// How long a statement waits for another process that holds the write lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts of a statement for which SQLite does not wait.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// How long after a loss every connection is looked at before it is used.
const SUSPICION: Duration = Duration::from_secs(60);

/// Why the database could not be opened: one line for the operator. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there, or not reachable, or not allowed.
    #[error("cannot open the database {database}: {reason}")]
    Unusable {
        /// The path, or the server.
        database: String,
        /// The driver's words.
        reason: String,
    },
    /// The file is there, but may not be written.
    #[error("the database {0} is read-only: give this user write permission to the file and its folder")]
    ReadOnly(String),
    /// The file is there, and is something else.
    #[error("{0} is not a SQLite database: move the file away or set DATABASE_URL to another path")]
    NotADatabase(String),
    /// A database, but another program's.
    #[error("the database {0} holds the tables of another program: set DATABASE_URL to another")]
    Foreign(String),
    /// It is there, and this role of PostgreSQL may not use it as it has to.
    #[error(
        "this role cannot work with the database {database} yet: let a superuser, or whoever may, run {statements}"
    )]
    Rights {
        /// The server.
        database: String,
        /// The SQL that gives them.
        statements: String,
    },
    /// There is none yet.
    #[error("there is no database {0}: set DATABASE_URL to the one that is meant, or make it with `keiyaku migrate`")]
    Missing(String),
    /// An earlier release has made it.
    #[error("the database {0} was made by an older keiyaku: bring its schema up to date with `keiyaku migrate`")]
    Older(String),
    /// It is the target of a copy that has not come to its end.
    #[error(
        "the database {0} is an unfinished copy: finish it with `keiyaku migrate-to`, or set DATABASE_URL to another"
    )]
    Unfinished(String),
    /// A later release has migrated it, and has taken away what this one needs.
    #[error("the database {database} was made by a newer keiyaku (its schema has {migration}): upgrade this binary")]
    Newer {
        /// The path, or the server.
        database: String,
        /// The first migration that this binary does not know.
        migration: String,
    },
}

impl OpenError {
    /// PostgreSQL's client library has several lines to say.
    pub(super) fn unusable(url: &DatabaseUrl, reason: impl Display) -> OpenError {
        let reason = reason.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        OpenError::Unusable { database: url.to_string(), reason }
    }
}

/// Makes connections that are ready to use; the pool's manager and the writer's source.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) url: DatabaseUrl,
    pub(super) durability: Durability,
    /// For SQLite's readers, which must never take the write lock.
    pub(super) read_only: bool,
    /// When a connection to PostgreSQL was last lost; the others in the pool probably went with it.
    pub(super) lost: Arc<Mutex<Option<Instant>>>,
    /// The last attempt at a connection has failed.
    pub(super) is_away: Arc<AtomicBool>,
}

impl Connector {
    pub(super) fn connect(&self) -> Result<AnyConnection, ConnectionError> {
        match &self.url {
            DatabaseUrl::Postgres(url) => {
                postgres::connect_with_limits(url, self.durability).map(AnyConnection::Postgresql)
            }
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                conn.batch_execute(&self.pragmas()).map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(AnyConnection::Sqlite(conn))
            }
        }
    }

    /// Has `conn` closed when it comes back to the pool, and the others looked at before they are used.
    pub(super) fn lost(&self, conn: &mut AnyConnection) {
        if let AnyConnection::Postgresql(conn) = conn {
            AnsiTransactionManager::transaction_manager_status_mut(conn).set_in_error();
            *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Checkpoints are the writer's business (`wal_autocheckpoint`), not of whichever commit comes by. A reader's cache lasts until
    /// the next commit, and after some long reads each connection of the pool has a full one: there the system's cache has to do.
    fn pragmas(&self) -> String {
        let synchronous = if self.durability == Durability::Full { "FULL" } else { "NORMAL" };
        let (query_only, cache_kib) = if self.read_only { ("ON", 4_000) } else { ("OFF", 16_000) };
        format!(
            "{}; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{cache_kib}; PRAGMA secure_delete = ON; PRAGMA query_only = {query_only};",
            busy_timeout()
        )
    }
}

pub(super) fn busy_timeout() -> String {
    format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis())
}

impl r2d2::ManageConnection for Connector {
    type Connection = AnyConnection;
    type Error = ConnectionError;

    fn connect(&self) -> Result<AnyConnection, ConnectionError> {
        let made = Connector::connect(self);
        self.is_away.store(made.is_err(), Ordering::Relaxed);
        made
    }

    /// Asked before every use, and costs a round trip only after a loss.
    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), ConnectionError> {
        let lost = *self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_none_or(|at| at.elapsed() > SUSPICION) {
            return Ok(());
        }
        conn.batch_execute("SELECT 1").map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        std::thread::panicking() || !super::writer::is_outside_a_transaction(conn)
    }
}

/// Brings the schema up to this binary's, making the database where there is none. Safe with other processes doing the
/// same: the migrations run inside one transaction that the database serialises.
///
/// # Errors
/// One line for the operator; the database is left as it was.
pub fn migrate(url: &DatabaseUrl) -> Result<(), OpenError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            refuse_read_only(path)?;
            require_folder(path, url)?;
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())
                .map_err(|error| OpenError::unusable(url, error))?;
            // First, because another process may be doing the same.
            conn.batch_execute(&busy_timeout()).map_err(|error| explain(path, &error))?;
            let is_empty = is_empty_or_ours(&mut conn, path)?;
            if is_empty {
                // Has to be chosen before the first table.
                conn.batch_execute("PRAGMA auto_vacuum = INCREMENTAL").map_err(|error| explain(path, &error))?;
            }
            // Where there is nothing to do, the write lock is left to processes that may be writing without pause.
            if is_empty || SQLITE.is_behind(&mut conn, url).map_err(|failure| failure.into_open_error(url))? {
                // It may have been brought up to date meanwhile, or further.
                let catch_up = |conn: &mut SqliteConnection| match SQLITE.is_behind(conn, url)? {
                    true => SQLITE.catch_up(conn),
                    false => Ok(()),
                };
                conn.immediate_transaction(catch_up).map_err(|failure| failure.into_open_error(url))?;
            }
            // Last, because it writes to the file, and nothing would take that back if the file were refused.
            switch_to_wal(&mut conn).map_err(|error| explain(path, &error))
        }
        DatabaseUrl::Postgres(address) => {
            let mut conn = postgres::connect(address).map_err(|error| OpenError::unusable(url, error))?;
            conn.transaction(|conn| {
                conn.batch_execute("SELECT pg_advisory_xact_lock(7204931)")?;
                refuse_unfit(conn, url)?;
                rights::require_on(conn, url, Purpose::Look).map_err(Failure::Open)?;
                if POSTGRES.is_behind(conn, url)? {
                    refuse_unable(conn)?;
                    POSTGRES.catch_up(conn)?;
                }
                Ok(())
            })
            .map_err(|failure: Failure| failure.into_open_error(url))
        }
    }
}

/// Fails unless there is a database with this binary's schema; makes and changes nothing.
///
/// # Errors
/// One line for the operator.
pub fn require_current(url: &DatabaseUrl) -> Result<(), OpenError> {
    let missing = || OpenError::Missing(url.to_string());
    let behind = match url {
        DatabaseUrl::Sqlite(path) => {
            there_is(path, url)?;
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())
                .map_err(|error| OpenError::unusable(url, error))?;
            conn.batch_execute(&busy_timeout()).map_err(|error| explain(path, &error))?;
            if is_empty_or_ours(&mut conn, path)? {
                return Err(missing());
            }
            SQLITE.is_behind(&mut conn, url)
        }
        DatabaseUrl::Postgres(address) => {
            let mut conn = postgres::connect(address).map_err(|error| OpenError::unusable(url, error))?;
            refuse_unfit(&mut conn, url).map_err(|failure| failure.into_open_error(url))?;
            rights::require_on(&mut conn, url, Purpose::Look)?;
            if !has_been_migrated(&mut conn).map_err(|error| OpenError::unusable(url, error))? {
                refuse_unable(&mut conn).map_err(|failure| failure.into_open_error(url))?;
                return Err(missing());
            }
            POSTGRES.is_behind(&mut conn, url)
        }
    };
    match behind.map_err(|failure| failure.into_open_error(url))? {
        true => Err(OpenError::Older(url.to_string())),
        false => Ok(()),
    }
}

/// Fails unless there is a file, which opening it would make.
pub(super) fn there_is(path: &Path, url: &DatabaseUrl) -> Result<(), OpenError> {
    match path.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenError::Missing(url.to_string())),
        Err(error) => Err(OpenError::unusable(url, error)),
    }
}

/// What stops a migration inside its transaction.
enum Failure {
    Open(OpenError),
    Other(String),
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
    fn of_migration(error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
        Failure::Other(error.to_string())
    }

    fn into_open_error(self, url: &DatabaseUrl) -> OpenError {
        match self {
            Failure::Open(error) => error,
            Failure::Other(reason) => OpenError::unusable(url, reason),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Other(error.to_string())
    }
}

/// The migrations of one database, how those are read that it has, and how its `schema_serves` is.
struct Schema<C> {
    source: EmbeddedMigrations,
    applied: fn(&mut C) -> migration::Result<Vec<String>>,
    oldest: fn(&mut C) -> QueryResult<String>,
}

const SQLITE: Schema<SqliteConnection> = Schema {
    source: embed_migrations!("migrations/sqlite"),
    applied: |conn| Ok(conn.applied_migrations()?.iter().map(ToString::to_string).collect()),
    oldest: |conn| schema_serves::table.select(schema_serves::oldest).first(conn),
};
const POSTGRES: Schema<PgConnection> = Schema {
    source: embed_migrations!("migrations/postgres"),
    // Diesel would make the table if need be, which roles that only use tables may not, even where it is there.
    applied: |conn| match has_been_migrated(conn)? {
        true => Ok(sql::<Text>("SELECT version FROM __diesel_schema_migrations").load(conn)?),
        false => Ok(Vec::new()),
    },
    oldest: |conn| schema_serves::table.select(schema_serves::oldest).first(conn),
};

impl<C> Schema<C> {
    fn catch_up<DB>(self, conn: &mut C) -> Result<(), Failure>
    where
        C: MigrationHarness<DB>,
        DB: Backend,
        EmbeddedMigrations: MigrationSource<DB>,
    {
        conn.run_pending_migrations(self.source).map(drop).map_err(Failure::of_migration)
    }

    /// True when this binary has migrations that the database lacks. When it is the other way round, a newer binary has been
    /// here, and says whether older ones may go on.
    fn is_behind<DB>(&self, conn: &mut C, url: &DatabaseUrl) -> Result<bool, Failure>
    where
        C: MigrationHarness<DB>,
        DB: Backend,
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let known: Vec<Box<dyn Migration<DB>>> = self.source.migrations().map_err(Failure::of_migration)?;
        let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
        let applied = (self.applied)(conn).map_err(Failure::of_migration)?;
        if let Some(migration) = applied.iter().find(|version| !known.contains(version)) {
            let oldest = (self.oldest)(conn)?;
            if known.iter().max().is_none_or(|newest| *newest < oldest) {
                let (database, migration) = (url.to_string(), migration.clone());
                return Err(Failure::Open(OpenError::Newer { database, migration }));
            }
        }
        Ok(known.iter().any(|version| !applied.contains(version)))
    }
}

/// The one statement in which SQLite does not wait for another process, however it is told to.
fn switch_to_wal(conn: &mut SqliteConnection) -> QueryResult<()> {
    let started = Instant::now();
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && started.elapsed() < BUSY_TIMEOUT => thread::sleep(BUSY_PAUSE),
            result => return result,
        }
    }
}

/// A folder is not made: a mistyped path would be one, and an empty database in it.
fn require_folder(path: &Path, url: &DatabaseUrl) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => {
            Err(OpenError::unusable(url, format!("the folder {} does not exist: make it first", folder.display())))
        }
        None => Ok(()),
    }
}

/// The mode bits count for root too, whom the system would let write.
fn refuse_read_only(path: &Path) -> Result<(), OpenError> {
    match std::fs::metadata(path) {
        Ok(file) if file.permissions().readonly() => Err(OpenError::ReadOnly(path.display().to_string())),
        _ => Ok(()),
    }
}

/// True when there is no table yet. A file that is no database, or whose tables were made by something else, is refused: it
/// is not ours to change.
pub(super) fn is_empty_or_ours(conn: &mut SqliteConnection, path: &Path) -> Result<bool, OpenError> {
    #[derive(QueryableByName)]
    struct Tables {
        #[diesel(sql_type = BigInt)]
        ours: i64,
        #[diesel(sql_type = BigInt)]
        others: i64,
    }
    let count = "SELECT coalesce(sum(name = '__diesel_schema_migrations'), 0) AS ours, \
                 coalesce(sum(name <> '__diesel_schema_migrations'), 0) AS others \
                 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Tables = diesel::sql_query(count).get_result(conn).map_err(|error| explain(path, &error))?;
    match (tables.ours, tables.others) {
        (0, 0) => Ok(true),
        (0, _) => Err(OpenError::Foreign(path.display().to_string())),
        _ => Ok(false),
    }
}

/// The same for PostgreSQL, where only what we would find by its name matters: a database may be shared. One of another encoding than
/// the contract's takes some texts and fails at others.
fn refuse_unfit(conn: &mut PgConnection, url: &DatabaseUrl) -> Result<(), Failure> {
    let encoding: String = diesel::select(sql::<Text>("current_setting('server_encoding')")).get_result(conn)?;
    if encoding != "UTF8" {
        let remedy = "set DATABASE_URL to one that was made with ENCODING 'UTF8' TEMPLATE template0";
        return Err(Failure::Other(format!("its encoding is {encoding}: {remedy}")));
    }
    let foreign = "to_regclass('__diesel_schema_migrations') IS NULL \
                   AND coalesce(to_regclass('users'), to_regclass('job_queue')) IS NOT NULL";
    let foreign: bool = diesel::select(sql::<Bool>(foreign)).get_result(conn)?;
    if foreign { Err(Failure::Open(OpenError::Foreign(url.to_string()))) } else { Ok(()) }
}

/// Fails for a role that may not bring the schema up to date, or make it.
fn refuse_unable(conn: &mut PgConnection) -> Result<(), Failure> {
    if rights::may_migrate(conn)? {
        return Ok(());
    }
    let said = match has_been_migrated(conn)? {
        true => {
            "may not bring its schema up to date: run `keiyaku migrate` as one that owns the tables and may make others"
        }
        false => {
            "sees no tables there and may make none: if they are there, it lacks USAGE on their schema, or that is not in its \
             search_path; if not, run `keiyaku migrate` as one that may"
        }
    };
    Err(Failure::Other(format!("this role {said}")))
}

fn has_been_migrated(conn: &mut PgConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL")).get_result(conn)
}

pub(super) fn is_locked(error: &Error) -> bool {
    error.to_string().contains("database is locked")
}

pub(super) fn explain(path: &Path, error: &Error) -> OpenError {
    let (database, reason) = (path.display().to_string(), error.to_string());
    if reason.contains("not a database") {
        OpenError::NotADatabase(database)
    } else if reason.contains("readonly") {
        OpenError::ReadOnly(database)
    } else {
        OpenError::Unusable { database, reason }
    }
}
