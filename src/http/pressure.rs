//! What is not waited for: a request that takes too long, and more requests at once than the server is good for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::Semaphore;

use super::is_exempt;
use crate::problem::Problem;

/// What a client that is turned away is asked to wait.
const SOON: Duration = Duration::from_secs(1);

/// `REQUEST_TIMEOUT`: 408 where the body was still to come, the client's delay; else 503, ours.
pub(super) async fn within_time<F>(limit: Duration, request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let all_here = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let request = if all_here.load(Ordering::Relaxed) {
        request
    } else {
        request.map(|body| Body::new(Watched { body, all_here: Arc::clone(&all_here) }))
    };
    match tokio::time::timeout(limit, next(request)).await {
        Ok(response) => response,
        Err(_) if all_here.load(Ordering::Relaxed) => Problem::overdue().into_response(),
        Err(_) => Problem::late_body().into_response(),
    }
}

/// A body that tells when its end has come.
struct Watched {
    body: Body,
    all_here: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.all_here.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// `MAX_REQUESTS`: whoever comes on top is turned away at once, while waiting would help nobody. Monitors are let in.
pub(super) async fn shed<F>(places: &Semaphore, request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    if is_exempt(request.uri().path()) {
        return next(request).await;
    }
    match places.try_acquire() {
        Ok(_place) => next(request).await,
        Err(_) => Problem::unavailable("The server is busy", SOON).into_response(),
    }
}
