//! The configuration: every environment variable the service reads, its default and what it allows.
//!
//! A bad value stops the start with one line that names variable, value and what is allowed; nothing is read from
//! the environment anywhere else.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use validator::Validate;

use crate::contract::ValidationMode;
use crate::db::DatabaseUrl;
use crate::mail::{Roots, SmtpServer};

/// How far a commit goes before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: an acknowledged write survives a power cut.
    Full,
    /// In the operating system: it survives a crash of the process, not of the machine.
    Normal,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// A secret that neither `Debug` nor a validation error shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[secret]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Everything the service can be told, checked.
#[derive(Clone, Debug, Validate)]
pub struct Config {
    /// `HOST`, default `127.0.0.1`: the address to listen on.
    pub host: IpAddr,
    /// `PORT`, default `8080`; 0 lets the system choose one, which the start-up line names.
    pub port: u16,
    /// `DATABASE_URL`, default `users.db`: a path, `sqlite://path` or `postgres://…`.
    pub database_url: DatabaseUrl,
    /// `VALIDATION_MODE`, default `default`.
    pub validation_mode: ValidationMode,
    /// `WORKER_COUNT`, default 3: jobs at a time in this process; 0 for none.
    #[validate(range(max = 1024))]
    pub worker_count: u32,
    /// `LOG_LEVEL`, default `info`: a level, or filters such as `info,keiyaku::worker=debug`.
    pub log_level: String,
    /// `LOG_FORMAT`, default `pretty` on a terminal, else `json`.
    pub log_format: Option<LogFormat>,
    /// `DURABILITY`, default `full`.
    pub durability: Durability,
    /// `JWT_SECRET`, no default: the key of HS256 tokens, at least 32 bytes; without it protected operations answer 401.
    #[validate(custom(function = "secret_is_long_enough"))]
    pub jwt_secret: Option<Secret>,
    /// `RATE_LIMIT_RPS`, default 10: requests a second for each client; 0 for no limit.
    #[validate(range(max = 1_000_000))]
    pub rate_limit_rps: u32,
    /// `RATE_LIMIT_BURST`, default 20: requests a client may make at once.
    #[validate(range(min = 1, max = 1_000_000))]
    pub rate_limit_burst: u32,
    /// `CORS_ALLOW_ORIGINS`, default none: comma-separated origins, or `*`.
    pub cors_allow_origins: Vec<String>,
    /// `MAIL_FROM`, default `Keiyaku <no-reply@localhost>`: the sender of every mail.
    pub mail_from: lettre::message::Mailbox,
    /// `MAIL_DIR`, default `outbox`: where mail is written as .eml files when there is no mail server.
    pub mail_dir: PathBuf,
    /// `SMTP_URL`, no default: the mail server. `SMTP_CA_FILE`, no default: certificates in PEM that it may be signed by
    /// besides the public authorities'. `SMTP_TIMEOUT`, default `10s`: how long one step with it may take.
    pub smtp: Option<SmtpServer>,
    /// `SHUTDOWN_TIMEOUT`, default `30s`: how long requests and jobs may take to finish after SIGTERM.
    #[validate(custom(function = "at_most_a_day"))]
    pub shutdown_timeout: Duration,
    /// `JOB_LEASE`, default `30s`: how long a worker that falls silent keeps its jobs.
    #[validate(custom(function = "at_least_half_a_second"))]
    pub job_lease: Duration,
    /// `JOB_RETENTION`, default `7d`: how long finished jobs are kept.
    #[validate(custom(function = "at_least_a_minute"))]
    pub job_retention: Duration,
    /// `REQUEST_TIMEOUT`, default `10s`.
    #[validate(custom(function = "at_most_a_day"))]
    pub request_timeout: Duration,
    /// `BODY_LIMIT`, default 262144: bytes of a request body.
    #[validate(range(min = 1024, max = 67_108_864))]
    pub body_limit: u64,
}

/// A variable whose value is not allowed.
#[derive(Debug, thiserror::Error)]
#[error("{variable}={shown}: {allowed}")]
pub struct ConfigError {
    variable: &'static str,
    shown: String,
    allowed: String,
}

fn secret_is_long_enough(secret: &Secret) -> Result<(), validator::ValidationError> {
    if secret.0.len() >= 32 { Ok(()) } else { Err(validator::ValidationError::new("short")) }
}

