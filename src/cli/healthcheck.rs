//! `keiyaku healthcheck`: whether the service that this configuration starts is ready, for container files and units.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::Failure;
use crate::config::Config;

/// What each step may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are looked at.
const MOST: u64 = 64 * 1024;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let address = within_reach(config.address());
    let answer = ask(config, address)
        .map_err(|error| Failure::new(format!("{address} does not answer: {error}; is the service running there?")))?;
    let status = answer.split_whitespace().nth(1).unwrap_or_default();
    match status {
        "200" => {
            println!("ready");
            Ok(())
        }
        _ => Err(Failure::new(format!(
            "{address} is not ready: it answered {}",
            answer.lines().next().unwrap_or("nothing")
        ))),
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
