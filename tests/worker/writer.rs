//! Group commit: what shares a transaction, what is undone, and when callers are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::result::Error;
use keiyaku::db::{AnyConnection, DbError};

use crate::database::{is_postgres, sqlite_only};
use crate::support::held_up::{HeldUp, poll_once};
use crate::support::{Bench, eventually, make_mark, marks};

/// Writes that wait together share a transaction unless the machine stalls between two of them; so often it is tried.
const TRIES: usize = 20;

/// Three writes that wait together, the second of which goes wrong; true when all three shared one transaction.
async fn neighbours_of_one_that<F>(bench: &Bench, goes_wrong: F) -> (bool, DbError)
where
    F: FnOnce(&mut AnyConnection) -> QueryResult<()> + Send + 'static,
{
    let held_up = HeldUp::new(&bench.app.db).await;
    let before = held_up.queue(|conn| make_mark(conn, "before")).await;
    let wrong = held_up
        .queue(move |conn| {
            make_mark(conn, "wrong")?;
            goes_wrong(conn)
        })
        .await;
    let mut outside = bench.outside();
    let after = held_up
        .queue(move |conn| {
            make_mark(conn, "after")?;
            marks::table.filter(marks::mark.eq("before")).count().get_result::<i64>(&mut outside)
        })
        .await;
    drop(held_up);
    before.await.unwrap();
    let error = wrong.await.unwrap_err();
    let seen_by_others = after.await.unwrap();
    assert_marks(bench, ["before", "after"]);
    // PostgreSQL groups the commits of separate transactions, so there is nothing that they could share.
    (is_postgres() || seen_by_others == 0, error)
}

/// Asserts that these marks are there; in this order, unless PostgreSQL has had them written beside each other.
fn assert_marks<const N: usize>(bench: &Bench, mut expected: [&str; N]) {
    let mut marks = bench.marks();
    if is_postgres() {
        marks.sort();
        expected.sort();
    }
    assert_eq!(marks, expected);
}

#[tokio::test]
async fn an_error_undoes_its_own_closure_alone_while_its_neighbours_commit() {
    for _ in 0..TRIES {
        let (together, error) = neighbours_of_one_that(&Bench::new(), |_| Err(Error::NotFound)).await;
        assert!(matches!(error, DbError::Query(Error::NotFound)), "{error}");
        if together {
            return;
        }
    }
    panic!("the three writes never shared a transaction");
}

#[tokio::test]
async fn a_panic_undoes_its_own_closure_alone_and_the_writer_lives_on() {
    for _ in 0..TRIES {
        let bench = Bench::new();
        let (together, error) = neighbours_of_one_that(&bench, |_| panic!("a closure's own mistake")).await;
        assert!(matches!(&error, DbError::Panicked(message) if message == "a closure's own mistake"), "{error}");
        bench.app.db.write(|conn| make_mark(conn, "later")).await.unwrap();
        assert_marks(&bench, ["before", "after", "later"]);
        if together {
            return;
        }
    }
    panic!("the three writes never shared a transaction");
}

