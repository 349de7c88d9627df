//! `keiyaku serve`: HTTP and workers in one process, until SIGTERM or SIGINT.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Failure, logs, manager, process};
use crate::app::App;
use crate::config::{Config, Secret};
use crate::http;

/// Serve HTTP and work on jobs (the default).
#[derive(Args, Default)]
#[command(after_long_help = "\
Examples:
  keiyaku serve --dev
  PORT=8443 TLS_CERT=chain.pem TLS_KEY=key.pem keiyaku serve --no-worker

Variables: all of them; README.md lists them.")]
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
        let _traces = logs::start(&config)?;
        if self.dev && config.jwt_secret.is_none() && config.jwt_public_key.is_none() {
            config.jwt_secret = Some(Secret(format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())));
        }
        if self.no_worker {
            config.worker_count = 0;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
        // Before the database is opened: a start that cannot listen must not make or migrate it.
        let listener = runtime.block_on(listen(config.address()))?;
        let app = process::start(config, self.dev)?;
        let limit = app.config.shutdown_timeout;
        let router = http::router(app.clone());
        let served = runtime.block_on(serve(app, listener, router));
        runtime.shutdown_timeout(process::left_of(limit));
        served
    }
}

pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {error}; set HOST or PORT to another address"))
    })
}

/// Answers with this router and works on jobs, until the process is told to stop.
pub(super) async fn serve(app: App, listener: TcpListener, router: Router) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::new)?;
    let shutdown = process::shutdown_signal(&app)?;
    let scheme = if app.config.tls.is_some() { "https" } else { "http" };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        database = %app.config.database_url,
        mode = %app.config.validation_mode,
        workers = app.config.worker_count,
        "listening on {scheme}://{address}"
    );
    manager::ready();
    let limit = app.config.shutdown_timeout;
    let workers = tokio::spawn(process::work(app.clone(), shutdown.clone(), limit));
    let served = tokio::select! {
        () = http::serve(listener, router, &app.config, shutdown.clone()) => Ok(()),
        () = expired(shutdown.clone(), limit) => Err(Failure::new("requests were still running when SHUTDOWN_TIMEOUT was over")),
    };
    shutdown.cancel();
    workers.await.map_err(Failure::new)?;
    tracing::info!("stopped");
    served
}

async fn expired(shutdown: CancellationToken, limit: Duration) {
    shutdown.cancelled().await;
    tokio::time::sleep(limit).await;
}
