//! The write-ahead log: bounded under constant writes, gone when the database is closed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::prelude::*;

use crate::database::sqlite_only;
use crate::support::{Bench, make_mark, marks};

const MIB: u64 = 1024 * 1024;
/// How much the test writes, in MiB.
const WRITTEN: u64 = 400;

fn wal_of(database: &Path) -> PathBuf {
    database.with_file_name("users.db-wal")
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constant_writes_leave_a_wal_of_less_than_half_of_what_was_written() {
    sqlite_only!("the WAL");
    let bench = Bench::new();
    let longest = Arc::new(AtomicU64::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for row in 0..8 {
        let (db, wal, longest) = (bench.app.db.clone(), wal_of(&bench.path), Arc::clone(&longest));
        callers.spawn(async move {
            for _ in 0..WRITTEN / 8 * 4 {
                let replace = format!(
                    "INSERT OR REPLACE INTO marks (id, mark) VALUES ({row}, CAST(zeroblob({}) AS TEXT))",
                    MIB / 4
                );
                db.write(move |conn| diesel::sql_query(replace).execute(conn)).await.unwrap();
                longest.fetch_max(length(&wal), Ordering::SeqCst);
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    let longest = longest.load(Ordering::SeqCst) / MIB;
    assert!((1..WRITTEN / 2).contains(&longest), "{WRITTEN} MiB were written; the WAL grew to {longest} MiB");
}

#[tokio::test]
async fn closing_leaves_one_file_that_holds_everything() {
    sqlite_only!("the WAL");
    let bench = Bench::new();
    bench.app.db.write(|conn| make_mark(conn, "kept")).await.unwrap();
    assert!(length(&wal_of(&bench.path)) > 0);
    let (path, beside) = (bench.path.clone(), bench.beside(&[], keiyaku::clock::Clock::system()));
    drop(beside);
    drop(bench.app);
    assert!(!wal_of(&path).exists());
    let copy = path.with_file_name("copy.db");
    fs::copy(&path, &copy).unwrap();
    let mut conn = SqliteConnection::establish(&copy.to_string_lossy()).unwrap();
    let kept: Vec<String> = marks::table.select(marks::mark).load(&mut conn).unwrap();
    assert_eq!(kept, ["kept"]);
}