#[tokio::test]
async fn a_constraint_that_refuses_one_write_leaves_the_others_alone() {
    let taken = |conn: &mut AnyConnection| {
        let twice = [0, 0].map(|_| (marks::id.eq(1_000), marks::mark.eq("taken")));
        twice.into_iter().try_for_each(|row| diesel::insert_into(marks::table).values(row).execute(conn).map(|_| ()))
    };
    let (_, error) = neighbours_of_one_that(&Bench::new(), taken).await;
    assert!(error.is_unique_violation(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_comes_only_after_the_commit() {
    let bench = Arc::new(Bench::new());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..16 {
        let bench = Arc::clone(&bench);
        callers.spawn(async move {
            let mut outside = bench.outside();
            for turn in 0..10 {
                let mark = format!("{caller}/{turn}");
                let own = mark.clone();
                bench.app.db.write(move |conn| make_mark(conn, &own)).await.unwrap();
                let seen: i64 = marks::table.filter(marks::mark.eq(&mark)).count().get_result(&mut outside).unwrap();
                assert_eq!(seen, 1, "{mark} was acknowledged");
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    assert_eq!(bench.marks().len(), 160);
}

#[tokio::test]
async fn a_caller_that_goes_before_its_closure_starts_has_not_written() {
    sqlite_only!("the queue of the one writer");
    let bench = Bench::new();
    let held_up = HeldUp::new(&bench.app.db).await;
    let stays = held_up.queue(|conn| make_mark(conn, "stays")).await;
    let goes = held_up.queue(|conn| make_mark(conn, "goes")).await;
    drop(goes);
    drop(held_up);
    stays.await.unwrap();
    bench.app.db.write(|conn| make_mark(conn, "later")).await.unwrap();
    assert_eq!(bench.marks(), ["stays", "later"]);
}

#[tokio::test]
async fn more_waiting_writes_than_the_queue_holds_are_told_that_it_is_busy() {
    sqlite_only!("the queue of the one writer");
    let bench = Bench::new();
    let held_up = HeldUp::new(&bench.app.db).await;
    let mut waiting = Vec::new();
    let refused = loop {
        let mut write = Box::pin(bench.app.db.write(|conn| make_mark(conn, "waited"))) as _;
        match poll_once(&mut write).await {
            None => waiting.push(write),
            Some(answer) => break answer,
        }
        assert!(waiting.len() < 100_000, "the queue has no bound");
    };
    assert!(matches!(refused, Err(DbError::Busy)));
    drop(held_up);
    let accepted = waiting.len();
    for write in waiting {
        write.await.unwrap();
    }
    assert_eq!(bench.marks().len(), accepted);
    bench.app.db.write(|conn| make_mark(conn, "later")).await.unwrap();
}

#[tokio::test]
async fn writes_that_wait_while_other_handles_are_dropped_are_still_answered() {
    let bench = Bench::new();
    let db = bench.app.db.clone();
    let held_up = HeldUp::new(&db).await;
    let mut waiting = Vec::new();
    for _ in 0..100 {
        waiting.push(held_up.queue(|conn| make_mark(conn, "waited")).await);
    }
    let mut outside = bench.outside();
    drop(bench.app);
    drop(held_up);
    for write in waiting {
        write.await.unwrap();
    }
    assert_eq!(marks::table.count().get_result::<i64>(&mut outside).unwrap(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_started_write_counts_though_its_caller_has_gone_and_closing_waits_for_it() {
    let bench = Bench::new();
    let (started, has_started) = tokio::sync::oneshot::channel();
    let finished = Arc::new(AtomicBool::new(false));
    let (db, own) = (bench.app.db.clone(), Arc::clone(&finished));
    let caller = tokio::spawn(async move {
        let slow = move |conn: &mut AnyConnection| {
            let _ = started.send(());
            std::thread::sleep(Duration::from_millis(300));
            own.store(true, Ordering::SeqCst);
            make_mark(conn, "started")
        };
        db.write(slow).await
    });
    has_started.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let mut outside = bench.outside();
    let mut marks = move || marks::table.select(marks::mark).load::<String>(&mut outside).unwrap();
    if is_postgres() {
        // There is no file to be closed, so nobody has to wait.
        eventually("it is committed", async || (marks() == ["started"]).then_some(())).await;
        return;
    }
    drop(bench.app);
    assert!(finished.load(Ordering::SeqCst), "closing waits");
    assert_eq!(marks(), ["started"]);
}

#[tokio::test]
async fn a_write_that_cannot_get_the_lock_fails_and_the_next_one_succeeds() {
    sqlite_only!("the write lock");
    let bench = Bench::new();
    let mut other = bench.outside();
    diesel::sql_query("BEGIN IMMEDIATE").execute(&mut other).unwrap();
    let error = bench.app.db.write(|conn| make_mark(conn, "locked out")).await.unwrap_err();
    assert!(matches!(error, DbError::Unavailable(_)), "{error}");
    diesel::sql_query("ROLLBACK").execute(&mut other).unwrap();
    bench.app.db.write(|conn| make_mark(conn, "later")).await.unwrap();
    assert_eq!(bench.marks(), ["later"]);
}

#[tokio::test]
async fn closing_does_not_wait_for_the_lock_on_behalf_of_callers_that_have_gone() {
    sqlite_only!("the write lock");
    let bench = Bench::new();
    let mut other = bench.outside();
    diesel::sql_query("BEGIN IMMEDIATE").execute(&mut other).unwrap();
    for _ in 0..20 {
        let mut write = Box::pin(bench.app.db.write(|conn| make_mark(conn, "gone"))) as _;
        assert!(poll_once(&mut write).await.is_none());
    }
    let asked = Instant::now();
    drop(bench.app);
    // One of them may have begun to wait; each waits for five seconds.
    assert!(asked.elapsed() < Duration::from_secs(12), "{:?}", asked.elapsed());
    diesel::sql_query("ROLLBACK").execute(&mut other).unwrap();
    assert_eq!(marks::table.count().get_result::<i64>(&mut other).unwrap(), 0);
}
