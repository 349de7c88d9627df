//! [`Held`]: the jobs whose leases this process has, from claim to end, and how many more to claim.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::WorkerQueues;
use crate::db::AnyConnection;
use crate::jobs::Said;
use crate::models::jobs::Job;
use crate::models::jobs::lease::Report;
use crate::models::leases;
use crate::models::queues::Room;

/// Jobs that are expected to start within this time may be claimed ahead, so that quick ones don't wait for a commit each
/// and slow ones are not hoarded from other processes. Whoever runs one for longer has left the quick ones, so none is for it.
pub(super) const AHEAD: Duration = Duration::from_millis(30);
/// The most bytes of payloads that are claimed ahead, if they are as long as those claimed last.
const AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// Jobs and the leases under which they are held.
pub(super) type Claims = HashSet<(i64, Option<i64>)>;

/// Jobs that have not started so long after their claim, or a lease after it, never do here: they are given back, as others may have
/// executors free.
const STALE: Duration = Duration::from_secs(5);
/// Where as of now none would be claimed ahead, since jobs have turned slow, they are given back after this; until then they may start.
const SLOW: Duration = Duration::from_secs(2);

#[derive(Default)]
struct State {
    /// What was claimed and has not started, since when, the oldest first.
    ready: VecDeque<(Instant, Arc<Job>)>,
    /// Every job held, with those that run and those whose end is being committed; by lease, because a process that slept
    /// through one may hold the same job anew while its late attempt still runs.
    claims: Claims,
    running: HashMap<(i64, Option<i64>), Running>,
    /// How many are held by each lease, and the leases that hold none any more and are still in the database.
    leases: HashMap<i64, i64>,
    over: HashSet<i64>,
    /// How many jobs were released since such leases were last taken out of the database, at least as many as there are of them.
    released: usize,
    /// Those leases under which attempts have begun whose ends are not written down.
    given_up: HashSet<i64>,
    /// How many are held of each queue; without those at 0.
    queues: HashMap<String, i64>,
    /// The recent mean duration of a job, in seconds; `None` before the first.
    mean: Option<f64>,
    /// The mean length of the payloads that were claimed last, in bytes.
    payload: usize,
}

/// A job that runs.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) job: Arc<Job>,
    /// Cancelled when the attempt counts no more.
    pub(super) revoked: CancellationToken,
    pub(super) said: Said,
    since: Instant,
    /// Whether its row says that it runs.
    is_noted: bool,
}

/// Leases that hold nothing any more, to be taken out of the database.
#[derive(Clone, Default)]
pub(super) struct Over {
    leases: Vec<i64>,
    given_up: Vec<i64>,
}

impl Over {
    /// As a part of a write.
    pub(super) fn delete(&self, conn: &mut AnyConnection) -> QueryResult<()> {
        leases::give_up(conn, &self.given_up)?;
        leases::delete(conn, &self.leases)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.leases.is_empty()
    }
}

/// How much a claim may take.
pub(super) struct Wanted {
    /// Jobs in all.
    pub(super) jobs: usize,
    /// Jobs that would start at once.
    pub(super) at_once: usize,
    /// Of each queue.
    pub(super) room: Room,
    /// Whether some are for executors whose jobs may yet turn out to be slow.
    pub(super) is_passing: bool,
}

/// Shared by the dispatcher, the executors and the keeper.
pub(super) struct Held {
    executors: usize,
    served: WorkerQueues,
    /// The most that is claimed ahead, however quick the jobs.
    ahead_most: usize,
    /// The longest that a job waits to start.
    stale: Duration,
    state: Mutex<State>,
    /// Told when a job was put in for the executors.
    added: Notify,
    /// Told when an executor took one, or one has ended, so that there is room.
    taken: Notify,
    /// Told when one that was claimed ahead has begun.
    begun_ahead: Notify,
    /// Told when an attempt has said something of itself.
    told: Arc<Notify>,
}

impl Held {
    pub(super) fn new(executors: u32, served: WorkerQueues, ahead_most: usize, lease: Duration) -> Held {
        Held {
            executors: executors as usize,
            served,
            ahead_most,
            stale: STALE.min(lease),
            state: Mutex::default(),
            added: Notify::new(),
            taken: Notify::new(),
            begun_ahead: Notify::new(),
            told: Arc::default(),
        }
    }

