//! More callers than connections: they wait in a line that has an end.

use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use keiyaku::db::{AnyConnection, Db, DbError};
use tokio::sync::oneshot;

use crate::support::{Scene, block_on};

/// Takes every connection there is. They are given back when what this returns is dropped.
async fn take_all(db: &Db) -> Vec<mpsc::Sender<()>> {
    let mut held = Vec::new();
    loop {
        let (until, dropped) = mpsc::channel::<()>();
        let (started, mut has_started) = oneshot::channel();
        let own = db.clone();
        tokio::spawn(async move {
            let hold = move |_: &mut AnyConnection| {
                let _ = started.send(());
                let _ = dropped.recv();
                Ok(())
            };
            own.read(hold).await
        });
        // Connections are made one by one; the one that gets none is let go.
        let limit = std::time::Duration::from_secs(2);
        if tokio::time::timeout(limit, &mut has_started).await.is_err() {
            return held;
        }
        held.push(until);
    }
}

fn mark(conn: &mut AnyConnection, name: &str) -> QueryResult<()> {
    conn.batch_execute(&format!("INSERT INTO queues (name, paused) VALUES ('{name}', FALSE)"))
}

/// What a future says when it is asked once.
fn asked<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[test]
fn a_caller_that_goes_while_it_waits_for_a_connection_has_not_written() {
    let scene = Scene::new();
    let db = scene.db();
    block_on(async {
        let held = take_all(&db).await;
        assert!(held.len() > 1, "{}", held.len());
        let mut goes: Pin<Box<dyn Future<Output = _>>> = Box::pin(db.write(|conn| mark(conn, "goes")));
        let stays = tokio::spawn({
            let db = db.clone();
            async move { db.write(|conn| mark(conn, "stays")).await }
        });
        assert!(asked(&mut goes).is_none());
        drop(goes);
        drop(held);
        stays.await.unwrap().unwrap();
        db.write(|conn| mark(conn, "later")).await.unwrap();
    });
    assert_eq!(scene.count("queues WHERE name = 'goes'"), 0);
    assert_eq!(scene.count("queues"), 2);
}

#[test]
fn more_callers_than_may_wait_are_told_that_it_is_busy() {
    let scene = Scene::new();
    let db = scene.db();
    block_on(async {
        let held = take_all(&db).await;
        let mut waiting: Vec<Pin<Box<dyn Future<Output = _>>>> = Vec::new();
        let refused = loop {
            let mut write: Pin<Box<dyn Future<Output = _>>> = Box::pin(db.write(|_| Ok(())));
            match asked(&mut write) {
                Some(answer) => break answer,
                None => waiting.push(write),
            }
            assert!(waiting.len() < 100_000, "the line has no end");
        };
        assert!(matches!(refused, Err(DbError::Busy)), "{refused:?}");
        waiting.truncate(100);
        drop(held);
        for write in waiting {
            write.await.unwrap();
        }
    });
}
