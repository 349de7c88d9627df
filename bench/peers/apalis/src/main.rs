//! apalis on SQLite: no-op jobs per second from a full queue, and enqueue to start of single jobs.
//!
//! `apalis-peer DATABASE JOBS normal|full [tuned]` prints one line of JSON. Measured is the library with its own
//! means: `push_bulk` fills the queue; one worker, woken by SQLite's update hook, empties it; the end is when no row
//! of its table is left that is not done. Not measured: filling, failing jobs, several workers.
//!
//! As it comes, both statements that follow a job read far more than the job: SQLite finds the row to complete by the
//! index on `lock_by`, so among all that the worker ever had, and the row to lock by its status, so among all that
//! wait. The rate falls with the length of the queue. `tuned` is what its documentation does not advise but which
//! cures that: without the index `LIdx`, and with `lock_tasks(false)`, which leaves out the step from `Queued` to
//! `Running`.
//!
//! `SqliteStorage::setup` sets `synchronous=OFF` on whichever connection it got; so it runs on a pool of its own, and
//! the pool that works sets `synchronous` on every connection, beside the other pragmas of `setup`.

#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqliteStorage};
use futures::StreamExt;
use serde_json::json;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const VERSION: &str = "1.0.0";
const BATCH: usize = 256;
const UNFINISHED: &str = "SELECT EXISTS (SELECT 1 FROM Jobs WHERE status IN ('Pending', 'Queued', 'Running'))";

type Failure = Box<dyn std::error::Error + Send + Sync>;

static STARTED: AtomicU64 = AtomicU64::new(0);

/// Does nothing, counts, and tells when it began.
async fn noop(_job: u64, started: Data<UnboundedSender<Instant>>) -> Result<(), BoxDynError> {
    STARTED.fetch_add(1, Ordering::Relaxed);
    let _ = started.send(Instant::now());
    Ok(())
}

fn options(path: &Path, synchronous: SqliteSynchronous) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "64000")
        .pragma("journal_size_limit", "67108864")
}

/// What `PRAGMA synchronous` says on every connection that the pool can have.
async fn check_synchronous(pool: &SqlitePool, expected: i64) -> Result<(), Failure> {
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await?;
        let level: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
        assert_eq!(level, expected, "synchronous is as asked");
        connections.push(connection);
    }
    Ok(())
}

async fn wait_until_done(pool: &SqlitePool, jobs: u64) -> Result<(), Failure> {
    while STARTED.load(Ordering::Relaxed) < jobs {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while sqlx::query_scalar::<_, bool>(UNFINISHED).fetch_one(pool).await? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// In milliseconds, sorted: one job at a time, for a worker that is idle.
async fn latencies(
    backend: &mut SqliteStorage<u64>,
    started: &mut UnboundedReceiver<Instant>,
    samples: u64,
) -> Result<Vec<f64>, Failure> {
    let mut latencies = Vec::new();
    for sample in 0..samples {
        tokio::time::sleep(Duration::from_micros(fastrand::u64(2000..6000))).await;
        let enqueued = Instant::now();
        backend.push(sample).await?;
        let start = started.recv().await.ok_or("the worker is gone")?;
        latencies.push(start.saturating_duration_since(enqueued).as_secs_f64() * 1e3);
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (database, jobs, synchronous, tuned) = match &arguments[..] {
        [database, jobs, synchronous] => (database, jobs, synchronous, false),
        [database, jobs, synchronous, tuned] if tuned == "tuned" => (database, jobs, synchronous, true),
        _ => return Err("arguments: DATABASE JOBS normal|full [tuned]".into()),
    };
    let (level, number) = match synchronous.as_str() {
        "normal" => (SqliteSynchronous::Normal, 1),
        "full" => (SqliteSynchronous::Full, 2),
        _ => return Err("synchronous is normal or full".into()),
    };
    let (path, jobs) = (Path::new(database), jobs.parse::<u64>()?);
    let samples = std::env::var("LATENCIES").map_or(Ok(300), |samples| samples.parse())?;

    let setup = SqlitePool::connect_with(options(path, SqliteSynchronous::Off)).await?;
    SqliteStorage::setup(&setup).await?;
    if tuned {
        sqlx::query("DROP INDEX LIdx").execute(&setup).await?;
    }
    let config = Config::default().queue("noop").batch_size(BATCH).lock_tasks(!tuned);
    let mut filler = SqliteStorage::<u64>::new(&setup).with_config(config.clone());
    for first in (0..jobs).step_by(1000) {
        filler.push_bulk((first..jobs.min(first + 1000)).collect()).await?;
    }
    setup.close().await;

    let (pool, listener) = SqliteStorage::connect_with_callback(&format!("sqlite://{database}"))?;
    pool.set_connect_options(options(path, level));
    check_synchronous(&pool, number).await?;
    let mut storage = SqliteStorage::<u64>::new(&pool).with_config(config);
    let strategy = Strategy::new().stream(listener.ready_chunks(BATCH)).interval(Duration::from_millis(500));
    let (sender, mut started) = unbounded_channel();
    let worker =
        WorkerBuilder::new("noop").backend(storage.clone().poll_with_strategy(strategy)).data(sender).build(noop);

    let from = Instant::now();
    let running = tokio::spawn(worker.run());
    wait_until_done(&pool, jobs).await?;
    let elapsed = from.elapsed();
    let done: i64 = sqlx::query_scalar("SELECT count(*) FROM Jobs WHERE status = 'Done'").fetch_one(&pool).await?;
    assert_eq!(done as u64, jobs, "all jobs are committed as done");

    while started.try_recv().is_ok() {}
    let latencies = latencies(&mut storage, &mut started, samples).await?;
    check_synchronous(&pool, number).await?;
    running.abort();
    let percentile = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let result = json!({
        "peer": if tuned { "apalis tuned" } else { "apalis" },
        "version": VERSION,
        "synchronous": synchronous,
        "jobs": jobs,
        "jobs_per_second": jobs as f64 / elapsed.as_secs_f64(),
        "latency_p50_ms": percentile(0.5),
        "latency_p99_ms": percentile(0.99),
        "settings": format!(
            "update hook, batches of {BATCH}{}",
            if tuned { ", without the index on lock_by, lock_tasks off" } else { "" }
        ),
    });
    println!("{result}");
    Ok(())
}
