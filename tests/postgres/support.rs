//! What every test stands on: a database of its own in the server of this run, a folder, and the processes started in it.

pub mod client;
pub mod server;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keiyaku::config::Durability;
use keiyaku::db::{AnyConnection, Db};
use tempfile::TempDir;

use client::Client;
use server::Server;

use crate::postgres::{self, Postgres};

/// What any condition may take, on the slowest machine.
pub const LIMIT: Duration = Duration::from_secs(60);

const EVERY_SCOPE: &str = "users:read users:write jobs:read jobs:write";

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not after {LIMIT:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// An empty database and a folder for the outbox and the logs.
pub struct Scene {
    folder: TempDir,
    database: Postgres,
    processes: AtomicU32,
}

impl Scene {
    pub fn new() -> Scene {
        Scene { folder: tempfile::tempdir().unwrap(), database: Postgres::empty(), processes: AtomicU32::new(0) }
    }

    pub fn url(&self) -> String {
        self.database.url()
    }

    pub fn database(&self) -> &Postgres {
        &self.database
    }

    /// A file of this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary in this folder, on this database, without the environment of whoever runs the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keiyaku"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("DATABASE_URL", self.url()).envs([
            ("PORT", "0"),
            ("LOG_FORMAT", "json"),
            ("RATE_LIMIT_RPS", "0"),
            ("JWT_SECRET", "a secret of the tests, long enough for HS256"),
        ]);
        command
    }

    /// A process that may or may not end by itself.
    pub fn spawn(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let number = self.processes.fetch_add(1, Ordering::SeqCst);
        let log = self.folder.path().join(format!("{number}.log"));
        Server::spawn(self.command(arguments).envs(environment.iter().copied()), log)
    }

    /// A server that listens.
    pub fn start(&self, environment: &[(&str, &str)]) -> Server {
        let server = self.spawn(&["serve"], environment);
        server.address();
        server
    }

    /// A client that may do anything.
    pub fn client(&self, server: &Server) -> Client {
        Client::new(server.address(), &self.token())
    }

    /// A token with every scope.
    pub fn token(&self) -> String {
        let output = self.command(&["token", "--scope", EVERY_SCOPE]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The service's own way to the database, made and migrated.
    pub fn db(&self) -> Db {
        self.db_with(Durability::Full)
    }

    pub fn db_with(&self, durability: Durability) -> Db {
        Db::open(&self.url().parse().unwrap(), durability, 8).unwrap()
    }

    /// A connection that none of the service's code stands between.
    pub fn connect(&self) -> PgConnection {
        self.database.connect()
    }

    pub fn execute(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap();
    }

    /// The one number that `select` gives as `value`.
    pub fn number(&self, select: &str) -> i64 {
        postgres::number(&mut self.connect(), select)
    }

    /// `SELECT count(*) FROM …`.
    pub fn count(&self, from: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS value FROM {from}"))
    }

    /// The texts that `select` gives as `value`.
    pub fn texts(&self, select: &str) -> Vec<String> {
        postgres::texts(&mut self.connect(), select)
    }

    /// The messages in the outbox.
    pub fn mails(&self) -> Vec<PathBuf> {
        let Ok(outbox) = self.folder.path().join("outbox").read_dir() else { return Vec::new() };
        let files = outbox.map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect()
    }

    /// Asserts that the jobs have done for every user, once, what they are for, and that the counts are right.
    pub fn assert_every_user_checked_in_once(&self) {
        let users = self.count("users");
        for job_type in ["user_created", "send_welcome_email"] {
            let jobs = format!("SELECT count(*) FROM job_queue WHERE user_id = users.id AND job_type = '{job_type}'");
            assert_eq!(self.count(&format!("users WHERE 1 <> ({jobs})")), 0, "users without exactly one {job_type}");
        }
        assert_eq!(self.count("job_queue WHERE status <> 'completed'"), 0, "jobs that are not completed");
        assert_eq!(self.number("SELECT sum(signups)::bigint AS value FROM signup_counts"), users, "signups");
        assert_eq!(self.count("users JOIN user_profiles ON user_id = id"), users, "profiles");
        let completed = "job_queue WHERE status = 'completed' AND attempts > 0 AND worker IS NOT NULL";
        assert_eq!(self.count(completed), 2 * users, "jobs that an attempt has completed");
        assert_eq!(self.mails().len() as i64, users, "one welcome mail for each user");
        self.assert_counts_are_right();
    }

    /// Asserts that the triggers' counts are those of the rows.
    pub fn assert_counts_are_right(&self) {
        let counts =
            "SELECT job_type, status, sum(jobs)::bigint AS jobs FROM job_counts GROUP BY 1, 2 HAVING sum(jobs) <> 0";
        let rows = "SELECT job_type, status, count(*) AS jobs FROM job_queue GROUP BY 1, 2";
        let wrong = format!("(({counts}) EXCEPT ({rows}) UNION ALL (({rows}) EXCEPT ({counts}))) AS wrong");
        assert_eq!(self.count(&wrong), 0, "counts that are not the rows'");
    }
}

/// Writes in a transaction of its own.
pub fn write<T: Send + 'static>(
    db: &Db,
    change: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
) -> T {
    block_on(db.write(change)).unwrap()
}

/// Runs what the service's own functions give.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
