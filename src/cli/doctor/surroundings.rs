//! What the doctor looks at besides the database.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::path::Path;

use chrono::TimeDelta;

use super::Check;
use crate::cli::healthcheck;
use crate::cli::output::time;
use crate::cli::part::folder;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::DatabaseUrl;
use crate::mail::Mailer;

/// A certificate that ends sooner has to be thought of.
const SOON: TimeDelta = TimeDelta::days(14);
/// Less room than this ends in failed writes shortly.
const LEAST_ROOM: u64 = 64 << 20;
/// Less room than this is worth a look.
const LITTLE_ROOM: u64 = 1 << 30;

pub(super) fn tokens(config: &Config) -> Check {
    match (&config.jwt_secret, &config.jwt_public_key) {
        (None, None) => Check::warn(
            "tokens",
            "protected operations answer 401: there is no key",
            "set JWT_SECRET or JWT_PUBLIC_KEY",
        ),
        (Some(_), _) => Check::ok("tokens", "checked with JWT_SECRET"),
        (None, Some(_)) => Check::ok("tokens", "checked with JWT_PUBLIC_KEY"),
    }
}

pub(super) fn certificate(config: &Config) -> Option<Check> {
    let tls = config.tls.as_ref()?;
    let now = Clock::system().utc();
    let advice = "renew it, and start the service again";
    Some(match tls.validity() {
        None => Check::warn("certificate", "its dates cannot be read", "look at TLS_CERT with openssl x509"),
        Some((from, _)) if from > now => {
            Check::fail("certificate", format_args!("not valid before {}", time(from)), "check clock and certificate")
        }
        Some((_, until)) if until <= now => {
            Check::fail("certificate", format_args!("expired since {}", time(until)), advice)
        }
        Some((_, until)) if until - now < SOON => {
            Check::warn("certificate", format_args!("expires at {}", time(until)), advice)
        }
        Some((_, until)) => Check::ok("certificate", format_args!("valid until {}", time(until))),
    })
}

pub(super) fn port(config: &Config) -> Check {
    let address = config.address();
    match TcpListener::bind(address) {
        Ok(_) => Check::ok("port", format_args!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match healthcheck::ready(config) {
            Ok(()) => Check::ok("port", format_args!("the service answers on {address} and is ready")),
            Err(said) => Check::fail("port", said, "see what listens there, or set HOST or PORT to another address"),
        },
        Err(error) => {
            let said = format_args!("cannot listen on {address}: {error}").to_string();
            Check::fail("port", said, "set HOST or PORT to another address")
        }
    }
}

/// PostgreSQL's disk is the server's.
pub(super) fn disk(database: &DatabaseUrl) -> Vec<Check> {
    let DatabaseUrl::Sqlite(database) = database else { return Vec::new() };
    let folder = folder(database);
    let shown = folder.display();
    let writable = match try_write(folder) {
        Ok(()) => Check::ok("folder", format_args!("{shown} can be written to")),
        Err(error) => {
            let advice = "make it, or give this user write permission to it: the database's log lies there, too";
            Check::fail("folder", format_args!("{shown} cannot be written to: {error}"), advice)
        }
    };
    vec![writable, room(folder)]
}

fn room(folder: &Path) -> Check {
    let free = match rustix::fs::statvfs(folder) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => return Check::warn("disk", format_args!("its free space is not known: {error}"), "look at df"),
    };
    let said = format!("{} MiB are free in {}", free >> 20, folder.display());
    match free {
        ..LEAST_ROOM => Check::fail("disk", said, "make room: writes fail when there is none"),
        LEAST_ROOM..LITTLE_ROOM => {
            Check::warn("disk", said, "make room: the log of a busy database may grow by hundreds of MiB")
        }
        _ => Check::ok("disk", said),
    }
}

pub(super) async fn mail(config: &Config) -> Check {
    let mailer = Mailer::new(config.mail_from.clone(), config.mail_dir.clone(), config.smtp.clone());
    let folder = &config.mail_dir;
    match (mailer.check_server().await, &config.smtp) {
        (Some(Ok(())), Some(server)) => Check::ok("mail", format_args!("{server} takes messages")),
        (Some(Err(said)), Some(server)) => Check::fail(
            "mail",
            format_args!("{server}: {said}"),
            "check SMTP_URL, its user and password, SMTP_CA_FILE, and the network",
        ),
        _ => match try_write(folder) {
            Ok(()) => Check::ok("mail", format_args!("written to {}", folder.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => match try_make(folder) {
                Ok(()) => {
                    let said = format_args!("written to {}, which the start of the service makes", folder.display());
                    Check::ok("mail", said)
                }
                Err(error) => Check::fail(
                    "mail",
                    format_args!("{} cannot be made: {error}", folder.display()),
                    "set MAIL_DIR to a folder that can, or SMTP_URL",
                ),
            },
            Err(error) => Check::fail(
                "mail",
                format_args!("{} cannot be written to: {error}", folder.display()),
                "set MAIL_DIR to a folder that can, or SMTP_URL",
            ),
        },
    }
}

/// Whether a folder that is not there could be made, by what the nearest one above it allows.
fn try_make(folder: &Path) -> io::Result<()> {
    if folder.is_symlink() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "it is a link that leads nowhere"));
    }
    // Above a relative path is the working directory, whose name is empty.
    let above = folder.ancestors().skip(1).map(|above| if above == "" { Path::new(".") } else { above });
    above.into_iter().find(|above| above.exists()).map_or(Ok(()), try_write)
}

/// Makes a file and takes it away again: permissions alone do not tell of a full or read-only file system.
fn try_write(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".keiyaku-doctor-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&file)?;
    fs::remove_file(file)
}
