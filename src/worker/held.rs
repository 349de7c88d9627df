//! [`Held`]: the jobs whose leases this process has, from claim to end, and how many more to claim.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::models::jobs::Job;

/// Jobs that are expected to start within this time may be claimed ahead, so that quick ones don't wait for a commit each
/// and slow ones are not hoarded from other processes.
const AHEAD: Duration = Duration::from_millis(20);
/// The most that is claimed ahead, however quick the jobs.
const AHEAD_MOST: usize = 256;

/// Jobs and the leases under which they are held.
pub(super) type Claims = HashSet<(i64, Option<i64>)>;

#[derive(Default)]
struct State {
    ready: VecDeque<Arc<Job>>,
    /// Every job held, with those that run and those whose end is being committed; by lease, because a process that slept
    /// through one may hold the same job anew while its late attempt still runs.
    claims: Claims,
    running: HashMap<(i64, Option<i64>), CancellationToken>,
    /// The recent mean duration of a job, in seconds; `None` before the first.
    mean: Option<f64>,
}

/// Shared by the dispatcher, the executors and the keeper.
pub(super) struct Held {
    executors: usize,
    state: Mutex<State>,
    /// Told when a job was put in for the executors.
    added: Notify,
    /// Told when an executor took one, so that there is room.
    taken: Notify,
}

impl Held {
    pub(super) fn new(executors: u32) -> Held {
        Held { executors: executors as usize, state: Mutex::default(), added: Notify::new(), taken: Notify::new() }
    }

    /// No code panics while it holds the lock; if one did, the state would still be whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many more jobs this process would start shortly.
    pub(super) fn room(&self) -> usize {
        let state = self.state();
        let free = self.executors.saturating_sub(state.running.len());
        let ahead = match state.mean {
            Some(mean) => ((AHEAD.as_secs_f64() / mean.max(1e-6)) as usize * self.executors).min(AHEAD_MOST),
            None => 0,
        };
        (free + ahead).saturating_sub(state.ready.len())
    }

    /// Waits until there may be room.
    pub(super) async fn room_made(&self) {
        self.taken.notified().await;
    }

    pub(super) fn add(&self, jobs: Vec<Job>) {
        let mut state = self.state();
        for job in jobs {
            state.claims.insert((job.id, job.lease));
            state.ready.push_back(Arc::new(job));
            self.added.notify_one();
        }
    }

    /// The next job to run; waits for one.
    pub(super) async fn take(&self) -> Arc<Job> {
        loop {
            if let Some(job) = self.try_take() {
                return job;
            }
            self.added.notified().await;
        }
    }

    fn try_take(&self) -> Option<Arc<Job>> {
        let mut state = self.state();
        let job = state.ready.pop_front()?;
        state.running.insert((job.id, job.lease), CancellationToken::new());
        if !state.ready.is_empty() {
            // Several permits of a Notify are one; this passes on what another executor may have missed.
            self.added.notify_one();
        }
        self.taken.notify_one();
        Some(job)
    }

    /// An executor is free again; the job stays held until its end is committed.
    pub(super) fn ran(&self, job: &Job, duration: Duration) {
        let mut state = self.state();
        state.running.remove(&(job.id, job.lease));
        let seconds = duration.as_secs_f64();
        state.mean = Some(state.mean.map_or(seconds, |mean| mean * 0.9 + seconds * 0.1));
        self.taken.notify_one();
    }

    /// The jobs are no longer this process's.
    pub(super) fn release<'a>(&self, jobs: impl IntoIterator<Item = &'a Job>) {
        let mut state = self.state();
        for job in jobs {
            state.claims.remove(&(job.id, job.lease));
        }
    }

    /// Everything claimed and not started, to hand back.
    pub(super) fn drain(&self) -> Vec<Arc<Job>> {
        self.state().ready.drain(..).collect()
    }

    pub(super) fn ids(&self) -> Vec<i64> {
        self.state().claims.iter().map(|(id, _)| *id).collect()
    }

    pub(super) fn running(&self) -> usize {
        self.state().running.len()
    }

    /// Tells an attempt that it counts no more.
    pub(super) fn revoked(&self, job: &Job) -> CancellationToken {
        self.state().running.get(&(job.id, job.lease)).cloned().unwrap_or_default()
    }

    /// Id and lease of what runs and has not been told yet that it counts no more.
    pub(super) fn attempts(&self) -> Vec<(i64, i64)> {
        let state = self.state();
        let counting = state.running.iter().filter(|(_, revoked)| !revoked.is_cancelled());
        counting.filter_map(|((id, lease), _)| Some((*id, (*lease)?))).collect()
    }

    /// These attempts count no more.
    pub(super) fn revoke(&self, attempts: &[(i64, i64)]) {
        let state = self.state();
        for (id, lease) in attempts {
            if let Some(revoked) = state.running.get(&(*id, Some(*lease))) {
                revoked.cancel();
            }
        }
    }
}
