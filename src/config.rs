//! The configuration: every environment variable the service reads, its default and what it allows.
//!
//! A bad value stops the start with one line that names variable, value and what is allowed; nothing is read from
//! the environment anywhere else, but for the variables of OpenTelemetry, which `traces` and its libraries read, and what
//! a service manager sets to be told of the start and the stop (`cli::manager`).

mod queues;
#[cfg(test)]
mod tests;
mod variables;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use url::Url;
use validator::Validate;

use crate::contract::{PublicKeys, ValidationMode};
use crate::db::DatabaseUrl;
use crate::http::Tls;
use crate::mail::{Roots, SmtpServer};
use variables::{Variables, allowed, bytes};

pub use queues::WorkerQueues;
pub use variables::ConfigError;

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

/// Which answers are checked against the contract before they leave. A mistake is logged and counted; the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResponses {
    /// None.
    Off,
    /// One in a hundred of each operation, the first among them.
    Sample,
    /// Every one.
    All,
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
    /// `DATABASE_CONNECTIONS`, default 8: for reading (SQLite) or for everything (PostgreSQL).
    #[validate(range(min = 2, max = 500))]
    pub database_connections: u32,
    /// `VALIDATION_MODE`, default `default`.
    pub validation_mode: ValidationMode,
    /// `WORKER_COUNT`, default 3: jobs at a time in this process; 0 for none.
    #[validate(range(max = 1024))]
    pub worker_count: u32,
    /// `WORKER_QUEUES`, default `*`: the queues that are served, with limits, such as `mail=2,reports=1,*`.
    pub worker_queues: WorkerQueues,
    /// `LOG_LEVEL`, default `info`: a level, or filters such as `info,keiyaku::worker=debug`.
    pub log_level: Targets,
    /// `LOG_FORMAT`, default `pretty` on a terminal, else `json`.
    pub log_format: Option<LogFormat>,
    /// `DURABILITY`, default `full`.
    pub durability: Durability,
    /// `JWT_SECRET`, no default: the key of HS256 tokens, at least 32 bytes; without it protected operations answer 401.
    #[validate(custom(function = "secret_is_long_enough"))]
    pub jwt_secret: Option<Secret>,
    /// `JWT_PUBLIC_KEY`, no default: a file with the key or keys (PEM or JWK Set) of RS256, ES256 or `EdDSA` tokens; in
    /// place of `JWT_SECRET`.
    pub jwt_public_key: Option<PublicKeys>,
    /// `JWT_ISSUER`, no default: the `iss` that tokens must have.
    pub jwt_issuer: Option<String>,
    /// `JWT_AUDIENCE`, no default: the `aud` that tokens must have.
    pub jwt_audience: Option<String>,
    /// `TLS_CERT` and `TLS_KEY`, no default: serve HTTPS with this certificate chain and key, both in PEM.
    pub tls: Option<Tls>,
    /// `TRUSTED_PROXIES`, default none: comma-separated addresses and networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
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
    #[validate(custom(function = "from_a_minute_to_a_century"))]
    pub job_retention: Duration,
    /// `REQUEST_TIMEOUT`, default `10s`.
    #[validate(custom(function = "at_most_a_day"))]
    pub request_timeout: Duration,
    /// `BODY_LIMIT`, default 262144: bytes of a request body.
    #[validate(range(min = 1024, max = 67_108_864))]
    pub body_limit: u64,
    /// `HEAD_TIMEOUT`, default `30s`: how long a connection may take for the head of a request, waiting for it included.
    #[validate(custom(function = "at_most_a_day"))]
    pub head_timeout: Duration,
    /// `MAX_CONNECTIONS`, default 1000: connections at a time; more wait until one ends.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_connections: u32,
    /// `MAX_REQUESTS`, default 500: requests that are worked on at a time; more are turned away with 503.
    #[validate(range(min = 1, max = 1_000_000))]
    pub max_requests: u32,
    /// `CHECK_RESPONSES`, default `off`.
    pub check_responses: CheckResponses,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, no default: the collector that traces are sent to. Its library reads the other variables
    /// of OpenTelemetry, whose names begin with `OTEL_`, and this one too.
    pub otel_exporter_otlp_endpoint: Option<Url>,
    /// `IDEMPOTENCY_RETENTION`, default `1d`: how long an `Idempotency-Key` and its answer are kept.
    #[validate(custom(function = "from_a_minute_to_a_century"))]
    pub idempotency_retention: Duration,
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

