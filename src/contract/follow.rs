//! Tokens that open one job and its events to whoever has them. They are signed with a key of the database's own, so that there
//! are some whatever checks the other tokens, and every process on the database takes them.

use std::time::Duration;

use chrono::Utc;

use super::{Caller, TokenError, TokenKeys};

/// The only scope that such a token gives.
const SCOPE: &str = "jobs:follow";
/// How long one is good.
const TTL: Duration = Duration::from_secs(900);

/// Signs and checks them.
#[derive(Debug)]
pub struct FollowKey(TokenKeys);

impl FollowKey {
    /// With a secret that nothing else uses, of at least 32 bytes.
    pub fn new(secret: &str) -> FollowKey {
        FollowKey(TokenKeys::of_secret(secret.as_bytes()))
    }

    pub(super) fn sign(&self, job_id: i64) -> Result<String, TokenError> {
        // What checks tokens reads the system's clock.
        self.0.sign(&format!("job:{job_id}"), &[SCOPE.to_owned()], TTL, Utc::now())
    }

    /// The caller of such a token. Whatever it says of itself, it opens nothing else.
    pub(super) fn verify(&self, token: &str) -> Option<Caller> {
        let mut caller = self.0.verify(token).ok()?;
        caller.scopes.retain(|scope| scope == SCOPE);
        Some(caller)
    }
}
