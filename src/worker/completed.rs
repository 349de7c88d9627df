//! Attempts that succeeded and leave nothing behind but that: what ends while commits are under way is the next, in few
//! statements for all its rows. Ends with effects are `finish`'s.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::finish::{self, End};
use crate::api::models::AttemptOutcome;
use crate::db::AnyConnection;
use crate::jobs::Done;
use crate::models::jobs::Job;
use crate::models::jobs::completions;

/// So many commits at a time, another beside the first once so many wait: PostgreSQL writes their rows on a processor each.
const COMMITS: usize = 2;
const MANY: usize = 256;

/// One such attempt.
pub(super) struct Completed {
    pub(super) job: Arc<Job>,
    pub(super) duration: Duration,
    /// Given back with the commit.
    pub(super) _place: Option<OwnedSemaphorePermit>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Completed>,
    /// How many commits are under way.
    commits: usize,
}

/// Those that wait for the commits under way.
#[derive(Default)]
pub(super) struct Batch(Mutex<State>);

impl Batch {
    /// No code panics while it holds the lock; if one did, the state would still be whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next batch; with `None`, this commit is over, and whoever comes next sees to another.
    fn take(&self) -> Option<Vec<Completed>> {
        let mut state = self.state();
        if state.waiting.is_empty() {
            state.commits -= 1;
            return None;
        }
        Some(std::mem::take(&mut state.waiting))
    }
}

/// Has it committed with the next batch.
pub(super) fn add(shared: &Arc<Shared>, completed: Completed) {
    let begins = {
        let mut state = shared.completed.state();
        state.waiting.push(completed);
        let begins = match state.commits {
            0 => true,
            commits => commits < COMMITS && state.waiting.len() >= MANY,
        };
        state.commits += usize::from(begins);
        begins
    };
    if begins {
        let shared = Arc::clone(shared);
        shared.clone().finishing.spawn(async move {
            while let Some(batch) = shared.completed.take() {
                commit(&shared, &batch).await;
                shared.held.release(batch.iter().map(|completed| &*completed.job));
            }
        });
    }
}

/// Work that is done is not lost with the database.
async fn commit(shared: &Shared, batch: &[Completed]) {
    let claims: Arc<[(i64, i64)]> = batch.iter().filter_map(|completed| claim(&completed.job)).collect();
    let write = || {
        let (claims, clock) = (Arc::clone(&claims), shared.app.clock.clone());
        move |conn: &mut AnyConnection| completions::complete_all(conn, &claims, clock.now())
    };
    let Some((lost, is_doubtful)) =
        finish::insist(shared, "the ends of attempts were refused; trying again", write).await
    else {
        return shared.held.give_up(batch.iter().map(|completed| &*completed.job));
    };
    let lost: HashSet<(i64, i64)> = lost.into_iter().collect();
    let (end, now) = (End::Completed(Done::default()), shared.app.clock.now());
    for Completed { job, duration, .. } in batch {
        let has_ended = claim(job).is_some_and(|claim| !lost.contains(&claim));
        if has_ended || is_doubtful && finish::counts(shared, job, AttemptOutcome::Completed).await {
            finish::report(shared, job, &end, *duration, now);
        } else {
            finish::report_lost(shared, job);
        }
    }
}

fn claim(job: &Job) -> Option<(i64, i64)> {
    Some((job.id, job.lease?))
}