/// What is kept for longer would have been put in before any year that the databases and the calendar know.
fn from_a_minute_to_a_century(duration: &Duration) -> Result<(), validator::ValidationError> {
    let (minute, century) = (Duration::from_secs(60), Duration::from_secs(100 * 31_557_600));
    if (minute..=century).contains(duration) { Ok(()) } else { Err(validator::ValidationError::new("retention")) }
}

impl Config {
    /// Reads and checks the process's environment.
    ///
    /// # Errors
    /// The first variable whose value is not allowed.
    pub fn from_env() -> Result<Config, ConfigError> {
        Config::read(&Variables::of_process())
    }

    /// The same from any list of names and values.
    ///
    /// # Errors
    /// The first variable whose value is not allowed.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
        Config::read(&Variables::of(variables))
    }

    /// The same as [`Config::from_env`] for whoever wants to know all that is not allowed: each such variable, and the
    /// configuration as it is without them.
    pub fn with_problems() -> (Result<Config, ConfigError>, Vec<ConfigError>) {
        let mut variables = Variables::of_process();
        let mut problems = Vec::new();
        loop {
            match Config::read(&variables) {
                Err(problem) if variables.remove(problem.variable()) => problems.push(problem),
                read => return (read, problems),
            }
        }
    }

    fn read(v: &Variables) -> Result<Config, ConfigError> {
        let sender = lettre::message::Mailbox::new(
            Some("Keiyaku".to_owned()),
            lettre::Address::new("no-reply", "localhost").map_err(|_| v.refuse("MAIL_FROM", allowed("MAIL_FROM")))?,
        );
        let config = Config {
            host: v.parsed("HOST", IpAddr::V4(Ipv4Addr::LOCALHOST))?,
            port: v.parsed("PORT", 8080)?,
            database_url: database_url(v)?,
            validation_mode: v.word(
                "VALIDATION_MODE",
                ValidationMode::Default,
                &[
                    ("default", ValidationMode::Default),
                    ("flexible", ValidationMode::Flexible),
                    ("strict", ValidationMode::Strict),
                ],
            )?,
            database_connections: v.parsed("DATABASE_CONNECTIONS", 8)?,
            worker_count: v.parsed("WORKER_COUNT", 3)?,
            worker_queues: v.get("WORKER_QUEUES", WorkerQueues::all(), WorkerQueues::parse)?,
            log_level: log_level(v)?,
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
            jwt_public_key: v.get("JWT_PUBLIC_KEY", None, |file| PublicKeys::read(Path::new(file)).map(Some))?,
            jwt_issuer: v.get("JWT_ISSUER", None, |text| Some(Some(text.to_owned())))?,
            jwt_audience: v.get("JWT_AUDIENCE", None, |text| Some(Some(text.to_owned())))?,
            tls: tls(v)?,
            trusted_proxies: v.get("TRUSTED_PROXIES", Vec::new(), networks)?,
            rate_limit_rps: v.parsed("RATE_LIMIT_RPS", 10)?,
            rate_limit_burst: v.parsed("RATE_LIMIT_BURST", 20)?,
            cors_allow_origins: origins(v)?,
            mail_from: v.parsed("MAIL_FROM", sender)?,
            mail_dir: v.parsed("MAIL_DIR", PathBuf::from("outbox"))?,
            smtp: smtp(v)?,
            shutdown_timeout: v.duration("SHUTDOWN_TIMEOUT", Duration::from_secs(30))?,
            job_lease: v.duration("JOB_LEASE", Duration::from_secs(30))?,
            job_retention: v.duration("JOB_RETENTION", Duration::from_secs(7 * 86_400))?,
            request_timeout: v.duration("REQUEST_TIMEOUT", Duration::from_secs(10))?,
            body_limit: v.get("BODY_LIMIT", 256 * 1024, bytes)?,
            head_timeout: v.duration("HEAD_TIMEOUT", Duration::from_secs(30))?,
            max_connections: v.parsed("MAX_CONNECTIONS", 1000)?,
            max_requests: v.parsed("MAX_REQUESTS", 500)?,
            check_responses: v.word(
                "CHECK_RESPONSES",
                CheckResponses::Off,
                &[("off", CheckResponses::Off), ("sample", CheckResponses::Sample), ("all", CheckResponses::All)],
            )?,
            otel_exporter_otlp_endpoint: collector(v)?,
            idempotency_retention: v.duration("IDEMPOTENCY_RETENTION", Duration::from_secs(86_400))?,
        };
        config.checked(v)
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    fn checked(self, variables: &Variables) -> Result<Config, ConfigError> {
        if self.jwt_secret.is_some() && self.jwt_public_key.is_some() {
            return Err(variables.refuse("JWT_PUBLIC_KEY", "must not be set together with JWT_SECRET: one key counts"));
        }
        let Err(errors) = self.validate() else { return Ok(self) };
        let names = [
            "DATABASE_CONNECTIONS",
            "WORKER_COUNT",
            "JWT_SECRET",
            "RATE_LIMIT_RPS",
            "RATE_LIMIT_BURST",
            "SHUTDOWN_TIMEOUT",
            "JOB_LEASE",
            "JOB_RETENTION",
            "REQUEST_TIMEOUT",
            "BODY_LIMIT",
            "HEAD_TIMEOUT",
            "MAX_CONNECTIONS",
            "MAX_REQUESTS",
            "IDEMPOTENCY_RETENTION",
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

fn tls(v: &Variables) -> Result<Option<Tls>, ConfigError> {
    let file = |name| v.get(name, None, |file| Some(Some(PathBuf::from(file))));
    match (file("TLS_CERT")?, file("TLS_KEY")?) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => match Tls::read(&certificate, &key) {
            Some(tls) => Ok(Some(tls)),
            None => Err(v.refuse("TLS_CERT", allowed("TLS_CERT"))),
        },
        (Some(_), None) => Err(v.refuse("TLS_KEY", allowed("TLS_KEY"))),
        (None, Some(_)) => Err(v.refuse("TLS_CERT", allowed("TLS_CERT"))),
    }
}

fn networks(list: &str) -> Option<Vec<IpNet>> {
    let network = |text: &str| text.parse().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.into()));
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(network).collect()
}