fn at_most_a_day(duration: &Duration) -> Result<(), validator::ValidationError> {
    let day = Duration::from_secs(86_400);
    if !duration.is_zero() && *duration <= day { Ok(()) } else { Err(validator::ValidationError::new("day")) }
}

fn at_least_half_a_second(duration: &Duration) -> Result<(), validator::ValidationError> {
    if *duration >= Duration::from_millis(500) {
        at_most_a_day(duration)
    } else {
        Err(validator::ValidationError::new("lease"))
    }
}

fn at_least_a_minute(duration: &Duration) -> Result<(), validator::ValidationError> {
    if *duration >= Duration::from_secs(60) { Ok(()) } else { Err(validator::ValidationError::new("retention")) }
}

/// What each checked variable allows, in the words of the error line.
fn allowed(variable: &str) -> &'static str {
    match variable {
        "WORKER_COUNT" => "must be a whole number from 0 to 1024",
        "JWT_SECRET" => "must be at least 32 bytes long",
        "RATE_LIMIT_RPS" => "must be a whole number from 0 (no limit) to 1000000",
        "RATE_LIMIT_BURST" => "must be a whole number from 1 to 1000000",
        "JOB_LEASE" => "must be a duration from 500ms to 1day, such as 30s",
        "JOB_RETENTION" => "must be a duration of at least 1min, such as 7d",
        "BODY_LIMIT" => "must be a number of bytes from 1024 to 67108864",
        "PORT" => "must be a port from 0 to 65535",
        "HOST" => "must be an IP address, such as 127.0.0.1 or ::",
        "MAIL_FROM" => "must be a mailbox, such as Keiyaku <no-reply@example.com>",
        "SMTP_URL" => {
            "must be smtps://user:password@host:port, or smtp:// with nothing, ?tls=required or ?tls=opportunistic at the \
             end; user and password (both percent-encoded) and port may be left out"
        }
        "SMTP_CA_FILE" => "must be a file with at least one certificate in PEM",
        "SMTP_TIMEOUT" => "must be a duration above 0 and of at most 1min, such as 10s",
        _ => "must be a duration above 0 and of at most 1day, such as 30s",
    }
}

/// Stands for a value that is not UTF-8; no variable can hold it.
const NOT_TEXT: &str = "\0";

/// The variables of one start, read once.
struct Variables(HashMap<String, String>);

impl Variables {
    /// The value parsed, or the default where the variable is unset or empty.
    fn get<T>(&self, name: &'static str, default: T, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        match self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            None => Ok(default),
            Some(NOT_TEXT) => Err(ConfigError {
                variable: name,
                shown: "[not shown]".to_owned(),
                allowed: "must be UTF-8 text".to_owned(),
            }),
            Some(value) => parse(value).ok_or_else(|| self.refuse(name, allowed(name))),
        }
    }

    fn parsed<T: FromStr>(&self, name: &'static str, default: T) -> Result<T, ConfigError> {
        self.get(name, default, |value| value.parse().ok())
    }

    fn duration(&self, name: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        self.get(name, default, |value| humantime::parse_duration(value).ok())
    }

    /// One of a few words; the error lists them.
    fn word<T: Clone>(&self, name: &'static str, default: T, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let found = |value: &str| words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| meaning.clone());
        self.get(name, default, found).map_err(|error| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            ConfigError { allowed: format!("must be one of {}", words.join(", ")), ..error }
        })
    }

    fn refuse(&self, variable: &'static str, allowed: impl Into<String>) -> ConfigError {
        let value = self.0.get(variable).map(String::as_str).unwrap_or_default();
        let secret = matches!(variable, "JWT_SECRET" | "DATABASE_URL" | "SMTP_URL");
        let shown = if secret { "[not shown]".to_owned() } else { format!("{value:?}") };
        ConfigError { variable, shown, allowed: allowed.into() }
    }
}

