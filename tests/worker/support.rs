//! What the tests share: a database with an app on it, scripted jobs, a held-up writer, plans of
//! queries, and waiting with a limit.

pub mod held_up;
pub mod plans;
pub mod scripts;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use keiyaku::api::models::JobStatus;
use keiyaku::app::App;
use keiyaku::clock::Clock;
use keiyaku::config::Config;
use keiyaku::contract::{Contract, ValidationMode};
use keiyaku::db::{AnyConnection, Db};
use keiyaku::jobs::Registry;
use keiyaku::models::attempts::{self, Attempt};
use keiyaku::models::jobs::{self, Job, NewJob};
use keiyaku::worker::Worker;
use tokio_util::sync::CancellationToken;

use scripts::{Hasty, Scripted, Steady};

diesel::table! {
    /// A table of the tests' own, for writes that leave a trace.
    marks (id) {
        id -> BigInt,
        mark -> Text,
    }
}

/// Makes that table.
pub const MARKS: &str = "CREATE TABLE marks (id INTEGER PRIMARY KEY, mark TEXT NOT NULL)";

/// How long anything may take before a test gives up waiting for it; far above what it takes.
const LIMIT: Duration = Duration::from_secs(30);

/// Whether the long forms of tests were asked for.
pub fn is_long() -> bool {
    std::env::var_os("KEIYAKU_LONG").is_some_and(|value| value != "0")
}

/// Where manual clocks start.
pub fn new_year() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// One process as far as the database can tell: an app with its own connections and writer.
pub struct Bench {
    pub app: App,
    pub path: PathBuf,
    folder: Arc<tempfile::TempDir>,
}

impl Bench {
    /// On the system's clock.
    pub fn new() -> Bench {
        Bench::with(&[], Clock::system())
    }

    /// On a clock that stands still until the test moves it.
    pub fn standing_still(settings: &[(&str, &str)]) -> Bench {
        Bench::with(settings, Clock::manual(new_year()))
    }

    pub fn with(settings: &[(&str, &str)], clock: Clock) -> Bench {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let bench = Bench::in_folder(folder, settings, clock);
        diesel::sql_query(MARKS).execute(&mut bench.outside()).unwrap();
        bench
    }

    /// On a file that `build` makes, in the target folder, because it may be larger than what temporary files have room for.
    pub fn on_file(build: impl FnOnce(&Path)) -> Bench {
        let folder = Arc::new(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        build(&folder.path().join("users.db"));
        Bench::in_folder(folder, &[], Clock::manual(new_year()))
    }

    /// Another process on the same database.
    pub fn beside(&self, settings: &[(&str, &str)], clock: Clock) -> Bench {
        Bench::in_folder(Arc::clone(&self.folder), settings, clock)
    }

    fn in_folder(folder: Arc<tempfile::TempDir>, settings: &[(&str, &str)], clock: Clock) -> Bench {
        let path = folder.path().join("users.db");
        let (database, outbox) = (path.display().to_string(), folder.path().join("outbox").display().to_string());
        let own = [("DATABASE_URL", database.as_str()), ("MAIL_DIR", outbox.as_str())];
        let variables = own.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::from_variables(variables).unwrap();
        let contract = Contract::load(ValidationMode::Default, None, 1024).unwrap();
        let db = Db::open(&config.database_url, config.durability).unwrap();
        Bench { app: App::new(config, contract, db, clock), path, folder }
    }

    /// A connection that the service knows nothing of.
    pub fn outside(&self) -> SqliteConnection {
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy()).unwrap();
        diesel::sql_query("PRAGMA busy_timeout = 20000").execute(&mut conn).unwrap();
        conn
    }

    pub fn now(&self) -> NaiveDateTime {
        self.app.clock.now()
    }

    /// Moves a manual clock on, and has the workers look at once.
    pub fn advance(&self, by: TimeDelta) {
        self.app.clock.set(self.app.clock.utc() + by);
        self.app.jobs.notify_one();
    }

    /// A job that runs `script` as soon as it can; the test changes what it needs to.
    pub fn job(&self, script: &Scripted) -> NewJob {
        NewJob {
            job_type: "scripted".to_owned(),
            queue: jobs::DEFAULT_QUEUE.to_owned(),
            payload: serde_json::to_string(script).unwrap(),
            user_id: None,
            priority: 0,
            max_retries: 3,
            scheduled_at: None,
            unique_key: None,
            timeout_seconds: None,
        }
    }

    /// Puts a job in as a handler does.
    pub async fn put(&self, job: NewJob) -> i64 {
        let now = self.now();
        let id = self.app.db.write(move |conn| jobs::enqueue(conn, &job, now)).await.unwrap().id;
        self.app.jobs.notify_one();
        id
    }

    pub async fn put_script(&self, script: &Scripted) -> i64 {
        self.put(self.job(script)).await
    }

    pub async fn row(&self, id: i64) -> Job {
        self.app.db.read(move |conn| jobs::find(conn, id)).await.unwrap().expect("the job is there")
    }

    /// Waits until the job is in this status.
    pub async fn reaches(&self, id: i64, status: JobStatus) -> Job {
        self.becomes(id, status.as_str(), |job| job.status == status.as_str()).await
    }

    /// Waits until the job is as `expected` wants it.
    pub async fn becomes(&self, id: i64, what: &str, expected: impl Fn(&Job) -> bool) -> Job {
        eventually(&format!("job {id} becomes {what}"), async || Some(self.row(id).await).filter(&expected)).await
    }

    pub async fn attempts(&self, id: i64) -> Vec<Attempt> {
        self.app.db.read(move |conn| attempts::of_job(conn, id)).await.unwrap()
    }

    /// How the attempts of a job ended, the first one first.
    pub async fn outcomes(&self, id: i64) -> Vec<String> {
        self.attempts(id).await.into_iter().map(|attempt| attempt.outcome).collect()
    }

    /// The marks that are committed, in the order they were made.
    pub fn marks(&self) -> Vec<String> {
        marks::table.order(marks::id).select(marks::mark).load(&mut self.outside()).unwrap()
    }

    /// Starts workers for scripted jobs.
    pub fn start(&self) -> Workers {
        self.start_for(scripted_types(), LIMIT)
    }

    pub fn start_for(&self, registry: Registry, limit: Duration) -> Workers {
        let (worker, stop) = (Worker::new(self.app.clone(), registry), CancellationToken::new());
        let name = worker.name().to_owned();
        Workers { name, task: tokio::spawn(worker.run(stop.clone(), limit)), stop }
    }
}

pub fn scripted_types() -> Registry {
    Registry::default().with::<Scripted>().with::<Hasty>().with::<Steady>()
}

/// Workers that run.
pub struct Workers {
    pub name: String,
    pub stop: CancellationToken,
    pub task: tokio::task::JoinHandle<()>,
}

impl Workers {
    /// Stops in good order.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Leaves a mark, as part of the transaction that `conn` is in.
pub fn make_mark(conn: &mut AnyConnection, mark: &str) -> QueryResult<()> {
    diesel::insert_into(marks::table).values(marks::mark.eq(mark)).execute(conn).map(|_| ())
}

/// Looks again and again until there is something to see, at most for [`LIMIT`].
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(started.elapsed() < LIMIT, "gave up waiting: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
