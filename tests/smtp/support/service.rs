//! An app with its workers, on a clock that the test moves.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use keiyaku::api::models::{JobStatus, SendWelcomeEmailPayload};
use keiyaku::app::App;
use keiyaku::clock::Clock;
use keiyaku::config::Config;
use keiyaku::contract::{Contract, ValidationMode};
use keiyaku::db::Db;
use keiyaku::jobs::Registry;
use keiyaku::models::attempts;
use keiyaku::models::jobs::{self, Job};
use keiyaku::models::users::email_key;
use keiyaku::schema::users;
use keiyaku::worker::Worker;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::eventually;
use crate::database::Database;

/// Whom the tests write to.
pub const TARO: &str = "taro@example.com";

/// It stops when it is dropped.
pub struct Service {
    app: App,
    _stop: DropGuard,
    _database: Database,
    folder: TempDir,
}

impl Service {
    /// Workers that send to this `SMTP_URL`, with further variables.
    pub fn sending_to(url: &str, variables: &[(&str, &str)]) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(folder.path());
        let (database_url, outbox) = (database.url(), folder.path().join("outbox").display().to_string());
        let own = [
            ("DATABASE_URL", database_url.as_str()),
            ("MAIL_DIR", &outbox),
            ("MAIL_FROM", "Keiyaku <hello@keiyaku.example>"),
            ("SMTP_URL", url),
            // The tests pull no plugs.
            ("DURABILITY", "normal"),
        ];
        let all = own.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::from_variables(all).unwrap();
        let contract = Contract::load(ValidationMode::Default, None, 1024).unwrap();
        let db = Db::open(&config.database_url, config.durability, config.database_connections).unwrap();
        let new_year: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let app = App::new(config, contract, db, Clock::manual(new_year));
        let stop = CancellationToken::new();
        tokio::spawn(Worker::new(app.clone(), Registry::all()).run(stop.clone(), Duration::from_secs(5)));
        Service { app, _stop: stop.drop_guard(), _database: database, folder }
    }

    /// Has a user with this address welcomed; returns the job.
    pub async fn welcome(&self, email: &str) -> i64 {
        let now = self.app.clock.now();
        // Not the model's own row, so that a new column asks nothing here.
        let user = (
            users::email.eq(email.to_owned()),
            users::email_key.eq(email_key(email)),
            users::age.eq(25),
            users::name.eq("太郎"),
            users::is_active.eq(true),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        );
        let app = self.app.clone();
        let put = self.app.db.write(move |conn| {
            let user_id = diesel::insert_into(users::table).values(user).returning(users::id).get_result(conn)?;
            let job = app.job(&SendWelcomeEmailPayload { user_id })?;
            keiyaku::models::jobs::enqueue(conn, &job, now).map(|enqueued| enqueued.id)
        });
        let id = put.await.unwrap();
        self.app.jobs.notify_one();
        id
    }

    /// Moves the clock to where every retry is due.
    pub fn an_hour_passes(&self) {
        self.app.clock.set(self.app.clock.utc() + TimeDelta::hours(1));
        self.app.jobs.notify_one();
    }

    /// Waits until an attempt of this number has ended, with this status for the job.
    pub async fn ends(&self, id: i64, attempt: i32, status: JobStatus) -> Job {
        let ended = |job: &Job| job.attempts == attempt && job.status != "processing";
        let find = async || {
            let job = self.app.db.read(move |conn| jobs::find(conn, id)).await.unwrap();
            job.filter(ended)
        };
        let job = eventually(&format!("attempt {attempt} of job {id} ends"), find).await;
        assert_eq!(job.status, status.as_str(), "{job:?}");
        job
    }

    /// The same for a failed attempt; returns what is stored as its error, in which nobody must be named.
    pub async fn fails(&self, id: i64, attempt: i32, status: JobStatus) -> String {
        let job = self.ends(id, attempt, status).await;
        let attempts = self.app.db.read(move |conn| attempts::of_job(conn, &job)).await.unwrap();
        let error = attempts.last().unwrap().error.clone().unwrap();
        assert!(!error.contains('@') && !error.contains("taro"), "{error}");
        error
    }

    /// Whether anything was written to the mail folder.
    pub fn has_outbox(&self) -> bool {
        self.folder.path().join("outbox").exists()
    }
}
