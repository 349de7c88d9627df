//! Whether a SQLite file is sound.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Text};

use super::open::{OpenError, explain, is_empty_or_ours};
use super::{AnyConnection, Db, DbError};

/// What a database that is sound holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Rows of `users`.
    pub users: i64,
    /// Rows of `job_queue`.
    pub jobs: i64,
}

/// Why a file is none that this service could work with.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// No database of ours.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A database with faults, of which this is the first.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// Reads the whole file: every page and index, every foreign key, and whether there are as many jobs as have been counted.
///
/// # Errors
/// The first fault.
pub fn check(path: &Path) -> Result<Contents, CheckError> {
    let failed = |error: &diesel::result::Error| CheckError::Open(explain(path, error));
    let mut conn =
        SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| CheckError::Damaged(error.to_string()))?;
    conn.batch_execute("PRAGMA query_only = ON").map_err(|error| failed(&error))?;
    if is_empty_or_ours(&mut conn, path)? {
        return Err(CheckError::Damaged("it is empty".to_owned()));
    }
    let found = faults(&mut conn, "integrity_check FROM pragma_integrity_check").map_err(|error| failed(&error))?;
    if let Some(fault) = found.into_iter().next() {
        return Err(CheckError::Damaged(fault));
    }
    let mut number = |select: &str| diesel::select(sql::<BigInt>(select)).get_result::<i64>(&mut conn);
    let numbers = [
        "count(*) FROM pragma_foreign_key_check",
        "count(*) FROM users",
        "count(*) FROM job_queue",
        "coalesce(sum(jobs), 0) FROM job_counts",
    ];
    match numbers.map(&mut number) {
        [Ok(0), Ok(users), Ok(jobs), Ok(counted)] if jobs == counted => Ok(Contents { users, jobs }),
        [Ok(0), Ok(_), Ok(jobs), Ok(counted)] => {
            Err(CheckError::Damaged(format!("it has {jobs} jobs and counts {counted}")))
        }
        [Ok(missing), Ok(_), Ok(_), Ok(_)] => {
            Err(CheckError::Damaged(format!("{missing} rows belong to rows that are not there")))
        }
        several => Err(several
            .iter()
            .find_map(|one| one.as_ref().err())
            .map_or_else(|| CheckError::Damaged("its tables cannot be read".to_owned()), failed)),
    }
}

fn faults(conn: &mut SqliteConnection, select: &str) -> QueryResult<Vec<String>> {
    let lines: Vec<String> = diesel::select(sql::<Text>(select)).load(conn)?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// A role to whom PostgreSQL does not speak English.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// The role, as it is written in SQL.
    pub role: String,
    /// What it is told of a division by zero.
    pub said: String,
}

impl Db {
    /// Whether what PostgreSQL says is not understood: its words are all that tells a wait that was too long from another error.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn foreign(&self) -> Result<Option<Foreign>, DbError> {
        self.read(|conn| {
            let AnyConnection::Postgresql(conn) = conn else { return Ok(None) };
            let role = diesel::select(sql::<Text>("quote_ident(current_user)")).get_result(conn)?;
            match conn.batch_execute("SELECT 1 / 0") {
                Err(Error::DatabaseError(DatabaseErrorKind::Unknown, error)) => {
                    let said = error.message().to_owned();
                    Ok((said != "division by zero").then_some(Foreign { role, said }))
                }
                other => other.map(|()| None),
            }
        })
        .await
    }

    /// What SQLite finds wrong with the file without comparing indexes and tables. PostgreSQL looks after itself.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn faults(&self) -> Result<Vec<String>, DbError> {
        self.read(|conn| match conn {
            AnyConnection::Sqlite(conn) => faults(conn, "quick_check FROM pragma_quick_check"),
            AnyConnection::Postgresql(_) => Ok(Vec::new()),
        })
        .await
    }
}
