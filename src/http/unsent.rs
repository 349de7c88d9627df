//! [`Unsent`]: what HTTP/2 holds of the answers on one connection until the client opens its windows for it.
//!
//! hyper waits for that without a limit, with a stream's task or, once a body has been handed over, without; and a client that
//! answers pings is alive. What can be seen from outside is the bytes themselves: each piece of a body is a buffer that
//! knows when it is read from, which happens when it is written to the connection.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Buf;
use tokio::time::sleep;

/// The pieces that are not sent to their end.
#[derive(Default)]
pub(super) struct Unsent(Mutex<Pieces>);

#[derive(Default)]
struct Pieces {
    /// The number of the next one.
    next: u64,
    /// When each of them last went on.
    since: HashMap<u64, Instant>,
}

impl Unsent {
    /// Returns when a piece has not gone on for `limit`. Each counts for itself: others that are read do not excuse it.
    pub(super) async fn stuck(&self, limit: Duration) {
        loop {
            match self.oldest().map(|since| since.elapsed()) {
                Some(waited) if waited >= limit => return,
                Some(waited) => sleep(limit - waited).await,
                None => sleep(limit).await,
            }
        }
    }

    fn oldest(&self) -> Option<Instant> {
        self.pieces().since.values().min().copied()
    }

    fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body whose pieces are counted among the unsent.
pub(super) struct Counted {
    body: Body,
    unsent: Arc<Unsent>,
}

impl Counted {
    pub(super) fn new(body: Body, unsent: Arc<Unsent>) -> Counted {
        Counted { body, unsent }
    }
}

impl HttpBody for Counted {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map_ok(|frame| frame.map_data(|bytes| Piece::new(bytes, &self.unsent)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A piece of a body on its way out.
pub(super) struct Piece {
    bytes: Bytes,
    number: u64,
    unsent: Arc<Unsent>,
}

impl Piece {
    fn new(bytes: Bytes, unsent: &Arc<Unsent>) -> Piece {
        let mut pieces = unsent.pieces();
        let number = pieces.next;
        pieces.next += 1;
        pieces.since.insert(number, Instant::now());
        Piece { bytes, number, unsent: Arc::clone(unsent) }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.unsent.pieces().since.insert(self.number, Instant::now());
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.unsent.pieces().since.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_counts_from_when_it_last_went_on_until_it_is_gone() {
        let unsent = Arc::new(Unsent::default());
        let mut first = Piece::new(Bytes::from_static(b"first"), &unsent);
        let between = Instant::now();
        let second = Piece::new(Bytes::from_static(b"second"), &unsent);
        assert!(unsent.oldest().unwrap() <= between);
        first.advance(1);
        assert!(unsent.oldest().unwrap() >= between, "the second is the oldest now");
        assert_eq!(first.chunk(), b"irst");
        drop(second);
        let later = Instant::now();
        first.advance(1);
        assert!(unsent.oldest().unwrap() >= later);
        drop(first);
        assert_eq!(unsent.oldest(), None);
    }
}
