//! The environment's variables, as text: looked up, parsed, and refused in one line that says what is allowed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

/// A variable whose value is not allowed.
#[derive(Debug, thiserror::Error)]
#[error("{variable}={shown}: {allowed}")]
pub struct ConfigError {
    variable: &'static str,
    shown: String,
    allowed: String,
}

impl ConfigError {
    /// The variable.
    pub(super) fn variable(&self) -> &'static str {
        self.variable
    }
}

/// What each checked variable allows, in the words of the error line.
pub(super) fn allowed(variable: &str) -> &'static str {
    match variable {
        "DATABASE_CONNECTIONS" => "must be a whole number from 2 to 500",
        "WORKER_COUNT" => "must be a whole number from 0 to 1024",
        "WORKER_QUEUES" => {
            "must be comma-separated queues, each with the most of its jobs at a time where it has a limit, and * for all \
             others, such as mail=2,reports,*"
        }
        "JWT_SECRET" => "must be at least 32 bytes long",
        "JWT_PUBLIC_KEY" => {
            "must be a file with a public key in PEM (RSA of at least 2048 bits, P-256 or Ed25519) or a JWK Set with such keys"
        }
        "TRUSTED_PROXIES" => "must be comma-separated addresses or networks, such as 10.0.0.0/8, ::1",
        "TLS_CERT" => "must be a file with a certificate chain in PEM, and TLS_KEY with it its private key",
        "TLS_KEY" => "must be a file with the private key of TLS_CERT in PEM, and TLS_CERT must be set with it",
        "MAX_CONNECTIONS" => "must be a whole number from 1 to 1000000",
        "MAX_REQUESTS" => "must be a whole number from 1 to 1000000",
        "IDEMPOTENCY_RETENTION" => "must be a duration from 1min to 100years, such as 1d",
        "RATE_LIMIT_RPS" => "must be a whole number from 0 (no limit) to 1000000",
        "RATE_LIMIT_BURST" => "must be a whole number from 1 to 1000000",
        "JOB_LEASE" => "must be a duration from 500ms to 1day, such as 30s",
        "JOB_RETENTION" => "must be a duration from 1min to 100years, such as 7d",
        "BODY_LIMIT" => "must be a number of bytes from 1024 to 67108864, or such as 256KiB or 1MiB",
        "PORT" => "must be a port from 0 to 65535",
        "HOST" => "must be an IP address, such as 127.0.0.1 or ::",
        "MAIL_FROM" => "must be a mailbox, such as Keiyaku <no-reply@example.com>",
        "OTEL_EXPORTER_OTLP_ENDPOINT" => {
            "must be the URL of a collector that takes OTLP over HTTP, such as http://localhost:4318"
        }
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
pub(super) const NOT_TEXT: &str = "\0";

/// The variables of one start, read once.
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    /// Those of the process.
    pub(super) fn of_process() -> Variables {
        let text = |value: OsString| value.into_string().unwrap_or_else(|_| NOT_TEXT.to_owned());
        Variables(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, text(value)))).collect(),
        )
    }

    /// Those of a list.
    pub(super) fn of(list: impl IntoIterator<Item = (String, String)>) -> Variables {
        Variables(list.into_iter().collect())
    }

    /// Forgets one; false if it is not there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The value parsed, or the default where the variable is unset or empty.
    pub(super) fn get<T>(
        &self,
        name: &'static str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
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

    pub(super) fn parsed<T: FromStr>(&self, name: &'static str, default: T) -> Result<T, ConfigError> {
        self.get(name, default, |value| value.parse().ok())
    }

    pub(super) fn duration(&self, name: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        self.get(name, default, |value| humantime::parse_duration(value).ok())
    }

    /// One of a few words; the error lists them.
    pub(super) fn word<T: Clone>(&self, name: &'static str, default: T, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let found = |value: &str| words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| meaning.clone());
        self.get(name, default, found).map_err(|error| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            ConfigError { allowed: format!("must be one of {}", words.join(", ")), ..error }
        })
    }

    pub(super) fn refuse(&self, variable: &'static str, allowed: impl Into<String>) -> ConfigError {
        let value = self.0.get(variable).map(String::as_str).unwrap_or_default();
        let secret = matches!(variable, "JWT_SECRET" | "DATABASE_URL" | "SMTP_URL" | "OTEL_EXPORTER_OTLP_ENDPOINT");
        let shown = if secret { "[not shown]".to_owned() } else { format!("{value:?}") };
        ConfigError { variable, shown, allowed: allowed.into() }
    }
}

/// A number of bytes, plain or with KiB or MiB.
pub(super) fn bytes(value: &str) -> Option<u64> {
    let (digits, unit) = match value.to_ascii_lowercase() {
        text if text.ends_with("kib") => (text.trim_end_matches("kib").trim().to_owned(), 1024),
        text if text.ends_with("mib") => (text.trim_end_matches("mib").trim().to_owned(), 1024 * 1024),
        text => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}
