//! A database that is full: SQLite may give up the whole transaction, and nobody may be told otherwise.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use keiyaku::db::{AnyConnection, DbError};

use crate::database::{is_postgres, sqlite_only};
use crate::support::held_up::HeldUp;
use crate::support::{Bench, make_mark};

/// Writes that wait together share a transaction unless the machine stalls between two of them; so often it is tried.
const TRIES: usize = 20;
/// Far more than the database may grow by.
const HUGE: &str = "INSERT INTO marks (mark) VALUES (CAST(zeroblob(4000000) AS TEXT))";
/// As much, in many rows: SQLite keeps a journal of such a statement, and undoes it alone.
const HUGE_IN_ROWS: &str = "INSERT INTO marks (mark) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                            WHERE i < 2000) SELECT CAST(zeroblob(2000) AS TEXT) FROM n";

/// Lets the database grow by a few pages only. The limit is the connection's, and gone when the writer opens another.
fn leave_little_room(conn: &mut AnyConnection) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Pages {
        #[diesel(sql_type = BigInt)]
        page_count: i64,
    }
    let Pages { page_count } = diesel::sql_query("PRAGMA page_count").get_result(conn)?;
    diesel::sql_query(format!("PRAGMA max_page_count = {}", page_count + 20)).execute(conn).map(|_| ())
}

/// What became of writes that waited together, of which the third found the disk full.
struct Outcome {
    before: [Result<(), DbError>; 2],
    huge: Result<(), DbError>,
    after: Result<(), DbError>,
    marks: Vec<String>,
}

async fn fill_up(bench: &Bench, huge: &'static str) -> Outcome {
    let db = &bench.app.db;
    db.write(leave_little_room).await.unwrap();
    let held_up = HeldUp::new(db).await;
    let first = held_up.queue(|conn| make_mark(conn, "first")).await;
    let second = held_up.queue(|conn| make_mark(conn, "second")).await;
    let huge = held_up
        .queue(move |conn| {
            make_mark(conn, "beside the huge one")?;
            diesel::sql_query(huge).execute(conn).map(|_| ())
        })
        .await;
    let after = held_up
        .queue(|conn| {
            make_mark(conn, "after, one")?;
            make_mark(conn, "after, two")
        })
        .await;
    drop(held_up);
    Outcome {
        before: [first.await, second.await],
        huge: huge.await,
        after: after.await,
        marks: bench.marks().into_iter().filter(|mark| !mark.contains('\0')).collect(),
    }
}

#[tokio::test]
async fn a_full_disk_that_ends_the_transaction_fails_what_came_before_and_spares_what_comes_after() {
    sqlite_only!("a file that cannot grow");
    for _ in 0..TRIES {
        let bench = Bench::new();
        let outcome = fill_up(&bench, HUGE).await;
        assert!(matches!(outcome.huge, Err(DbError::Unavailable(_))), "{:?}", outcome.huge);
        outcome.after.unwrap();
        let acknowledged: Vec<&str> = ["first", "second"]
            .into_iter()
            .zip(&outcome.before)
            .filter_map(|(mark, answer)| answer.is_ok().then_some(mark))
            .chain(["after, one", "after, two"])
            .collect();
        assert_eq!(outcome.marks, acknowledged, "what is acknowledged is stored, and nothing else");
        // The limit went with the connection; so does the trouble.
        bench.app.db.write(|conn| diesel::sql_query(HUGE).execute(conn)).await.unwrap();
        if outcome.before.iter().all(|answer| matches!(answer, Err(DbError::Unavailable(_)))) {
            return;
        }
    }
    panic!("the writes never shared a transaction with the one that found the disk full");
}

#[tokio::test]
async fn a_full_disk_that_ends_one_statement_fails_that_write_alone() {
    sqlite_only!("a file that cannot grow");
    let bench = Bench::new();
    let outcome = fill_up(&bench, HUGE_IN_ROWS).await;
    assert!(matches!(outcome.huge, Err(DbError::Unavailable(_))), "{:?}", outcome.huge);
    for answer in outcome.before {
        answer.unwrap();
    }
    outcome.after.unwrap();
    assert_eq!(outcome.marks, ["first", "second", "after, one", "after, two"]);
}

#[tokio::test]
async fn a_commit_that_fails_acknowledges_none_of_its_writes() {
    let bench = Bench::new();
    if is_postgres() {
        bench.sql("ALTER TABLE user_profiles ALTER CONSTRAINT user_profiles_user_id_fkey DEFERRABLE");
    }
    let db = &bench.app.db;
    let held_up = HeldUp::new(db).await;
    let first = held_up.queue(|conn| make_mark(conn, "first")).await;
    // A foreign key that is only checked by the commit: the closure and its savepoint succeed.
    let dangling = held_up
        .queue(|conn| {
            conn.batch_execute(match is_postgres() {
                true => "SET CONSTRAINTS ALL DEFERRED",
                false => "PRAGMA defer_foreign_keys = ON",
            })?;
            make_mark(conn, "beside it")?;
            let profile = "INSERT INTO user_profiles (user_id, interests, created_at, updated_at) \
                           VALUES (99, '[]', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)";
            diesel::sql_query(profile).execute(conn)
        })
        .await;
    drop(held_up);
    let (first, refused) = (first.await, dangling.await.unwrap_err());
    // SQLite's is a transaction of several writes, none of which is to blame for certain.
    assert!(matches!(refused, DbError::Unavailable(_)) != is_postgres(), "{refused:?}");
    assert_eq!(bench.marks().len(), usize::from(first.is_ok()));
    db.write(|conn| make_mark(conn, "later")).await.unwrap();
    assert_eq!(bench.marks().last().unwrap(), "later");
}
