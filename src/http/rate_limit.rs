//! `RATE_LIMIT_RPS` and `RATE_LIMIT_BURST`: a limit per client, by governor.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Config;
use crate::problem::Problem;

/// What machines ask again and again, and what answers without work.
const EXEMPT: [&str; 6] = ["/health", "/livez", "/readyz", "/metrics", "/openapi.json", "/openapi.yaml"];
/// Requests between two clearings of clients that have been away.
const CLEARING: u32 = 100_000;

/// The clients and what each has left; `None` without a limit.
#[derive(Clone)]
pub(super) struct Limits(Option<Arc<Clients>>);

struct Clients {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    requests: AtomicU32,
}

impl Limits {
    pub(super) fn new(config: &Config) -> Limits {
        let rates = NonZeroU32::new(config.rate_limit_rps).zip(NonZeroU32::new(config.rate_limit_burst));
        Limits(rates.map(|(rps, burst)| {
            let limiter = RateLimiter::keyed(Quota::per_second(rps).allow_burst(burst));
            Arc::new(Clients { limiter, requests: AtomicU32::new(0) })
        }))
    }
}

impl Clients {
    /// How long to wait, when the client has nothing left.
    fn check(&self, client: IpAddr) -> Result<(), Duration> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % CLEARING == CLEARING - 1 {
            self.limiter.retain_recent();
        }
        let now = DefaultClock::default().now();
        self.limiter.check_key(&client).map_err(|refused| refused.wait_time_from(now))
    }
}

pub(super) async fn layer(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let exempt = EXEMPT.contains(&request.uri().path());
    match limits.0.as_ref().zip(client) {
        Some((clients, client)) if !exempt => match clients.check(client) {
            Ok(()) => next.run(request).await,
            Err(wait) => Problem::too_many_requests(wait).into_response(),
        },
        _ => next.run(request).await,
    }
}
