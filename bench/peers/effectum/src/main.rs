//! effectum: no-op jobs per second from a full queue, and enqueue to start of single jobs.
//!
//! `effectum-peer DATABASE JOBS normal` prints one line of JSON. Measured is the library with its own means:
//! `add_jobs` fills the queue, one worker of 256 jobs at a time empties it, and the end is when the worker has counted
//! all of them, which it does after their commit. Not measured: filling, opening, failing jobs, more than one process
//! (which effectum has not).
//!
//! effectum sets `synchronous` on its one write connection itself, to NORMAL, and offers no other; nothing outside can
//! reach that connection, so the value printed is that of its source, and FULL is refused. It means to set WAL as well
//! but writes `PRAGMA journal`, which SQLite ignores; so the file is put into WAL before.

#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use effectum::{Job, JobRunner, Queue, RunningJob, Worker};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const VERSION: &str = "0.7.0";
const CONCURRENCY: u16 = 256;
/// Fetching again only when half have ended makes each fetch worth its statement; effectum's default is `CONCURRENCY`.
const REFILL_AT: u16 = 128;

type Failure = Box<dyn std::error::Error>;

/// Does nothing, and tells when it began.
async fn noop(_job: RunningJob, started: Arc<UnboundedSender<Instant>>) -> Result<(), effectum::Error> {
    let _ = started.send(Instant::now());
    Ok(())
}

async fn start(queue: &Queue, started: UnboundedSender<Instant>) -> Result<Worker, effectum::Error> {
    Worker::builder(queue, Arc::new(started))
        .jobs([JobRunner::builder("noop", noop).build()])
        .min_concurrency(REFILL_AT)
        .max_concurrency(CONCURRENCY)
        .build()
        .await
}

async fn fill(queue: &Queue, jobs: u64) -> Result<(), effectum::Error> {
    for first in (0..jobs).step_by(1000) {
        let batch = (first..jobs.min(first + 1000)).map(|_| Job::builder("noop").build()).collect();
        queue.add_jobs(batch).await?;
    }
    Ok(())
}

/// In milliseconds, sorted: one job at a time, for a worker that is idle.
async fn latencies(queue: &Queue, started: &mut UnboundedReceiver<Instant>, samples: u64) -> Result<Vec<f64>, Failure> {
    let mut latencies = Vec::new();
    for _ in 0..samples {
        tokio::time::sleep(Duration::from_micros(fastrand::u64(2000..6000))).await;
        let enqueued = Instant::now();
        Job::builder("noop").add_to(queue).await?;
        let start = started.recv().await.ok_or("the worker is gone")?;
        latencies.push(start.saturating_duration_since(enqueued).as_secs_f64() * 1e3);
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

// As in its README; its writer has a thread of its own, and more for the rest made no difference beyond noise.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, jobs, synchronous] = &arguments[..] else {
        return Err("arguments: DATABASE JOBS normal".into());
    };
    if synchronous != "normal" {
        return Err("effectum sets synchronous=NORMAL itself and offers nothing else".into());
    }
    let (path, jobs) = (Path::new(database), jobs.parse::<u64>()?);
    let samples = std::env::var("LATENCIES").map_or(Ok(300), |samples| samples.parse())?;

    let outside = rusqlite::Connection::open(path)?;
    let mode: String = outside.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    assert_eq!(mode, "wal");

    let queue = Queue::new(path).await?;
    fill(&queue, jobs).await?;
    let (sender, mut started) = unbounded_channel();
    let from = Instant::now();
    let worker = start(&queue, sender).await?;
    while worker.counts().finished < jobs {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let elapsed = from.elapsed();
    let done: u64 = outside.query_row("SELECT count(*) FROM jobs WHERE status = 'succeeded'", [], |row| row.get(0))?;
    assert_eq!(done, jobs, "all jobs are committed as done");

    while started.try_recv().is_ok() {}
    let latencies = latencies(&queue, &mut started, samples).await?;
    let percentile = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let result = json!({
        "peer": "effectum",
        "version": VERSION,
        "synchronous": synchronous,
        "jobs": jobs,
        "jobs_per_second": jobs as f64 / elapsed.as_secs_f64(),
        "latency_p50_ms": percentile(0.5),
        "latency_p99_ms": percentile(0.99),
        "settings": format!("WAL set on its file before, one worker, concurrency {REFILL_AT}–{CONCURRENCY}"),
    });
    println!("{result}");
    worker.unregister(None).await?;
    queue.close(Duration::from_secs(10)).await?;
    Ok(())
}
