//! A connection to a mail server, up to its greeting. lettre's own way leaves Nagle's algorithm on (RFC 896): it sends a message's
//! end apart from its content, and the end then waits for the server to acknowledge the content, which many do 40 ms later.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[expect(deprecated, reason = "lettre has no other way to TLS from the first byte on a connection of one's own")]
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

use super::Trouble;

/// Connects, with TLS from the first byte where `tls` is given. Each address of the name gets half of `limit`: when one of them is a
/// dead end, there must be time for another.
pub(super) async fn connect(
    server: (&str, u16),
    limit: Duration,
    tls: Option<TlsParameters>,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, Trouble> {
    let stream: Box<dyn AsyncTokioStream> = Box::new(reach(server, limit / 2).await.map_err(Trouble::Unreachable)?);
    let stream = match tls {
        Some(parameters) => Box::new(Encrypted::new(stream, parameters).await?),
        None => stream,
    };
    Ok(AsyncSmtpConnection::connect_with_transport(stream, hello).await?)
}

async fn reach(server: (&str, u16), each: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::other("its name has no address");
    for address in lookup_host(server).await? {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "connection timed out"),
        }
    }
    Err(last)
}

/// What lettre has encrypted, as it takes a connection.
#[derive(Debug)]
#[expect(deprecated, reason = "see the import")]
struct Encrypted(Compat<AsyncNetworkStream>);

impl Encrypted {
    async fn new(stream: Box<dyn AsyncTokioStream>, parameters: TlsParameters) -> Result<Encrypted, Trouble> {
        #[expect(deprecated, reason = "see the import")]
        let mut stream = AsyncNetworkStream::use_existing_tokio1(stream);
        stream.upgrade_tls(parameters).await?;
        Ok(Encrypted(stream.compat()))
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_sent_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = reach(("localhost", port), Duration::from_secs(5)).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }
}
