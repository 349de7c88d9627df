//! The generated router alone, without the middleware of `src/http.rs` and without workers: what `make bench` measures
//! the cost of the middleware against. It reads the same variables as `keiyaku serve`.

use keiyaku::app::App;
use keiyaku::clock::Clock;
use keiyaku::config::Config;
use keiyaku::contract::Contract;
use keiyaku::db::Db;
use keiyaku::http;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_env()?;
    let contract = Contract::load(config.validation_mode, None, usize::try_from(config.body_limit)?)?;
    let db = Db::open(&config.database_url, config.durability, config.database_connections)?;
    let listener = TcpListener::bind(config.address()).await?;
    let app = App::new(config, contract, db, Clock::system());
    let stop = CancellationToken::new();
    let serving = tokio::spawn({
        let (app, stop) = (app.clone(), stop.clone());
        async move { http::serve(listener, http::bare_router(app.clone()), &app.config, stop).await }
    });
    signal(SignalKind::terminate())?.recv().await;
    stop.cancel();
    Ok(serving.await?)
}
