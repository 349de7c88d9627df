//! `keiyaku worker`: workers alone, any number of processes beside a server on the same database.

use tokio_util::sync::CancellationToken;

use super::{Failure, logs, process};
use crate::app::App;
use crate::config::Config;

pub(super) fn run(config: Config) -> Result<(), Failure> {
    if config.worker_count == 0 {
        return Err(Failure::configuration("WORKER_COUNT=\"0\": a worker process must have at least 1"));
    }
    let _traces = logs::start(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    let app = process::start(config, false)?;
    let limit = app.config.shutdown_timeout;
    let worked = runtime.block_on(async {
        let shutdown = process::shutdown_signal(&app)?;
        work(app, shutdown).await;
        Ok(())
    });
    runtime.shutdown_timeout(process::left_of(limit));
    worked
}

async fn work(app: App, shutdown: CancellationToken) {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), database = %app.config.database_url, workers = app.config.worker_count, "working");
    let limit = app.config.shutdown_timeout;
    process::work(app, shutdown, limit).await;
    tracing::info!("stopped");
}
