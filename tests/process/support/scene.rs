//! [`Scene`]: a folder of its own for each test, and the processes that are started in it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;
use keiyaku::db::DatabaseUrl;
use tempfile::TempDir;

use super::database::{self, Database};
use super::process::Process;
use crate::database as switch;

const SECRET: &str = "a secret of the tests, long enough for HS256";

/// True when the tests that can show more in more time are to take it.
pub fn is_long() -> bool {
    std::env::var_os("KEIYAKU_LONG").is_some_and(|value| value != "0")
}

/// The binary that is tested instead of cargo's own build, which has no optimisations.
pub fn binary() -> Option<OsString> {
    // Each process is started in a folder of its own, where a relative path would lead elsewhere.
    std::env::var_os("KEIYAKU_BIN").map(|path| std::path::absolute(path).unwrap().into())
}

/// A folder with a database, an outbox, and whatever else one test needs.
pub struct Scene {
    /// Dropped before its folder.
    database: switch::Database,
    folder: TempDir,
}

impl Scene {
    pub fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        Scene { database: switch::Database::new(folder.path()), folder }
    }

    /// With no tables on PostgreSQL either, as before the first start.
    pub fn empty() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        Scene { database: switch::Database::empty(folder.path()), folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The file of the default `DATABASE_URL`.
    pub fn database(&self) -> PathBuf {
        assert!(!switch::is_postgres(), "a test that is about SQLite's file says so with sqlite_only!");
        self.path("users.db")
    }

    /// What messages call the database.
    pub fn database_name(&self) -> String {
        match switch::is_postgres() {
            true => self.database.url().parse::<DatabaseUrl>().unwrap().to_string(),
            false => "users.db".to_owned(),
        }
    }

    /// Whether anything was made for the database.
    pub fn is_untouched(&self) -> bool {
        match &self.database {
            switch::Database::File(_) => self.folder().read_dir().unwrap().count() == 0,
            switch::Database::Postgres(_) => self.open().count("pg_tables WHERE schemaname = 'public'") == 0,
        }
    }

    /// The binary in this folder, with the defaults and without the environment of whoever runs the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let binary = binary().unwrap_or_else(|| env!("CARGO_BIN_EXE_keiyaku").into());
        let mut command = Command::new(binary);
        command.args(arguments).current_dir(self.folder()).env_clear();
        if switch::is_postgres() {
            command.env("DATABASE_URL", self.database.url());
        }
        command.envs([("PORT", "0"), ("LOG_FORMAT", "json"), ("RATE_LIMIT_RPS", "0"), ("JWT_SECRET", SECRET)]);
        command
    }

    /// A server that listens.
    pub fn start<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        let server = self.spawn(environment);
        server.address();
        server
    }

    /// A server that may or may not come to listen.
    pub fn spawn<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        self.spawn_with(&["serve"], environment)
    }

    /// A server that leaves the jobs to others.
    pub fn start_without_workers<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        let server = self.spawn_with(&["serve", "--no-worker"], environment);
        server.address();
        server
    }

    /// `keiyaku worker`, which may not work yet.
    pub fn spawn_worker<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        self.spawn_with(&["worker"], environment)
    }

    /// The same, with health and metrics of its own.
    pub fn spawn_monitored_worker<V: AsRef<OsStr>>(&self, environment: &[(&str, V)]) -> Process {
        self.spawn_with(&["worker", "--monitor"], environment)
    }

    fn spawn_with<V: AsRef<OsStr>>(&self, arguments: &[&str], environment: &[(&str, V)]) -> Process {
        let variables = environment.iter().map(|(name, value)| (name, value.as_ref()));
        Process::spawn(self.command(arguments).envs(variables))
    }

    /// Runs a command to its end; returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn token(&self, scope: &str) -> String {
        self.run(&["token", "--scope", scope])
    }

    /// The database, to look into from outside.
    pub fn open(&self) -> Database {
        Database::of(&self.database)
    }

    /// True while a process is inside a write transaction.
    pub fn is_being_written(&self) -> bool {
        database::is_being_written(&self.database)
    }

    /// Keeps every process from writing until what it gives is dropped.
    pub fn stuck(&self) -> switch::Stuck<'_> {
        self.database.stuck()
    }

    /// Does to the database what another program might have done to it.
    pub fn change(&self, sql: &str) {
        self.database.connect().batch_execute(sql).unwrap();
    }

    /// The database in which nobody else can claim, until the connection is dropped.
    pub fn open_for_writing(&self) -> impl Sized + use<> {
        database::lock(&self.database)
    }

    /// The messages in the outbox.
    pub fn mails(&self) -> Vec<PathBuf> {
        let Ok(outbox) = self.path("outbox").read_dir() else { return Vec::new() };
        let files = outbox.map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect()
    }
}
