//! The request id, outermost of all, so that every line and every error has it.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use uuid::{NoContext, Timestamp, Uuid};

use crate::app::App;

/// Where the id comes and goes.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// The id of the request it travels with.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) HeaderValue);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Leaves the id with the request: one that came with it if it is sane, else a new one. `problems` sends it back.
pub(super) fn assign(app: &App, mut request: Request) -> Request {
    let given = request.headers().get(HEADER).filter(|id| is_sane(id.as_bytes())).cloned();
    let id = given.unwrap_or_else(|| make(app));
    request.extensions_mut().insert(RequestId(id));
    request
}

/// What may stand in a log line and a header without harm.
fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// A `UUIDv7`: ids in the log sort by time.
fn make(app: &App) -> HeaderValue {
    let now = app.clock.utc();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()));
    HeaderValue::from_str(&id.to_string()).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}
