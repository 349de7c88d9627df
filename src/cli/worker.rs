//! `keiyaku worker`: workers alone, any number of processes beside a server on the same database.

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{Failure, logs, manager, process, serve};
use crate::app::App;
use crate::config::Config;
use crate::http;

/// Work on jobs alone, beside a server on the same database.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku worker
  PORT=9090 keiyaku worker --monitor
  WORKER_COUNT=8 WORKER_QUEUES=reports=2,* keiyaku worker

Variables: DATABASE_URL, DATABASE_CONNECTIONS, DURABILITY, WORKER_COUNT, WORKER_QUEUES, JOB_LEASE, JOB_RETENTION, SHUTDOWN_TIMEOUT, MAIL_FROM, \
MAIL_DIR, SMTP_URL, SMTP_CA_FILE, SMTP_TIMEOUT, LOG_LEVEL, LOG_FORMAT, OTEL_EXPORTER_OTLP_ENDPOINT; with --monitor also HOST, \
PORT, TLS_CERT, TLS_KEY.")]
pub(super) struct Work {
    /// Answer /health, /livez, /readyz and /metrics on HOST and PORT, and nothing else.
    #[arg(long)]
    monitor: bool,
}

impl Work {
    pub(super) fn run(&self, config: Config) -> Result<(), Failure> {
        if config.worker_count == 0 {
            return Err(Failure::usage("WORKER_COUNT=\"0\": a worker process must have at least 1"));
        }
        let _traces = logs::start(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
        // As a server does it: a start that cannot listen leaves nothing behind.
        let listener = self.monitor.then(|| runtime.block_on(serve::listen(config.address()))).transpose()?;
        let app = process::start(config, false)?;
        let limit = app.config.shutdown_timeout;
        let worked = runtime.block_on(async {
            match listener {
                Some(listener) => serve::serve(app.clone(), listener, http::monitoring_router(app)).await,
                None => {
                    let shutdown = process::shutdown_signal(&app)?;
                    work(app, shutdown).await;
                    Ok(())
                }
            }
        });
        runtime.shutdown_timeout(process::left_of(limit));
        worked
    }
}

async fn work(app: App, shutdown: CancellationToken) {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), database = %app.config.database_url, workers = app.config.worker_count, "working");
    manager::ready();
    let limit = app.config.shutdown_timeout;
    process::work(app, shutdown, limit).await;
    tracing::info!("stopped");
}
