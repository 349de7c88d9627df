//! [`Share`]: keeps the price of middleware in proportion to its length.
//!
//! A middleware function needs its inner service for itself, so axum clones that for each request, and with it everything
//! further in, down to the lists of CORS: the n layers of a stack would cost n² clones a request. A shared service is
//! cloned by counting, and its content only when a request has come that far.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower::{Layer, Service};

/// Shares what lies further in.
#[derive(Clone, Copy)]
pub(super) struct Share;

impl<S> Layer<S> for Share {
    type Service = Shared<S>;

    fn layer(&self, inner: S) -> Shared<S> {
        Shared(Arc::new(inner))
    }
}

/// A service of which there is one copy until it is called.
pub(super) struct Shared<S>(Arc<S>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Shared<S> {
        Shared(Arc::clone(&self.0))
    }
}

impl<S, R> Service<R> for Shared<S>
where
    S: Service<R, Error = Infallible> + Clone,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // As every service in a router of axum's must be, for that waits for none either.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> S::Future {
        S::clone(&self.0).call(request)
    }
}
