//! Workers with nothing to do.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use keiyaku::clock::Clock;
use keiyaku::db::AnyConnection;
use keiyaku::models::jobs::NewJob;
use keiyaku::models::workers;

use crate::database::{numbers, sqlite_only};
use crate::support::held_up::HeldUp;
use crate::support::scripts::Scripted;
use crate::support::{Bench, eventually};

/// Longer than a write waits for the lock before it fails, and several polls.
const HELD: Duration = Duration::from_millis(6_500);

/// What the workers of all tests have logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A number that every commit of another changes; on PostgreSQL, how many wait for a lock.
fn writes(conn: &mut AnyConnection) -> i64 {
    let count = match conn {
        AnyConnection::Sqlite(_) => "SELECT data_version AS value FROM pragma_data_version",
        AnyConnection::Postgresql(_) => {
            "SELECT count(*) AS value FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        }
    };
    numbers(conn, count).unwrap()[0]
}

/// Until the transaction ends, whoever wants to write has to wait.
fn keep_from_writing(conn: &mut AnyConnection) {
    let lock = match conn {
        AnyConnection::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConnection::Postgresql(_) => {
            "BEGIN; LOCK TABLE job_queue, job_attempts, job_counts, job_minutes, queues, workers, idempotency_keys, secrets \
             IN SHARE MODE"
        }
    };
    conn.batch_execute(lock).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_workers_write_nothing_and_never_ask_for_the_write_lock() {
    tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).init();
    let bench = Bench::with(&[("JOB_LEASE", "1s")], Clock::system());
    let far = NewJob { scheduled_at: Some(bench.now() + TimeDelta::days(1)), ..bench.job(&Scripted::succeeding()) };
    bench.put(far).await;
    let mut other = bench.outside();
    let workers = bench.start();
    // It says that it is there when it starts, and then once a minute.
    eventually("the worker is there", async || {
        let alive =
            bench.app.db.read(move |conn| workers::alive(conn, chrono::NaiveDateTime::default())).await.unwrap();
        alive.into_iter().next()
    })
    .await;
    let before = writes(&mut other);
    keep_from_writing(&mut other);
    tokio::time::sleep(HELD).await;
    assert_eq!(writes(&mut other), before);
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(writes(&mut other), before);
    let name = workers.name.clone();
    workers.stop().await;
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let own: Vec<&str> = log.lines().filter(|line| line.contains(&name)).collect();
    assert!(own.iter().any(|line| line.contains("the workers have stopped")), "the log is heard: {own:?}");
    assert!(own.iter().all(|line| line.contains(" INFO ")), "{own:?}");
}

/// Counts the lines that are written to it.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicUsize>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let refused = "jobs were not claimed with requests";
        self.0.fetch_add(String::from_utf8_lossy(bytes).matches(refused).count(), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn workers_wait_before_they_look_again_while_the_writer_takes_no_more() {
    sqlite_only!("the queue of the one writer");
    let refusals = Lines::default();
    let lines = refusals.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || lines.clone());
    let _log = tracing::subscriber::set_default(log.finish());
    let bench = Bench::new();
    let held_up = HeldUp::new(&bench.app.db).await;
    let mut waiting = Vec::new();
    // As many as may wait.
    for _ in 0..4_096 {
        waiting.push(held_up.queue(|_| Ok(())).await);
    }
    let workers = bench.start();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let refused = refusals.0.load(Ordering::Relaxed);
    assert!((1..=10).contains(&refused), "{refused} looks in a second and a half");
    drop((waiting, held_up));
    workers.stop().await;
}