fn collector(v: &Variables) -> Result<Option<Url>, ConfigError> {
    let url = v.get("OTEL_EXPORTER_OTLP_ENDPOINT", None, |text| {
        let url = Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Some(url))
    })?;
    if url.is_some() {
        v.word("OTEL_EXPORTER_OTLP_PROTOCOL", (), &[("http/protobuf", ())])?;
    }
    Ok(url)
}

fn log_level(v: &Variables) -> Result<Targets, ConfigError> {
    let level = v.parsed("LOG_LEVEL", "info".to_owned())?;
    // The library takes a bare word for the name of a module, all of whose lines to show and nobody else's.
    let meant = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
    let targets = level.parse().ok().filter(|_| level.split(',').all(meant));
    targets.ok_or_else(|| {
        let allowed = "must be error, warn, info, debug, trace, or filters such as info,keiyaku::worker=debug";
        v.refuse("LOG_LEVEL", allowed)
    })
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
            || text.parse::<axum::http::Uri>().is_ok_and(|uri| {
                uri.scheme().is_some() && uri.authority().is_some_and(|host| text.ends_with(host.as_str()))
            })
    };
    if list.iter().all(origin) {
        Ok(list)
    } else {
        Err(v.refuse("CORS_ALLOW_ORIGINS", "must be * or comma-separated origins, such as https://example.com"))
    }
}