    /// No code panics while it holds the lock; if one did, the state would still be whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this process would start shortly.
    pub(super) fn wanted(&self) -> Wanted {
        let state = self.state();
        let free = self.executors.saturating_sub(state.running.len());
        let ahead = self.ahead(&state);
        let ready = state.ready.len();
        let at_once = free.saturating_sub(ready);
        let lack = (free + ahead).saturating_sub(ready);
        // A claim costs much the same for one job as for many, and what is left is run while it is under way.
        let is_worth_it = at_once > 0 || lack > ahead / 2;
        let is_passing = ahead > 0 && (self.quick(&state) > free || ready > 0);
        Wanted { jobs: if is_worth_it { lack } else { 0 }, at_once, room: self.room(&state), is_passing }
    }

    /// How many executors run nothing that has turned out to be long.
    fn quick(&self, state: &State) -> usize {
        let long = state.running.values().filter(|running| running.since.elapsed() >= AHEAD).count();
        self.executors.saturating_sub(long)
    }

    /// How many may wait for them.
    fn ahead(&self, state: &State) -> usize {
        let Some(mean) = state.mean else { return 0 };
        let soon = (AHEAD.as_secs_f64() / mean.max(1e-6)) as usize * self.quick(state);
        soon.min(self.ahead_most).min(AHEAD_BYTES / state.payload.max(1))
    }

    fn room(&self, state: &State) -> Room {
        let left = |(name, most): (&String, &Option<u32>)| {
            let held = state.queues.get(name).copied().unwrap_or_default();
            (name.clone(), most.map_or(i64::MAX, |most| i64::from(most) - held))
        };
        let others = if self.served.others { i64::MAX } else { 0 };
        Room { listed: self.served.named.iter().map(left).collect(), others }
    }

    /// Waits until there may be room.
    pub(super) async fn room_made(&self) {
        self.taken.notified().await;
    }

    pub(super) fn add(&self, jobs: Vec<Arc<Job>>) {
        let (mut state, now) = (self.state(), Instant::now());
        if !jobs.is_empty() {
            state.payload = jobs.iter().map(|job| job.payload.len()).sum::<usize>() / jobs.len();
        }
        for job in jobs {
            state.claims.insert((job.id, job.lease));
            if let Some(lease) = job.lease {
                *state.leases.entry(lease).or_default() += 1;
            }
            match state.queues.get_mut(&job.queue) {
                Some(held) => *held += 1,
                None => _ = state.queues.insert(job.queue.clone(), 1),
            }
            state.ready.push_back((now, job));
            self.added.notify_one();
        }
    }

