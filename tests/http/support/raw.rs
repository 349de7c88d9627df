//! HTTP by hand, for requests that no client library would send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Version};

use super::{Answer, Service, spec};

/// How long an answer may take. A request that is answered only when its body ends is not answered within it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends these bytes, keeps the connection open, and reads one answer, checked against the contract.
pub async fn exchange(service: &Service, request: impl Into<Vec<u8>>) -> Answer {
    let (address, request) = (service.address, request.into());
    let line = String::from_utf8_lossy(&request).lines().next().unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || blocking(address, &request)).await.unwrap();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let path = target.split('?').next().unwrap();
    spec::check(service.app.contract.mode(), &method.parse().unwrap(), path, &answer);
    answer
}

/// Sends these bytes and reads the first line of what comes back.
pub async fn first_line(service: &Service, request: impl Into<Vec<u8>>) -> String {
    let (address, request) = (service.address, request.into());
    tokio::task::spawn_blocking(move || read_line(&mut sent(address, &request))).await.unwrap()
}

fn sent(address: SocketAddr, request: &[u8]) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    BufReader::new(stream)
}

fn read_line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).expect("an answer within the time limit");
    line.trim_end().to_owned()
}

fn blocking(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = sent(address, request);
    let status_line = read_line(&mut stream);
    let (version, rest) = status_line.split_once(' ').unwrap();
    let version = if version == "HTTP/1.0" { Version::HTTP_10 } else { Version::HTTP_11 };
    let status = rest.get(..3).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    loop {
        let line = read_line(&mut stream);
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Answer { status, version, headers, body }
}
