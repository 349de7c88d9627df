//! What every test stands on: a service of its own, and its answers, checked against the contract.

mod answer;
pub mod raw;
mod runs;
pub mod spec;
pub mod trouble;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::http::Method;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keiyaku::app::App;
use keiyaku::clock::Clock;
use keiyaku::config::Config;
use keiyaku::contract::{Contract, TokenKeys};
use keiyaku::db::Db;
use keiyaku::jobs::Registry;
use keiyaku::schema::job_queue;
use keiyaku::worker::Worker;
use reqwest::{Client, RequestBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use answer::Answer;

use crate::database::Database;

/// Signs every token of the tests.
pub const SECRET: &str = "a secret of the tests, long enough for HS256";

/// What any condition may take, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Every scope there is, but `users:self`.
pub const ALL_SCOPES: &str = "users:read users:write jobs:read jobs:write";

/// The smallest sign-up.
pub const TARO: &str = r#"{"email":"taro@example.com","age":25,"name":"Taro"}"#;

/// A token for `subject`, good for an hour. Tokens are checked against the system's clock, not the service's.
pub fn token(subject: &str, scopes: &str) -> String {
    let scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
    let keys = TokenKeys::hs256(SECRET.as_bytes()).unwrap();
    keys.sign(subject, &scopes, Duration::from_secs(3600), Utc::now()).unwrap()
}

/// Waits until `condition` gives something.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "{what}: not after {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A running service. Its clock stands at the time of the contract's examples; it stops when it is dropped.
pub struct Service {
    pub app: App,
    pub address: SocketAddr,
    client: Client,
    stop: CancellationToken,
    _stop_when_dropped: DropGuard,
    pub database: Database,
    folder: TempDir,
}

impl Service {
    /// The service as it comes, without a rate limit and without workers.
    pub async fn start() -> Service {
        Service::with(&[]).await
    }

    /// The same with these variables set.
    pub async fn with(variables: &[(&str, &str)]) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let database = Database::new(folder.path());
        let (url, mail) = (database.url(), path("outbox"));
        let own = [
            ("DATABASE_URL", url.as_str()),
            ("MAIL_DIR", &mail),
            ("JWT_SECRET", SECRET),
            ("RATE_LIMIT_RPS", "0"),
            // The tests pull no plugs.
            ("DURABILITY", "normal"),
            ("CHECK_RESPONSES", "all"),
        ];
        let all = own.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        std::fs::create_dir(folder.path().join("outbox")).unwrap();
        let app = app(Config::from_variables(all).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = app.stopping.clone();
        let (served, stopped) = (app.clone(), stop.clone());
        tokio::spawn(async move {
            keiyaku::http::serve(listener, keiyaku::http::router(served.clone()), &served.config, stopped).await;
        });
        let client = Client::builder().no_proxy().build().unwrap();
        Service { app, address, client, _stop_when_dropped: stop.clone().drop_guard(), stop, database, folder }
    }

    /// Starts the workers.
    pub fn work(&self) {
        self.work_on(Registry::all());
    }

    fn work_on(&self, registry: Registry) {
        let worker = Worker::new(self.app.clone(), registry);
        tokio::spawn(worker.run(self.stop.clone(), Duration::from_secs(5)));
    }

    /// Starts the workers and waits until no job is left to do.
    pub async fn finish_jobs(&self) {
        self.work();
        self.jobs_done().await;
    }

    /// Waits until no job is left to do and every attempt is counted in the metrics, which happens after its commit.
    pub async fn jobs_done(&self) {
        eventually("all jobs are done", async || {
            let stats = self.get("/jobs/stats").await.json();
            let open = ["pending", "processing", "retry_pending"].map(|status| stats["by_status"][status].as_i64());
            let attempts =
                self.app.db.read(|conn| job_queue::table.select(job_queue::attempts).load::<i32>(conn)).await.unwrap();
            let counted: f64 = self.app.metrics.render(None).unwrap().lines().filter_map(processed).sum();
            (open == [Some(0); 3] && counted as i32 >= attempts.iter().sum()).then_some(())
        })
        .await;
    }

    /// Runs SQL behind the service's back.
    pub async fn sql(&self, statements: &str) {
        let statements = statements.to_owned();
        self.app.db.write(move |conn| conn.batch_execute(&statements)).await.unwrap();
    }

    /// A request to this service.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// Sends a request. The answer has been checked against the contract.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = Answer::received(client.execute(request).await.unwrap()).await;
        spec::check(self.app.contract.mode(), &method, &path, &answer);
        answer
    }

    /// The same for an answer that comes compressed, which the check against the contract cannot read.
    pub async fn send_unchecked(&self, request: RequestBuilder) -> Answer {
        Answer::received(request.send().await.unwrap()).await
    }

    /// A GET with a token that has every scope.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&token("tests", ALL_SCOPES), path).await
    }

    /// A GET with this token.
    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(token)).await
    }

    /// A request with a JSON body and a token that has every scope.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path).bearer_auth(token("tests", ALL_SCOPES));
        self.send(request.header("content-type", "application/json").body(body)).await
    }

    /// `POST /users` with this JSON, without a token.
    pub async fn sign_up(&self, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, "/users").header("content-type", "application/json");
        self.send(request.body(body)).await
    }

    /// Where mail is written.
    pub fn outbox(&self) -> PathBuf {
        self.folder.path().join("outbox")
    }
}

/// The time of the contract's examples.
pub fn now() -> DateTime<Utc> {
    "2026-01-15T09:30:00.123456Z".parse().unwrap()
}

fn app(config: Config) -> App {
    let keys = match (&config.jwt_public_key, &config.jwt_secret) {
        (Some(public), _) => Some(TokenKeys::public(public)),
        (None, secret) => secret.as_ref().map(|secret| TokenKeys::hs256(secret.0.as_bytes()).unwrap()),
    };
    let keys = keys.map(|keys| keys.expecting(config.jwt_issuer.clone(), config.jwt_audience.clone()));
    let contract = Contract::load(config.validation_mode, keys, usize::try_from(config.body_limit).unwrap()).unwrap();
    // The service's own check, beside that of the tests.
    let contract = contract.checking_answers().unwrap();
    let db = Db::open(&config.database_url, config.durability, config.database_connections).unwrap();
    App::new(config, contract, db, Clock::manual(now()))
}

/// The number of a line of the metric that counts attempts.
fn processed(line: &str) -> Option<f64> {
    line.strip_prefix("jobs_processed_total{")?.rsplit(' ').next()?.parse().ok()
}
