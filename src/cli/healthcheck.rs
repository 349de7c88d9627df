//! `keiyaku healthcheck`: whether the service that this configuration starts is ready, for container files and units.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;

use super::Failure;
use super::output::Output;
use crate::api::models::Probe;
use crate::config::Config;

/// What each step may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are looked at.
const MOST: u64 = 64 * 1024;

/// Ask the service that this configuration starts whether it is ready: exit code 0 if so, else 1.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku healthcheck
  HOST=0.0.0.0 PORT=8443 TLS_CERT=chain.pem TLS_KEY=key.pem keiyaku healthcheck

Variables: HOST, PORT, TLS_CERT, TLS_KEY.")]
pub(super) struct Healthcheck;

impl Healthcheck {
    pub(super) fn run(&self, config: &Config) -> Result<(), Failure> {
        ready(config).map_err(Failure::new)?;
        let mut out = Output::new();
        writeln!(out, "ready")?;
        out.done()
    }
}

/// Fails with what is wrong.
pub(super) fn ready(config: &Config) -> Result<(), String> {
    let address = within_reach(config.address());
    let answer = ask(config, address)
        .map_err(|error| format!("{address} does not answer: {error}; is the service running there?"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split_whitespace().nth(1) {
        Some("200") if serde_json::from_str::<Probe>(body).is_ok() => Ok(()),
        Some("200") => Err(format!("another program answers on {address}, whose /readyz is not this service's")),
        _ => Err(format!("{address} is not ready: it answered {}", answer.lines().next().unwrap_or("nothing"))),
    }
}

/// An address that listens everywhere is reached at home.
fn within_reach(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn ask(config: &Config, address: SocketAddr) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    match &config.tls {
        None => exchange(stream),
        Some(tls) => exchange(tls.connect(stream)?),
    }
}

fn exchange(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    match stream.take(MOST).read_to_end(&mut answer) {
        // A server may close a TLS connection without saying so first; what came counts.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
    }
}
