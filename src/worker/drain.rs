//! Working off what is due, for tests: without executors, leases that are watched, or pauses.

use std::time::Instant;

use tracing::Span;

use super::held::Wanted;
use super::{Worker, dispatch, execute, finish, keep};
use crate::db::DbError;

impl Worker {
    /// Runs what is due, one job after another in the caller's task, until nothing is due any more; jobs that these put in
    /// are among them, later ones and retries are not until the clock has come to them. Returns how many attempts it made.
    ///
    /// This is for the tests of job types: each attempt ends as it would with [`Worker::run`], and has ended when this
    /// returns.
    ///
    /// # Errors
    /// The database's.
    pub async fn drain(&self) -> Result<usize, DbError> {
        let shared = &self.0;
        let mut attempts = 0;
        loop {
            keep::settle_due(shared).await?;
            let one = Wanted { jobs: 1, at_once: 1, ..shared.held.wanted() };
            let Some(job) = dispatch::claim(shared, one).await?.claimed.jobs.pop() else {
                return Ok(attempts);
            };
            let started = Instant::now();
            let end = execute::attempt(shared, &job).await;
            if let Some(end) = end {
                finish::commit(shared, &job, end, started.elapsed(), Span::none()).await;
            }
            attempts += 1;
        }
    }
}