    /// The next job to run; waits for one. What has waited for too long is another's by now, or is about to be given back.
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
        if state.ready.front()?.0.elapsed() >= self.stale {
            return None;
        }
        let (_, job) = state.ready.pop_front()?;
        state.running.insert((job.id, job.lease), self.running_job(&job));
        if !state.ready.is_empty() {
            // Several permits of a Notify are one; this passes on what another executor may have missed.
            self.added.notify_one();
        }
        if job.ahead {
            self.begun_ahead.notify_one();
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
            if !state.claims.remove(&(job.id, job.lease)) {
                continue;
            }
            state.released += 1;
            one_less(&mut state.queues, &job.queue);
            if let Some(lease) = job.lease.filter(|lease| one_less(&mut state.leases, lease)) {
                state.over.insert(lease);
            }
        }
        self.taken.notify_one();
    }

    /// The same, without the ends of their attempts.
    pub(super) fn give_up<'a>(&self, jobs: impl IntoIterator<Item = &'a Job>) {
        let jobs: Vec<&Job> = jobs.into_iter().collect();
        self.state().given_up.extend(jobs.iter().filter_map(|job| job.lease));
        self.release(jobs);
    }

    /// Everything claimed and not started, to hand back.
    pub(super) fn drain(&self) -> Vec<Arc<Job>> {
        self.state().ready.drain(..).map(|(_, job)| job).collect()
    }

    /// The same once the first of it waits for too long: jobs take longer than they did when it was claimed.
    pub(super) fn drain_stale(&self) -> Vec<Arc<Job>> {
        let mut state = self.state();
        let Some(waited) = state.ready.front().map(|(since, _)| since.elapsed()) else { return Vec::new() };
        let limit = if self.ahead(&state) > 0 { self.stale } else { self.stale.min(SLOW) };
        if waited < limit {
            return Vec::new();
        }
        // So nothing is claimed ahead again before many jobs were quick.
        state.mean = Some(waited.as_secs_f64());
        state.ready.drain(..).map(|(_, job)| job).collect()
    }

    /// The leases that hold something.
    pub(super) fn leases(&self) -> Vec<i64> {
        self.state().leases.keys().copied().collect()
    }

    /// The leases that hold nothing any more, to be taken out of the database, once so many jobs were released: a claim passes over
    /// all that is listed under them.
    pub(super) fn leases_over(&self, least: usize) -> Over {
        let state = self.state();
        if state.released < least {
            return Over::default();
        }
        let given_up = state.over.intersection(&state.given_up).copied().collect();
        Over { leases: state.over.iter().copied().collect(), given_up }
    }

    /// These are out of the database.
    pub(super) fn forget_leases(&self, over: &Over) {
        let mut state = self.state();
        for lease in &over.leases {
            state.over.remove(lease);
            state.given_up.remove(lease);
        }
        if !over.is_empty() {
            state.released = state.over.len();
        }
    }

    pub(super) fn running(&self) -> usize {
        self.state().running.len()
    }

    /// What a job runs with; one that no executor has taken is by itself.
    pub(super) fn run_of(&self, job: &Arc<Job>) -> Running {
        let running = self.state().running.get(&(job.id, job.lease)).cloned();
        running.unwrap_or_else(|| self.running_job(job))
    }

    fn running_job(&self, job: &Arc<Job>) -> Running {
        Running {
            job: Arc::clone(job),
            revoked: CancellationToken::new(),
            said: Said::new(&self.told),
            since: Instant::now(),
            is_noted: !job.ahead,
        }
    }

    /// The running jobs that have said something of themselves that is not written down, and what; waits until one says more.
    pub(super) async fn reports(&self) -> Vec<(Running, Report, u64)> {
        self.told.notified().await;
        let running: Vec<Running> = self.state().running.values().cloned().collect();
        let reports = running.into_iter().map(|running| {
            let (report, times) = running.said.report();
            (running, report, times)
        });
        reports.filter(|(_, report, _)| *report != Report::default()).collect()
    }

    /// What was claimed ahead and has run for so long that its row is to say so, by id and lease; waits until there is something.
    pub(super) async fn long_ones(&self, least: Duration) -> Vec<(i64, Option<i64>)> {
        loop {
            let (mut long, mut is_any) = (Vec::new(), false);
            for (claim, running) in self.state().running.iter().filter(|(_, running)| !running.is_noted) {
                is_any = true;
                long.extend((running.since.elapsed() >= least).then_some(*claim));
            }
            match is_any {
                _ if !long.is_empty() => return long,
                true => tokio::time::sleep(least).await,
                false => self.begun_ahead.notified().await,
            }
        }
    }

    /// Their rows say so.
    pub(super) fn are_noted(&self, claims: &[(i64, Option<i64>)]) {
        let mut state = self.state();
        for claim in claims {
            if let Some(running) = state.running.get_mut(claim) {
                running.is_noted = true;
            }
        }
    }

    /// Has what was not written down be asked for again.
    pub(super) fn ask_again(&self) {
        self.told.notify_one();
    }

    /// Id and lease of what runs and has not been told yet that it counts no more, and of what has waited for so long since its
    /// claim.
    pub(super) fn attempts(&self, waited: Duration) -> Vec<(i64, i64)> {
        let state = self.state();
        let counting = state.running.iter().filter(|(_, running)| !running.revoked.is_cancelled());
        let running = counting.filter_map(|((id, lease), _)| Some((*id, (*lease)?)));
        let waiting = state.ready.iter().take_while(|(since, _)| since.elapsed() >= waited);
        running.chain(waiting.filter_map(|(_, job)| Some((job.id, job.lease?)))).collect()
    }

    /// These attempts count no more. Those that run are told so; those that have not begun never do, and are returned.
    pub(super) fn revoke(&self, attempts: &[(i64, i64)]) -> Vec<Arc<Job>> {
        let mut state = self.state();
        let revoked: Claims = attempts.iter().map(|(id, lease)| (*id, Some(*lease))).collect();
        for attempt in &revoked {
            if let Some(running) = state.running.get(attempt) {
                running.revoked.cancel();
            }
        }
        let is_revoked = |(_, job): &(Instant, Arc<Job>)| revoked.contains(&(job.id, job.lease));
        let (gone, ready): (VecDeque<_>, _) = state.ready.drain(..).partition(is_revoked);
        state.ready = ready;
        gone.into_iter().map(|(_, job)| job).collect()
    }
}

/// Whether that was the last.
fn one_less<K: Hash + Eq>(held: &mut HashMap<K, i64>, key: &K) -> bool {
    let Some(number) = held.get_mut(key) else { return false };
    *number -= 1;
    *number == 0 && held.remove(key).is_some()
}
