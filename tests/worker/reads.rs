//! Reading beside the writer.

use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keiyaku::db::{AnyConnection, DbError};
use keiyaku::models::jobs::{self, DEFAULT_QUEUE, Filter};

use crate::database::sqlite_only;
use crate::support::scripts::Scripted;
use crate::support::{Bench, at_once, make_mark, marks};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_stay_open_do_not_hold_up_the_writer() {
    let bench = Bench::new();
    let mut readers = Vec::new();
    let mut doors = Vec::new();
    for _ in 0..4 {
        let (door, opened) = mpsc::channel::<()>();
        let (inside, is_inside) = tokio::sync::oneshot::channel();
        let db = bench.app.db.clone();
        readers.push(tokio::spawn(async move {
            let look_twice = move |conn: &mut AnyConnection| {
                at_once(conn, |conn| {
                    let before: i64 = marks::table.count().get_result(conn)?;
                    let _ = inside.send(());
                    let _ = opened.recv();
                    let after: i64 = marks::table.count().get_result(conn)?;
                    Ok((before, after))
                })
            };
            db.read(look_twice).await
        }));
        is_inside.await.unwrap();
        doors.push(door);
    }
    for _ in 0..20 {
        bench.app.db.write(|conn| make_mark(conn, "written meanwhile")).await.unwrap();
    }
    assert_eq!(bench.marks().len(), 20);
    drop(doors);
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), (0, 0), "a reader sees one state of the database");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_changes_its_status_meanwhile_is_in_a_list_once() {
    let bench = Bench::new();
    let id = bench.put(bench.job(&Scripted::succeeding())).await;
    let mut other = bench.outside();
    let (stop, stopped) = mpsc::channel::<()>();
    let changes = thread::spawn(move || {
        let change = format!(
            "UPDATE job_queue SET status = CASE status WHEN 'pending' THEN 'failed' ELSE 'pending' END WHERE id = {id}"
        );
        while stopped.try_recv() == Err(TryRecvError::Empty) {
            other.batch_execute(&change).unwrap();
        }
    });
    for _ in 0..500 {
        let of_queue = Filter { queue: Some(DEFAULT_QUEUE.to_owned()), ..Filter::default() };
        let found =
            bench.app.db.read(move |conn| Ok((jobs::list(conn, &of_queue, 10)?.len(), jobs::count(conn, &of_queue)?)));
        assert_eq!(found.await.unwrap(), (1, 1));
    }
    drop(stop);
    changes.join().unwrap();
}

#[tokio::test]
async fn a_reader_cannot_write() {
    sqlite_only!("connections that only read");
    let bench = Bench::new();
    let error = bench.app.db.read(|conn| make_mark(conn, "smuggled")).await.unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
    assert!(bench.marks().is_empty());
}

#[tokio::test]
async fn a_read_that_panics_in_a_transaction_leaves_no_connection_behind_that_is_still_in_it() {
    let bench = Bench::new();
    for _ in 0..20 {
        let panics = |conn: &mut AnyConnection| {
            conn.transaction(|conn| {
                marks::table.count().get_result::<i64>(conn)?;
                panic!("a query's own mistake")
            })
        };
        let panicked: Result<(), _> = bench.app.db.read(panics).await;
        assert!(matches!(panicked, Err(DbError::Panicked(_))));
    }
    bench.app.db.write(|conn| make_mark(conn, "seen")).await.unwrap();
    for _ in 0..20 {
        assert_eq!(bench.app.db.read(|conn| marks::table.count().get_result::<i64>(conn)).await.unwrap(), 1);
    }
}