impl Config {
    /// Reads and checks the process's environment.
    ///
    /// # Errors
    /// The first variable whose value is not allowed.
    pub fn from_env() -> Result<Config, ConfigError> {
        let text = |value: OsString| value.into_string().unwrap_or_else(|_| NOT_TEXT.to_owned());
        Config::from_variables(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, text(value)))),
        )
    }

    /// The same from any list of names and values.
    ///
    /// # Errors
    /// The first variable whose value is not allowed.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
        let v = Variables(variables.into_iter().collect());
        let sender = lettre::message::Mailbox::new(
            Some("Keiyaku".to_owned()),
            lettre::Address::new("no-reply", "localhost").map_err(|_| v.refuse("MAIL_FROM", allowed("MAIL_FROM")))?,
        );
        let config = Config {
            host: v.parsed("HOST", IpAddr::V4(Ipv4Addr::LOCALHOST))?,
            port: v.parsed("PORT", 8080)?,
            database_url: database_url(&v)?,
            validation_mode: v.word(
                "VALIDATION_MODE",
                ValidationMode::Default,
                &[
                    ("default", ValidationMode::Default),
                    ("flexible", ValidationMode::Flexible),
                    ("strict", ValidationMode::Strict),
                ],
            )?,
            worker_count: v.parsed("WORKER_COUNT", 3)?,
            log_level: log_level(&v)?,
            log_format: v.word(
                "LOG_FORMAT",
                None,
                &[("pretty", Some(LogFormat::Pretty)), ("json", Some(LogFormat::Json))],
            )?,
            durability: v.word(
                "DURABILITY",
                Durability::Full,
                &[("full", Durability::Full), ("normal", Durability::Normal)],
            )?,
            jwt_secret: v.get("JWT_SECRET", None, |value| Some(Some(Secret(value.to_owned()))))?,
            rate_limit_rps: v.parsed("RATE_LIMIT_RPS", 10)?,
            rate_limit_burst: v.parsed("RATE_LIMIT_BURST", 20)?,
            cors_allow_origins: origins(&v)?,
            mail_from: v.parsed("MAIL_FROM", sender)?,
            mail_dir: v.parsed("MAIL_DIR", PathBuf::from("outbox"))?,
            smtp: smtp(&v)?,
            shutdown_timeout: v.duration("SHUTDOWN_TIMEOUT", Duration::from_secs(30))?,
            job_lease: v.duration("JOB_LEASE", Duration::from_secs(30))?,
            job_retention: v.duration("JOB_RETENTION", Duration::from_secs(7 * 86_400))?,
            request_timeout: v.duration("REQUEST_TIMEOUT", Duration::from_secs(10))?,
            body_limit: v.get("BODY_LIMIT", 256 * 1024, bytes)?,
        };
        config.checked(&v)
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    fn checked(self, variables: &Variables) -> Result<Config, ConfigError> {
        let Err(errors) = self.validate() else { return Ok(self) };
        let names = [
            "WORKER_COUNT",
            "JWT_SECRET",
            "RATE_LIMIT_RPS",
            "RATE_LIMIT_BURST",
            "SHUTDOWN_TIMEOUT",
            "JOB_LEASE",
            "JOB_RETENTION",
            "REQUEST_TIMEOUT",
            "BODY_LIMIT",
        ];
        let failed = names.into_iter().find(|name| errors.errors().contains_key(name.to_lowercase().as_str()));
        let name = failed.unwrap_or("WORKER_COUNT");
        Err(variables.refuse(name, allowed(name)))
    }
}

fn database_url(v: &Variables) -> Result<DatabaseUrl, ConfigError> {
    let value = v.parsed("DATABASE_URL", "users.db".to_owned())?;
    value.parse().map_err(|error: crate::db::DatabaseUrlError| v.refuse("DATABASE_URL", error.to_string()))
}

fn smtp(v: &Variables) -> Result<Option<SmtpServer>, ConfigError> {
    let limit = v.get("SMTP_TIMEOUT", Duration::from_secs(10), |value| {
        humantime::parse_duration(value).ok().filter(|limit| !limit.is_zero() && *limit <= Duration::from_secs(60))
    })?;
    let roots = v.get("SMTP_CA_FILE", None, |file| Roots::read(Path::new(file)).map(Some))?;
    v.get("SMTP_URL", None, |url| SmtpServer::new(url, roots.as_ref(), limit).map(Some))
}

fn log_level(v: &Variables) -> Result<String, ConfigError> {
    let level = v.parsed("LOG_LEVEL", "info".to_owned())?;
    match tracing_subscriber::EnvFilter::try_new(&level) {
        Ok(_) => Ok(level),
        Err(_) => Err(v.refuse(
            "LOG_LEVEL",
            "must be error, warn, info, debug, trace, or filters such as info,keiyaku::worker=debug",
        )),
    }
}

