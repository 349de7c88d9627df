//! Trouble made on purpose, until the [`Hold`] is dropped.

use std::sync::mpsc::{Sender, channel};

use keiyaku::db::DbError;
use tokio::sync::mpsc;

use super::Service;

/// The connections that a process keeps for reading.
const READERS: usize = 8;

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

/// Stops the writer.
pub async fn occupy_the_writer(service: &Service) -> Hold {
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

/// Stops the writer and lets writes queue up behind it until no more may wait.
pub async fn fill_the_writer(service: &Service) -> Hold {
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
