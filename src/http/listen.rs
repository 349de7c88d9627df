//! The listener: takes connections, at most `MAX_CONNECTIONS`, and speaks HTTP/1.1 or HTTP/2 on each, with limits on what a
//! client may make us wait for or hold. What is answered is not its business.
//!
//! hyper's own detection of the version waits without a limit for the first bytes, so it is done here.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::tls::H2;
use super::unsent::{Counted, Unsent};
use crate::config::Config;

/// Bytes that the head of a request may have; hyper answers 431 to more.
const HEAD_LIMIT: usize = 32 * 1024;
/// Requests that an HTTP/2 client may have open on one connection.
const STREAMS: u32 = 100;
/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait before looking again at a preface that is not whole yet.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long to wait when the system has no connection to give, such as for want of file descriptors.
const OUT_OF_FILES: Duration = Duration::from_millis(200);

/// Serves until `shutdown`, then lets the requests that have begun finish.
pub async fn serve(listener: TcpListener, router: Router, config: &Config, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(config.max_connections as usize));
    let connections = TaskTracker::new();
    while let Some((stream, peer, place)) = next(&listener, &places, &shutdown).await {
        let connection = Connection {
            router: router.clone(),
            acceptor: config.tls.as_ref().map(super::Tls::acceptor),
            peer,
            limit: config.head_timeout,
            shutdown: shutdown.clone(),
        };
        connections.spawn(async move {
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!(%peer, error = &*error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

type Place = tokio::sync::OwnedSemaphorePermit;

/// The next connection, once there is a place for it; `None` at shutdown.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, Place)> {
    let accepted = async {
        // The semaphore is never closed.
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, place)),
                Err(error) if of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
            }
        }
    };
    tokio::select! { biased; () = shutdown.cancelled() => None, next = accepted => next }
}

/// Whether a connection was gone before it was taken, which says nothing about the next.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// One connection and what it needs to be served.
struct Connection {
    router: Router,
    /// Present where it is to be HTTPS.
    acceptor: Option<TlsAcceptor>,
    peer: SocketAddr,
    /// How long the head of a request may take.
    limit: Duration,
    shutdown: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: TcpStream) -> Ended {
        // Answers are small and whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        match &self.acceptor {
            None => match self.begun(begins_as_h2(&stream)).await {
                Some(h2) => self.speak(stream, h2?).await,
                None => Ok(()),
            },
            Some(acceptor) => match self.begun(acceptor.accept(stream)).await {
                Some(stream) => {
                    let stream = stream?;
                    let h2 = stream.get_ref().1.alpn_protocol() == Some(H2);
                    self.speak(stream, h2).await
                }
                None => Ok(()),
            },
        }
    }

    /// What a connection begins with; `None` for one that does not begin in time, or before the shutdown: it is told nothing.
    async fn begun<T>(&self, beginning: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            () = self.shutdown.cancelled() => None,
            begun = timeout(self.limit, beginning) => begun.ok(),
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, h2: bool) -> Ended {
        let Connection { router, peer, limit, shutdown, .. } = self;
        let begun = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&begun);
        let answered = move |request| {
            noted.store(true, Ordering::Relaxed);
            answer(router.clone(), peer, request)
        };
        // A client that does not read what it asked for is not waited for either. HTTP/2 has windows of its own besides, by
        // which a client can hold an answer back that this does not see.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limit));
        let stream = TokioIo::new(Box::pin(stream));
        if h2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.timer(TokioTimer::new()).max_header_list_size(HEAD_LIMIT as u32).max_concurrent_streams(STREAMS);
            // HTTP/2 has no limit for waiting: a peer that is silent is asked whether it is still there. One that has not even
            // begun, which over TLS is not seen before, is given up.
            builder.keep_alive_interval(limit).keep_alive_timeout(limit);
            let unsent = Arc::new(Unsent::default());
            let service = service_fn(|request| {
                let (answer, unsent) = (answered(request), Arc::clone(&unsent));
                async { answer.await.map(|response| response.map(|body| Counted::new(body, unsent))) }
            });
            let mut connection = pin!(builder.serve_connection(stream, service));
            tokio::select! {
                ended = connection.as_mut() => return Ok(ended?),
                () = never_begins(&begun, limit) => return Ok(()),
                () = unsent.stuck(limit) => {}
                () = shutdown.cancelled() => {}
            }
            // A proxy speaks for many on one connection: those that do read get as long again for what they have begun.
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => Ok(ended?),
                () = unsent.stuck(2 * limit) => Ok(()),
            }
        } else {
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(limit).max_buf_size(HEAD_LIMIT);
            let mut connection = pin!(builder.serve_connection(stream, service_fn(answered)));
            tokio::select! {
                ended = connection.as_mut() => return Ok(ended?),
                () = shutdown.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            Ok(connection.await?)
        }
    }
}

async fn answer(mut router: Router, peer: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.call(request).await
}

/// Returns after `limit` unless a request has begun by then.
async fn never_begins(begun: &AtomicBool, limit: Duration) {
    tokio::time::sleep(limit).await;
    if begun.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}

/// Whether the connection begins with HTTP/2's preface. Nothing is taken from it.
async fn begins_as_h2(stream: &TcpStream) -> io::Result<bool> {
    let mut begin = [0; PREFACE.len()];
    loop {
        let seen = stream.peek(&mut begin).await?;
        if seen == 0 || seen == PREFACE.len() || !PREFACE.starts_with(&begin[..seen]) {
            return Ok(begin[..seen] == *PREFACE);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
