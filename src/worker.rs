//! [`Worker`]: claims jobs, runs them, ends them, and stops in good order.
//!
//! - one **dispatcher** claims what the process will start shortly (`dispatch`);
//! - `WORKER_COUNT` **executors** run one job at a time each (`execute`);
//! - ends are committed beside them, many at once, so that no executor waits for the disk (`finish`, and `completed` for those
//!   without effects);
//! - one **keeper** extends the leases of everything held and looks after expired ones (`keep`), and tells those who watch
//!   what there is to see (`tell`).
//!
//! No transaction is open while a job runs. Shutdown interrupts waiting and never work: claimed jobs that have not started
//! are handed back at once, running ones get until the limit, then they are handed back too, without losing an attempt.

mod completed;
mod dispatch;
mod drain;
mod execute;
mod finish;
mod held;
mod keep;
mod tell;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::db::Who;
use crate::jobs::Registry;
use crate::models::jobs::Ground;
use held::Held;

/// Jobs of one claim ahead at the most.
const BATCH: usize = 4_096;
/// Jobs that run or whose ends wait for their commits, at the most.
const PLACES: usize = 8_192;
/// Both where requests wait for the one writer meanwhile: some milliseconds.
const BATCH_OF_ONE_WRITER: usize = 256;
/// What the last commits get at least, however short the limit.
const COMMIT: Duration = Duration::from_secs(1);

/// The workers of one process.
#[derive(Clone)]
pub struct Worker(Arc<Shared>);

/// What the parts share.
struct Shared {
    app: App,
    registry: Registry,
    /// Names the process in rows and logs, and no other: leases are extended by it, and in containers most have the same number.
    name: String,
    /// How many jobs run at a time.
    executors: u32,
    held: Held,
    /// Where the looks at the queue begin.
    ground: Mutex<Ground>,
    /// Told when something was committed, here or elsewhere.
    changed: Notify,
    /// The ends being committed, and how many more there may be.
    finishing: TaskTracker,
    completed: completed::Batch,
    places: Arc<Semaphore>,
    tally: tell::Tally,
    /// Set when nothing new may start.
    stop: CancellationToken,
    /// Set when what still runs has to be handed back.
    abandon: CancellationToken,
    /// Set when what could not be committed by then is given up.
    give_up: CancellationToken,
}

impl Shared {
    fn ground(&self) -> Ground {
        self.ground.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_ground(&self, ground: Ground) {
        *self.ground.lock().unwrap_or_else(PoisonError::into_inner) = ground;
    }
}

impl Worker {
    /// Workers for `WORKER_COUNT` jobs at a time of the types in `registry`.
    pub fn new(app: App, registry: Registry) -> Worker {
        let name = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        let executors = app.config.worker_count;
        app.metrics.worker_started(executors);
        let one_writer = (BATCH_OF_ONE_WRITER, BATCH_OF_ONE_WRITER);
        let (batch, places) = if app.db.commits_in_order() { one_writer } else { (BATCH, PLACES) };
        let held = Held::new(executors, app.config.worker_queues.clone(), batch, app.config.job_lease);
        let places = Arc::new(Semaphore::new(places));
        let (stop, abandon, give_up) = Default::default();
        Worker(Arc::new(Shared {
            app,
            registry,
            name,
            executors,
            held,
            ground: Mutex::default(),
            changed: Notify::new(),
            finishing: TaskTracker::new(),
            completed: completed::Batch::default(),
            places,
            tally: tell::Tally::default(),
            stop,
            abandon,
            give_up,
        }))
    }

    /// The name under which the rows know this process.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Works until `shutdown`, then ends within `limit`, or a second after it at the latest.
    pub async fn run(self, shutdown: CancellationToken, limit: Duration) {
        let shared = &self.0;
        let tasks = TaskTracker::new();
        for _ in 0..shared.executors {
            tasks.spawn(execute::run(Arc::clone(shared)));
        }
        let (told, db, stop) = (Arc::clone(shared), shared.app.db.clone(), shared.stop.clone());
        let tell = move |who| {
            // What this process puts in it tells the dispatcher of at once.
            if who == Who::Anybody {
                told.app.jobs.notify_one();
            }
            told.changed.notify_one();
        };
        tasks.spawn(async move { db.watch(stop, tell).await });
        tasks.spawn(dispatch::run(Arc::clone(shared)));
        tasks.close();
        let keeper = tokio::spawn(keep::run(Arc::clone(shared)));

        shutdown.cancelled().await;
        shared.stop.cancel();
        tracing::info!(worker_id = %shared.name, running = shared.held.running(), "the workers are stopping");
        // What is left of the limit after running jobs have had their time is for committing what they did.
        if timeout(limit.mul_f64(0.9), tasks.wait()).await.is_err() {
            tracing::warn!(worker_id = %shared.name, running = shared.held.running(), "the time is up: running jobs are handed back");
            shared.abandon.cancel();
        }
        let ended = async {
            tasks.wait().await;
            shared.finishing.close();
            shared.finishing.wait().await;
            tell::is_gone(shared).await;
        };
        if timeout(limit.mul_f64(0.1).max(COMMIT), ended).await.is_err() {
            tracing::error!(worker_id = %shared.name, "the database takes no commits: what has not ended is left to its lease");
            shared.abandon.cancel();
            shared.give_up.cancel();
        }
        keeper.abort();
        tracing::info!(worker_id = %shared.name, "the workers have stopped");
    }
}
