//! `RATE_LIMIT_RPS` and `RATE_LIMIT_BURST`: a limit per client, by governor, told in the fields of
//! draft-ietf-httpapi-ratelimit-headers-10.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::client::Client;
use super::is_exempt;
use crate::config::Config;
use crate::problem::Problem;

/// What is left to a client, and when all of it will be there again.
pub(super) const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// The limit itself.
pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Requests between two clearings of clients that have been away.
const CLEARING: u32 = 100_000;

/// The clients and what each has left; `None` without a limit.
pub(super) struct Limits(Option<Clients>);

type Limiter = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

struct Clients {
    limiter: Limiter,
    rps: u32,
    burst: u32,
    policy: HeaderValue,
    requests: AtomicU32,
}

impl Limits {
    pub(super) fn new(config: &Config) -> Limits {
        let rates = NonZeroU32::new(config.rate_limit_rps).zip(NonZeroU32::new(config.rate_limit_burst));
        Limits(rates.map(|(rps, burst)| {
            let quota = Quota::per_second(rps).allow_burst(burst);
            let limiter = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
            let (rps, burst) = (rps.get(), burst.get());
            let policy = header(format!(r#""client";q={burst};w={}"#, burst.div_ceil(rps)));
            Clients { limiter, rps, burst, policy, requests: AtomicU32::new(0) }
        }))
    }
}

impl Clients {
    /// How many requests the client has left, or how long to wait for the next.
    fn check(&self, client: IpAddr) -> Result<u32, Duration> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % CLEARING == CLEARING - 1 {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&client) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(refused) => Err(refused.wait_time_from(self.limiter.clock().now())),
        }
    }

    fn tell(&self, left: u32, response: &mut Response) {
        let whole_in = self.burst.saturating_sub(left).div_ceil(self.rps);
        response.headers_mut().insert(LEFT, header(format!(r#""client";r={left};t={whole_in}"#)));
        response.headers_mut().insert(POLICY, self.policy.clone());
    }
}

/// Numbers and our own words always make a header.
fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

pub(super) async fn count(limits: &Limits, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().map(|client| client.network());
    let limited = limits.0.as_ref().zip(client).filter(|_| !is_exempt(request.uri().path()));
    let Some((clients, client)) = limited else { return next.run(request).await };
    let (left, mut response) = match clients.check(client) {
        Ok(left) => (left, next.run(request).await),
        Err(wait) => (0, Problem::too_many_requests(wait).into_response()),
    };
    clients.tell(left, &mut response);
    response
}
