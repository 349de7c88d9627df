//! The queue alone: jobs per second through the real dispatcher, with fences, and how soon a job starts.
//!
//! `cargo bench --bench jobs`; part of `make bench`. `JOBS` sets how many (default 100,000), `DURABILITY` and
//! `WORKER_COUNT` are the service's own. The database lies in the target folder, on the disk that is to be measured; with
//! `DATABASE_URL`, which must name an empty one, it is that.

mod support;

use std::io::Write;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use keiyaku::app::App;
use keiyaku::jobs::Registry;
use keiyaku::models::jobs::enqueue;
use keiyaku::worker::Worker;
use support::{DELAY, Failure, Noop, STARTED, TOLD, app, fill, folder, nanoseconds, number};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The longest that the jobs may take.
const LIMIT: Duration = Duration::from_secs(600);
/// Jobs that are put in one at a time, by each of two ways.
const SAMPLES: usize = 500;
/// Set in the environment of the process that only puts in.
const PUT_IN: &str = "JOBS_PUT_IN";

/// Jobs per second, from the start of the workers to the last completion on disk.
async fn throughput(app: &App, jobs: u64) -> Result<f64, Failure> {
    let all = fill(app, jobs).await?;
    let (worker, stop) = (Worker::new(app.clone(), Registry::default().with::<Noop>()), CancellationToken::new());
    let started = Instant::now();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(30)));
    while STARTED.load(Ordering::Relaxed) < all {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut counts = Vec::new();
    while counts.len() != 1 || counts[0] != ("noop".to_owned(), "completed".to_owned(), i64::try_from(all)?) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(started.elapsed() < LIMIT, "not all jobs are completed: {counts:?}");
        counts = app.db.read(keiyaku::models::jobs::counts::by_type_and_status).await?;
    }
    let elapsed = started.elapsed();
    stop.cancel();
    running.await?;
    Ok(all as f64 / elapsed.as_secs_f64())
}

async fn put_in(app: &App) -> Result<(), Failure> {
    let (now, job) = (app.clock.now(), app.job(&Noop { at: Some(nanoseconds()) })?);
    app.db.write(move |conn| enqueue(conn, &job, now)).await?;
    app.jobs.notify_one();
    Ok(())
}

/// From before the enqueueing write to the start of the job, one job at a time, in milliseconds, sorted. It is put in by this
/// process, or by another.
async fn delays(app: &App, mut other: Option<ChildStdin>) -> Result<Vec<f64>, Failure> {
    let mut delays = Vec::new();
    for _ in 0..SAMPLES {
        match &mut other {
            Some(other) => other.write_all(b"\n")?,
            None => put_in(app).await?,
        }
        delays.push(delay_of_next().await);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    delays.sort_by(f64::total_cmp);
    Ok(delays)
}

async fn delay_of_next() -> f64 {
    loop {
        TOLD.notified().await;
        if let Some(delay) = DELAY.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return delay;
        }
    }
}

/// The process that only puts in: one job for each line that comes.
async fn serve_orders(folder: &Path) -> Result<(), Failure> {
    let app = app(folder)?;
    for line in std::io::stdin().lines() {
        line?;
        put_in(&app).await?;
    }
    Ok(())
}

fn print(what: &str, delays: &[f64]) {
    let percentile = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
    println!("{what}, ms: p50 {:.2}, p99 {:.2}, max {:.2}", percentile(0.5), percentile(0.99), percentile(1.0));
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
    let folder = folder("jobs");
    if std::env::var_os(PUT_IN).is_some() {
        return serve_orders(&folder).await;
    }
    let jobs = number("JOBS", 100_000);
    let _ = std::fs::remove_dir_all(&folder);
    let app = app(&folder)?;
    let idle = resident_mib();
    println!("durability {:?}, {} jobs at a time, a queue of {jobs}", app.config.durability, app.config.worker_count);
    println!("no-op jobs per second: {:.0}", throughput(&app, jobs).await?);
    let (worker, stop) = (Worker::new(app.clone(), Registry::default().with::<Noop>()), CancellationToken::new());
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(30)));
    print("enqueue to start", &delays(&app, None).await?);
    let mut other = Command::new(std::env::current_exe()?).env(PUT_IN, "1").stdin(Stdio::piped()).spawn()?;
    print("enqueue to start, put in by another process", &delays(&app, other.stdin.take()).await?);
    other.wait()?;
    stop.cancel();
    running.await?;
    println!("resident memory, MiB: {idle:.0} idle, {:.0} after", resident_mib());
    drop(app);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
