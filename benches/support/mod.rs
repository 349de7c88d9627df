//! What the benchmarks of the queue share: the service's parts without its server, and a job that does nothing.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use keiyaku::app::App;
use keiyaku::clock::Clock;
use keiyaku::config::Config;
use keiyaku::contract::{Contract, ValidationMode};
use keiyaku::db::{AnyConnection, Db};
use keiyaku::jobs::{Context, Done, Job, JobError};
use keiyaku::models::jobs::enqueue_all;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// An error of a benchmark ends it.
pub type Failure = Box<dyn std::error::Error>;

/// Jobs put in with one transaction.
const BATCH: u64 = 1000;

/// How many jobs have begun.
pub static STARTED: AtomicU64 = AtomicU64::new(0);
/// How long after it was put in the last job began that says when that was, in milliseconds. Whoever waits for one sleeps
/// meanwhile: looking again and again would take one of the cores from the service.
pub static DELAY: Mutex<Option<f64>> = Mutex::new(None);
/// Told after each such job.
pub static TOLD: Notify = Notify::const_new();

/// Does nothing, and counts.
#[derive(Default, Serialize, Deserialize)]
pub struct Noop {
    /// When it was put in, as [`nanoseconds`]; it then says how long it has waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

impl Job for Noop {
    const JOB_TYPE: &'static str = "noop";

    async fn run(self, _context: Context) -> Result<Done, JobError> {
        STARTED.fetch_add(1, Ordering::Relaxed);
        if let Some(at) = self.at {
            let delay = nanoseconds().saturating_sub(at) as f64 / 1e6;
            *DELAY.lock().unwrap_or_else(PoisonError::into_inner) = Some(delay);
            TOLD.notify_one();
        }
        Ok(Done::default())
    }
}

/// Of the machine's clock, which is the same for all its processes.
pub fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}

/// The number in the environment, or this one.
pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// The folder of this benchmark's files, on the disk of the target folder.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// On `DATABASE_URL`, or else on a file in this folder; `DURABILITY` and `WORKER_COUNT` are the service's own.
pub fn app(folder: &Path) -> Result<App, Failure> {
    std::fs::create_dir_all(folder)?;
    let database = ("DATABASE_URL".to_owned(), folder.join("jobs.db").display().to_string());
    let own =
        std::env::vars().filter(|(name, _)| ["DATABASE_URL", "DURABILITY", "WORKER_COUNT"].contains(&name.as_str()));
    let config = Config::from_variables(std::iter::once(database).chain(own))?;
    let db = Db::open(&config.database_url, config.durability, config.database_connections)?;
    Ok(App::new(config, Contract::load(ValidationMode::Default, None, 1024)?, db, Clock::system()))
}

/// Puts in so many jobs, rounded up to whole batches; returns how many. PostgreSQL then gets to know what is in its tables, as
/// autovacuum would tell it within a minute; with `ANALYZE=0` it does not.
pub async fn fill(app: &App, jobs: u64) -> Result<u64, Failure> {
    for _ in 0..jobs.div_ceil(BATCH) {
        let job = app.job(&Noop::default())?;
        let (now, batch) = (app.clock.now(), vec![job; usize::try_from(BATCH)?]);
        app.db.write(move |conn| enqueue_all(conn, &batch, now)).await?;
    }
    if number("ANALYZE", 1) != 0 {
        let analyze = |conn: &mut AnyConnection| match conn {
            AnyConnection::Sqlite(_) => Ok(()),
            AnyConnection::Postgresql(conn) => conn.batch_execute("ANALYZE"),
        };
        app.db.write(analyze).await?;
    }
    Ok(jobs.div_ceil(BATCH) * BATCH)
}
