//! Trouble made on purpose, until the [`Hold`] is dropped.

use std::sync::mpsc::{Sender, channel};

use keiyaku::db::DbError;
use tokio::sync::mpsc;

use super::Service;
use crate::database::is_postgres;

/// The connections that a process keeps for reading (SQLite) or for everything (PostgreSQL).
const READERS: usize = 8;

/// What a client is told on PostgreSQL for whose write there is no connection, free or at all.
pub const UNAVAILABLE: &str = "The service is temporarily unavailable, please try again";

/// Threads of the database that wait until this is dropped. Drop it before the service, which waits for them.
pub struct Hold(#[expect(dead_code, reason = "what counts is when it is dropped")] Vec<Sender<()>>);

/// Keeps every connection for reading busy.
pub async fn occupy_the_readers(service: &Service) -> Hold {
    let (started, mut all_started) = mpsc::channel(READERS);
    let mut hold = Vec::new();
    for _ in 0..READERS {
        let (release, released) = channel();
        let (app, started) = (service.app.clone(), started.clone());
        hold.push(release);
        let wait = move |_: &mut _| {
            let _ = started.blocking_send(());
            let _ = released.recv();
            Ok(())
        };
        tokio::spawn(async move { app.db.read(wait).await });
    }
    for _ in 0..READERS {
        all_started.recv().await.unwrap();
    }
    Hold(hold)
}

/// Stops all that goes through the database.
pub async fn occupy_the_database(service: &Service) -> Vec<Hold> {
    let mut holds = vec![occupy_the_readers(service).await];
    if !is_postgres() {
        holds.push(occupy_the_writer(service).await);
    }
    holds
}

/// Stops the writer.
async fn occupy_the_writer(service: &Service) -> Hold {
    let (release, released) = channel();
    let (started, mut has_started) = mpsc::channel(1);
    let app = service.app.clone();
    let wait = move |_: &mut _| {
        let _ = started.blocking_send(());
        let _ = released.recv();
        Ok(())
    };
    tokio::spawn(async move { app.db.write(wait).await });
    has_started.recv().await.unwrap();
    Hold(vec![release])
}

/// Lets nothing through the database, and nothing more wait for it.
pub async fn without_the_database(service: &Service) -> Vec<Hold> {
    let mut holds = vec![occupy_the_readers(service).await];
    if !is_postgres() {
        holds.push(fill_the_writer(service).await);
    }
    holds
}

/// Stops the writer and lets writes queue up behind it until no more may wait. PostgreSQL has no such queue: there a write
/// waits for a connection, and gives up after a time.
pub async fn fill_the_writer(service: &Service) -> Hold {
    if is_postgres() {
        return occupy_the_readers(service).await;
    }
    let hold = occupy_the_writer(service).await;
    let (full, mut is_full) = mpsc::channel(1);
    while is_full.try_recv().is_err() {
        let (app, full) = (service.app.clone(), full.clone());
        tokio::spawn(async move {
            if let Err(DbError::Busy) = app.db.write(|_| Ok(())).await {
                let _ = full.try_send(());
            }
        });
        tokio::task::yield_now().await;
    }
    hold
}
