//! `keiyaku serve`: HTTP and workers in one process, until SIGTERM or SIGINT.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Failure, logs};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::contract::{Contract, TokenKeys};
use crate::db::Db;
use crate::http;
use crate::jobs::Registry;
use crate::worker::Worker;

/// How to serve.
#[derive(Args, Default)]
pub(super) struct Serve {
    /// Serve HTTP alone; other processes work on the jobs.
    #[arg(long)]
    no_worker: bool,
    /// For trying things out: make a secret where JWT_SECRET is not set, and print a token with every scope.
    #[arg(long)]
    dev: bool,
}

impl Serve {
    pub(super) fn run(&self, mut config: Config) -> Result<(), Failure> {
        logs::start(&config);
        if self.dev && config.jwt_secret.is_none() {
            config.jwt_secret = Some(Secret(format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())));
        }
        if self.no_worker {
            config.worker_count = 0;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
        // Before the database is opened: a start that cannot listen must not make or migrate it.
        let listener = runtime.block_on(listen(config.address()))?;
        let app = start(config, self.dev)?;
        let limit = app.config.shutdown_timeout;
        let served = runtime.block_on(serve(app, listener));
        // What is blocked by now, such as a mail folder that hangs, must not keep the process beyond the limit, of which
        // the workers have left a tenth.
        runtime.shutdown_timeout(limit.mul_f64(0.05).min(Duration::from_secs(1)));
        served
    }
}

fn start(config: Config, dev: bool) -> Result<App, Failure> {
    let clock = Clock::system();
    let keys = config
        .jwt_secret
        .as_ref()
        .map(|secret| TokenKeys::hs256(secret.0.as_bytes()))
        .transpose()
        .map_err(Failure::configuration)?;
    match &keys {
        None => tracing::warn!("JWT_SECRET is not set: protected operations answer 401"),
        Some(keys) if dev => {
            let all = ["users:read", "users:write", "jobs:read", "jobs:write"].map(str::to_owned);
            let token = keys.sign("dev", &all, Duration::from_secs(86_400), clock.utc()).map_err(Failure::new)?;
            println!("A token with every scope, for one day:\n\nTOKEN={token}\n");
        }
        Some(_) => {}
    }
    let body_limit = usize::try_from(config.body_limit).unwrap_or(usize::MAX);
    let contract = Contract::load(config.validation_mode, keys, body_limit).map_err(Failure::new)?;
    let db = Db::open(&config.database_url, config.durability).map_err(Failure::new)?;
    Ok(App::new(config, contract, db, clock))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {error}; set HOST or PORT to another address"))
    })
}

async fn serve(app: App, listener: TcpListener) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::new)?;
    let shutdown = shutdown_signal()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        database = %app.config.database_url,
        mode = %app.config.validation_mode,
        workers = app.config.worker_count,
        "listening on http://{address}"
    );
    let limit = app.config.shutdown_timeout;
    let workers = tokio::spawn(work(app.clone(), shutdown.clone(), limit));
    let served = tokio::select! {
        served = http::serve(listener, app, shutdown.clone()) => served.map_err(Failure::new),
        () = expired(shutdown.clone(), limit) => Err(Failure::new("requests were still running when SHUTDOWN_TIMEOUT was over")),
    };
    shutdown.cancel();
    workers.await.map_err(Failure::new)?;
    tracing::info!("stopped");
    served
}

async fn work(app: App, shutdown: CancellationToken, limit: Duration) {
    if app.config.worker_count > 0 {
        Worker::new(app, Registry::all()).run(shutdown, limit).await;
    }
}

async fn expired(shutdown: CancellationToken, limit: Duration) {
    shutdown.cancelled().await;
    tokio::time::sleep(limit).await;
}

/// Cancelled by the first SIGTERM or SIGINT; a second SIGINT ends the process at once.
fn shutdown_signal() -> Result<CancellationToken, Failure> {
    let shutdown = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::new)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::new)?;
    let token = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: what has begun is finished first");
        token.cancel();
        match interrupt.recv().await {
            Some(()) => std::process::exit(130),
            None => pending().await,
        }
    });
    Ok(shutdown)
}
