//! What commands share: putting the parts together, working on a database and on jobs, and the signals that stop a process.

use std::future::pending;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Failure, manager};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{CheckResponses, Config};
use crate::contract::{Caller, Contract, TokenKeys};
use crate::db::{self, Db, OpenError};
use crate::jobs::Registry;
use crate::worker::Worker;

pub(super) fn start(config: Config, dev: bool) -> Result<App, Failure> {
    let clock = Clock::system();
    let keys = keys(&config)?;
    match &keys {
        None => tracing::warn!("neither JWT_SECRET nor JWT_PUBLIC_KEY is set: protected operations answer 401"),
        Some(keys) if dev && config.jwt_secret.is_some() => {
            let all = ["users:read", "users:write", "jobs:read", "jobs:write"].map(str::to_owned);
            let token = keys.sign("dev", &all, Duration::from_secs(86_400), clock.utc()).map_err(Failure::new)?;
            println!("A token with every scope, for one day:\n\nTOKEN={token}\n");
        }
        Some(_) => {}
    }
    let mut contract = contract(&config, keys)?;
    if config.check_responses != CheckResponses::Off {
        contract = contract.checking_answers().map_err(Failure::new)?;
    }
    db::require_rights(&config.database_url, db::Purpose::Work).map_err(Failure::new)?;
    let db = Db::open(&config.database_url, config.durability, config.database_connections).map_err(Failure::new)?;
    // After everything that may refuse to start: a start that fails leaves nothing behind.
    if config.smtp.is_none() {
        let folder = config.mail_dir.display();
        std::fs::create_dir_all(&config.mail_dir).map_err(|error| {
            Failure::usage(format!("MAIL_DIR={folder:?}: must be a folder that mail can be written to: {error}"))
        })?;
    }
    Ok(App::new(config, contract, db, clock))
}

/// Does one thing with a database that is there, and leaves its schema alone: servers of another release may be using it.
/// Whoever may read and write it may do everything, so nobody is asked who they are.
pub(super) fn on_database<F>(config: Config, work: impl FnOnce(App) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let db = database(&config).map_err(Failure::new)?;
    let app = app(config, db)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::new)?;
    runtime.block_on(work(app))
}

/// The database, if it is there and of this release.
pub(super) fn database(config: &Config) -> Result<Db, OpenError> {
    db::require_current(&config.database_url)?;
    // One for what is done, and one to look beside it.
    Db::open(&config.database_url, config.durability, config.database_connections.min(2))
}

/// What commands do is done by this.
pub(super) fn app(config: Config, db: Db) -> Result<App, Failure> {
    let contract = contract(&config, None)?;
    Ok(App::new(config, contract, db, Clock::system()))
}

/// The one who works on the database itself, and may do everything.
pub(super) fn operator(app: &App) -> Caller {
    Caller {
        subject: "operator".to_owned(),
        scopes: app.contract.scopes().into_iter().map(str::to_owned).collect(),
        expires_at: None,
    }
}

fn contract(config: &Config, keys: Option<TokenKeys>) -> Result<Contract, Failure> {
    let body_limit = usize::try_from(config.body_limit).unwrap_or(usize::MAX);
    Contract::load(config.validation_mode, keys, body_limit).map_err(Failure::new)
}

/// What checks tokens, if anything is configured to.
pub(super) fn keys(config: &Config) -> Result<Option<TokenKeys>, Failure> {
    let keys = match (&config.jwt_secret, &config.jwt_public_key) {
        (Some(secret), _) => TokenKeys::hs256(secret.0.as_bytes()).map_err(Failure::usage)?,
        (None, Some(public)) => TokenKeys::public(public),
        (None, None) => return Ok(None),
    };
    Ok(Some(keys.expecting(config.jwt_issuer.clone(), config.jwt_audience.clone())))
}

pub(super) async fn work(app: App, shutdown: CancellationToken, limit: Duration) {
    if app.config.worker_count > 0 {
        Worker::new(app, Registry::all()).run(shutdown, limit).await;
    }
}

/// What is blocked when all has ended, such as a mail folder that hangs, gets next to no time: its job has been handed back.
pub(super) fn left_of(limit: Duration) -> Duration {
    (limit / 100).min(Duration::from_secs(1))
}

/// Cancelled by the first SIGTERM or SIGINT; a second SIGINT ends the process at once.
pub(super) fn shutdown_signal(app: &App) -> Result<CancellationToken, Failure> {
    let shutdown = app.stopping.clone();
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::new)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::new)?;
    let (token, limit) = (shutdown.clone(), app.config.shutdown_timeout);
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: what has begun is finished first");
        manager::stopping(limit);
        token.cancel();
        match interrupt.recv().await {
            Some(()) => std::process::exit(130),
            None => pending().await,
        }
    });
    Ok(shutdown)
}