fn origins(v: &Variables) -> Result<Vec<String>, ConfigError> {
    let list: Vec<String> = v
        .parsed("CORS_ALLOW_ORIGINS", String::new())?
        .split(',')
        .map(|origin| origin.trim().to_owned())
        .filter(|origin| !origin.is_empty())
        .collect();
    let origin = |text: &String| {
        text == "*"
            || text
                .parse::<axum::http::Uri>()
                .is_ok_and(|uri| uri.scheme().is_some() && uri.authority().is_some() && !text.ends_with('/'))
    };
    if list.iter().all(origin) {
        Ok(list)
    } else {
        Err(v.refuse("CORS_ALLOW_ORIGINS", "must be * or comma-separated origins, such as https://example.com"))
    }
}

/// A number of bytes, plain or with KiB or MiB.
fn bytes(value: &str) -> Option<u64> {
    let (digits, unit) = match value.to_ascii_lowercase() {
        text if text.ends_with("kib") => (text.trim_end_matches("kib").trim().to_owned(), 1024),
        text if text.ends_with("mib") => (text.trim_end_matches("mib").trim().to_owned(), 1024 * 1024),
        text => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, String> {
        Config::from_variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let config = config(&[]).unwrap();
        assert_eq!(config.address().to_string(), "127.0.0.1:8080");
        assert_eq!((config.worker_count, config.body_limit, config.durability), (3, 262_144, Durability::Full));
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_allowed() {
        assert_eq!(config(&[("PORT", "http")]).unwrap_err(), "PORT=\"http\": must be a port from 0 to 65535");
        assert_eq!(
            config(&[("VALIDATION_MODE", "lax")]).unwrap_err(),
            "VALIDATION_MODE=\"lax\": must be one of default, flexible, strict"
        );
        assert_eq!(
            config(&[("WORKER_COUNT", "5000")]).unwrap_err(),
            "WORKER_COUNT=\"5000\": must be a whole number from 0 to 1024"
        );
        assert_eq!(
            config(&[("JOB_LEASE", "1ms")]).unwrap_err(),
            "JOB_LEASE=\"1ms\": must be a duration from 500ms to 1day, such as 30s"
        );
    }

    #[test]
    fn a_short_secret_is_refused_and_not_shown() {
        assert_eq!(
            config(&[("JWT_SECRET", "hunter2")]).unwrap_err(),
            "JWT_SECRET=[not shown]: must be at least 32 bytes long"
        );
    }

    #[test]
    fn a_value_that_is_not_text_is_refused_rather_than_left_out() {
        assert_eq!(config(&[("DATABASE_URL", NOT_TEXT)]).unwrap_err(), "DATABASE_URL=[not shown]: must be UTF-8 text");
        assert_eq!(config(&[("WORKER_COUNT", NOT_TEXT)]).unwrap_err(), "WORKER_COUNT=[not shown]: must be UTF-8 text");
    }

    #[test]
    fn a_bad_mail_server_is_refused_and_not_shown() {
        let refused = config(&[("SMTP_URL", "smtp://me:hunter2@mail.example?tls=maybe")]).unwrap_err();
        assert!(
            refused.starts_with("SMTP_URL=[not shown]: must be smtps://user:password@host:port, or smtp://"),
            "{refused}"
        );
        assert_eq!(
            config(&[("SMTP_TIMEOUT", "2min")]).unwrap_err(),
            "SMTP_TIMEOUT=\"2min\": must be a duration above 0 and of at most 1min, such as 10s"
        );
        let shown = format!("{:?}", config(&[("SMTP_URL", "smtps://me:hunter2@mail.example")]).unwrap());
        assert!(shown.contains("smtps://mail.example:465") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        for file in ["/no/such/file", "Cargo.toml"] {
            let expected = format!("SMTP_CA_FILE={file:?}: must be a file with at least one certificate in PEM");
            assert_eq!(config(&[("SMTP_CA_FILE", file)]).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_database_in_memory_is_refused() {
        assert!(config(&[("DATABASE_URL", ":memory:")]).unwrap_err().starts_with("DATABASE_URL="));
    }
}
