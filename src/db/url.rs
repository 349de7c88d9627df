//! `DATABASE_URL`: which database, picked by the URL's scheme.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of a SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL; it may hold a password, so it is never shown whole.
    Postgres(String),
}

/// What is wrong with a `DATABASE_URL`.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Jobs and users must outlive the process.
    #[error("a database in memory would lose accepted requests; name a file, such as users.db")]
    InMemory,
    /// Neither of the two databases.
    #[error("must be a file path, sqlite://path or postgres://user@host/database")]
    UnknownScheme,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        // SQLite would read `file:` as a URI with options of its own, some of which undo what this service promises.
        if path.contains(":memory:") || path.contains("mode=memory") {
            Err(DatabaseUrlError::InMemory)
        } else if path.is_empty() || path.contains("://") || path.starts_with("file:") {
            Err(DatabaseUrlError::UnknownScheme)
        } else {
            Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
        }
    }
}

/// The file's path, or the server without user and password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "{}", path.display()),
            DatabaseUrl::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let server = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
                write!(f, "postgres://{}", server.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_picks_the_database() {
        for path in ["users.db", "sqlite://users.db", "sqlite:users.db"] {
            assert_eq!(path.parse::<DatabaseUrl>().unwrap(), DatabaseUrl::Sqlite("users.db".into()));
        }
        assert!(matches!("postgresql://localhost/x".parse().unwrap(), DatabaseUrl::Postgres(_)));
        for refused in [":memory:", "sqlite::memory:", "mysql://x", "file:x.db?mode=memory", "file:x.db", ""] {
            assert!(refused.parse::<DatabaseUrl>().is_err(), "{refused}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: DatabaseUrl = "postgres://me:p%40ss@db.example:5432/app?sslmode=disable".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db.example:5432/app");
    }
}
