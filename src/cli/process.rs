//! What `serve` and `worker` share: putting the parts together, working on jobs, and the signals that stop a process.

use std::future::pending;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{Contract, TokenKeys};
use crate::db::Db;
use crate::jobs::Registry;
use crate::worker::Worker;

pub(super) fn start(config: Config, dev: bool) -> Result<App, Failure> {
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

pub(super) async fn work(app: App, shutdown: CancellationToken, limit: Duration) {
    if app.config.worker_count > 0 {
        Worker::new(app, Registry::all()).run(shutdown, limit).await;
    }
}

/// What is blocked when all has ended, such as a mail folder that hangs, must not keep the process beyond its limit, of which
/// the workers have left a tenth.
pub(super) fn left_of(limit: Duration) -> Duration {
    limit.mul_f64(0.05).min(Duration::from_secs(1))
}

/// Cancelled by the first SIGTERM or SIGINT; a second SIGINT ends the process at once.
pub(super) fn shutdown_signal() -> Result<CancellationToken, Failure> {
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
