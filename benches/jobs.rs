//! The queue alone: jobs per second through the real dispatcher, fence and attempt rows, and how soon a job starts.
//!
//! `cargo bench --bench jobs`; part of `make bench`. `JOBS` sets how many (default 100,000), `DURABILITY` and
//! `WORKER_COUNT` are the service's own. The database lies in the target folder, on the disk that is to be measured.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use keiyaku::app::App;
use keiyaku::clock::Clock;
use keiyaku::config::Config;
use keiyaku::contract::{Contract, ValidationMode};
use keiyaku::db::Db;
use keiyaku::jobs::{Context, Done, Job, JobError, Registry};
use keiyaku::models::jobs::{enqueue, enqueue_all};
use keiyaku::worker::Worker;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

static STARTED: AtomicU64 = AtomicU64::new(0);
/// When the last job started. Whoever waits for one sleeps meanwhile: looking again and again would take one of the cores
/// from the service.
static LAST: Mutex<Option<Instant>> = Mutex::new(None);
static TOLD: Notify = Notify::const_new();

/// Does nothing, and counts.
#[derive(Serialize, Deserialize)]
struct Noop {}

impl Job for Noop {
    const JOB_TYPE: &'static str = "noop";

    async fn run(self, _context: Context) -> Result<Done, JobError> {
        STARTED.fetch_add(1, Ordering::Relaxed);
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        TOLD.notify_one();
        Ok(Done::default())
    }
}

fn app(folder: &PathBuf) -> Result<App, Failure> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let database = ("DATABASE_URL".to_owned(), folder.join("jobs.db").display().to_string());
    let own =
        std::env::vars().filter(|(name, _)| ["DATABASE_URL", "DURABILITY", "WORKER_COUNT"].contains(&name.as_str()));
    let config = Config::from_variables(std::iter::once(database).chain(own))?;
    let db = Db::open(&config.database_url, config.durability)?;
    Ok(App::new(config, Contract::load(ValidationMode::Default, None, 1024)?, db, Clock::system()))
}

async fn fill(app: &App, jobs: u64) -> Result<(), Failure> {
    for _ in 0..jobs.div_ceil(1000) {
        let (now, batch) = (app.clock.now(), vec![app.job(&Noop {})?; 1000]);
        app.db.write(move |conn| enqueue_all(conn, &batch, now)).await?;
    }
    Ok(())
}

/// Jobs per second, from the start of the workers to the last completion on disk.
async fn throughput(app: &App, jobs: u64) -> Result<f64, Failure> {
    fill(app, jobs).await?;
    let (worker, stop) = (Worker::new(app.clone(), Registry::default().with::<Noop>()), CancellationToken::new());
    let started = Instant::now();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(30)));
    while STARTED.load(Ordering::Relaxed) < jobs.div_ceil(1000) * 1000 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Stopping waits for the last commits.
    stop.cancel();
    running.await?;
    let elapsed = started.elapsed();
    let counts = app.db.read(keiyaku::models::jobs::counts::by_type_and_status).await?;
    assert!(counts.iter().all(|(_, status, _)| status == "completed"), "all jobs are completed: {counts:?}");
    Ok(jobs as f64 / elapsed.as_secs_f64())
}

/// From before the enqueueing write to the start of the job, one job at a time, in milliseconds, sorted.
async fn latencies(app: &App, samples: usize) -> Result<Vec<f64>, Failure> {
    let (worker, stop) = (Worker::new(app.clone(), Registry::default().with::<Noop>()), CancellationToken::new());
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(30)));
    let mut latencies = Vec::new();
    for _ in 0..samples {
        let now = app.clock.now();
        let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
        last();
        let enqueued = Instant::now();
        let job = app.job(&Noop {})?;
        app.db.write(move |conn| enqueue(conn, &job, now)).await?;
        app.jobs.notify_one();
        let started = loop {
            TOLD.notified().await;
            if let Some(started) = last() {
                break started;
            }
        };
        latencies.push((started - enqueued).as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.cancel();
    running.await?;
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let jobs = std::env::var("JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(100_000);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("jobs");
    let app = app(&folder)?;
    let idle = resident_mib();
    println!("durability {:?}, {} jobs at a time, a queue of {jobs}", app.config.durability, app.config.worker_count);
    println!("no-op jobs per second: {:.0}", throughput(&app, jobs).await?);
    let latencies = latencies(&app, 500).await?;
    let percentile = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    println!(
        "enqueue to start, ms: p50 {:.2}, p99 {:.2}, max {:.2}",
        percentile(0.5),
        percentile(0.99),
        percentile(1.0)
    );
    println!("resident memory, MiB: {idle:.0} idle, {:.0} after", resident_mib());
    drop(app);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
