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

impl DatabaseUrl {
    /// SQLite's write-ahead log, which lies beside the file.
    pub(super) fn wal(&self) -> Option<PathBuf> {
        let DatabaseUrl::Sqlite(path) = self else { return None };
        let mut wal = path.clone().into_os_string();
        wal.push("-wal");
        Some(wal.into())
    }
}

/// What is wrong with a `DATABASE_URL`.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Jobs and users must outlive the process.
    #[error("a database in memory would lose accepted requests; name a file, such as users.db")]
    InMemory,
    /// They would be taken for a part of the file's name, and a database that was to be read only be written.
    #[error("a SQLite database takes no parameters: leave out what begins with ?")]
    Parameters,
    /// Neither of the two databases.
    #[error("must be a file path, sqlite://path or postgres://user@host/database")]
    UnknownScheme,
    /// The driver would take it apart in another way than it is meant, and show the pieces in its errors.
    #[error("must be postgres://user:password@host:port/database, special characters percent-encoded: %40 for @")]
    Misread,
    /// PostgreSQL's client library was built without TLS.
    #[error(
        "asks for TLS, which this build does not have: build it with `--features postgres-tls`, or leave sslmode out"
    )]
    NoTls,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        if let Some(rest) = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
            return if !is_well_formed(rest) {
                Err(DatabaseUrlError::Misread)
            } else if !cfg!(feature = "postgres-tls") && asks_for_tls(rest) {
                Err(DatabaseUrlError::NoTls)
            } else {
                Ok(DatabaseUrl::Postgres(text.to_owned()))
            };
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        // SQLite would read `file:` as a URI with options of its own, some of which undo what this service promises.
        if path.contains(":memory:") || path.contains("mode=memory") {
            Err(DatabaseUrlError::InMemory)
        } else if path.is_empty() || path.contains("://") || path.starts_with("file:") {
            Err(DatabaseUrlError::UnknownScheme)
        } else if path.contains('?') {
            Err(DatabaseUrlError::Parameters)
        } else {
            Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
        }
    }
}

/// Whether what follows the scheme can be read in one way only. A password with `@`, `/` or the like in it cannot, and
/// libpq's errors quote what it takes for a host, a port or an option.
fn is_well_formed(rest: &str) -> bool {
    let (user, server) = rest.split_once('@').unwrap_or(("", rest));
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let hosts = address.split('/').next().unwrap_or_default();
    // What follows an IPv6 address in brackets, else the whole.
    let mut ports = hosts.split(',').filter_map(|host| host.rsplit(']').next()?.split_once(':'));
    let mut escapes = rest.split('%').skip(1).map(|escaped| escaped.as_bytes().get(..2));
    !user.contains(['/', '?'])
        && !server.contains('@')
        && ports.all(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        && (options.is_empty() || options.split('&').all(|option| option.split('=').count() == 2))
        && escapes.all(|code| code.is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit) && code != b"00"))
}

/// Whether a connection without TLS is not to come about.
fn asks_for_tls(rest: &str) -> bool {
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    options
        .split('&')
        .filter_map(|option| option.strip_prefix("sslmode="))
        .any(|mode| ["require", "verify-ca", "verify-full"].contains(&mode))
}

/// The file's path, or the server without user and password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "{}", path.display()),
            DatabaseUrl::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let server = rest.split_once('@').map_or(rest, |(_, server)| server);
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
        for address in
            ["", "/app", "me@%2Frun%2Fpg/app", "me:p%40:x@[::1]:5432,b:1/app?sslmode=disable", "h?host=/tmp&port=1"]
        {
            assert!(format!("postgres://{address}").parse::<DatabaseUrl>().is_ok(), "{address}");
        }
        for misread in
            ["me:p@ss@h/app", "me:p/s@h/app", "me:p?s@h", "me:secret", "me:p%zz@h", "h/app?password", "me:p%4"]
        {
            assert!(format!("postgres://{misread}").parse::<DatabaseUrl>().is_err(), "{misread}");
        }
        let tls = "postgres://h/app?connect_timeout=3&sslmode=verify-full".parse::<DatabaseUrl>();
        assert_eq!(tls.is_ok(), cfg!(feature = "postgres-tls"));
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
