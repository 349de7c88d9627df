//! Database writes of a job: with its completion or not at all, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use diesel::result::Error;
use diesel::{QueryDsl, RunQueryDsl};
use keiyaku::api::models::JobStatus;
use keiyaku::db::AnyConnection;
use keiyaku::jobs::{Done, JobError};
use keiyaku::models::jobs;

use crate::database::{fault, is_postgres, mend};
use crate::support::scripts::Scripted;
use crate::support::{Bench, at_once, eventually, make_mark};

/// Its effects leave a mark and then do this, in every attempt but the second.
fn effects_that(go_wrong: fn(&mut AnyConnection) -> diesel::QueryResult<()>) -> Scripted {
    Scripted::at_once(move |context| {
        let second = context.job.attempts == 2;
        Ok(Done::with(move |conn, _| {
            make_mark(conn, "effect")?;
            if second { Ok(()) } else { go_wrong(conn) }
        }))
    })
}

async fn fail_an_attempt_and_leave_nothing(go_wrong: fn(&mut AnyConnection) -> diesel::QueryResult<()>, error: &str) {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let id = bench.put_script(&effects_that(go_wrong)).await;
    let job = bench.reaches(id, JobStatus::RetryPending).await;
    assert_eq!(job.error_message.as_deref(), Some(error));
    assert_eq!(job.retry_count, 1);
    assert!(bench.marks().is_empty());
    bench.advance(TimeDelta::seconds(1));
    bench.reaches(id, JobStatus::Completed).await;
    assert_eq!(bench.marks(), ["effect"]);
    assert_eq!(bench.outcomes(id).await, ["failed", "completed"]);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_that_are_refused_fail_the_attempt_and_leave_nothing() {
    let missing =
        |conn: &mut AnyConnection| diesel::sql_query("INSERT INTO nowhere VALUES (1)").execute(conn).map(|_| ());
    let error = match is_postgres() {
        true => "its effects were refused: relation \"nowhere\" does not exist",
        false => "its effects were refused: no such table: nowhere",
    };
    fail_an_attempt_and_leave_nothing(missing, error).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_that_panic_fail_the_attempt_and_leave_nothing() {
    let error = "its effects were refused: a database closure panicked: a late mistake";
    fail_an_attempt_and_leave_nothing(|_| panic!("a late mistake"), error).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_that_ask_for_a_rollback_fail_the_attempt_and_are_not_taken_for_a_lost_lease() {
    let error = "its effects were refused: they asked for a rollback";
    fail_an_attempt_and_leave_nothing(|_| Err(Error::RollbackTransaction), error).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_the_completion_without_the_effects_or_the_effects_without_the_completion() {
    let bench = Bench::new();
    let workers = bench.start();
    for turn in 1..=30 {
        let id = bench.put_script(&Scripted::marking("effect")).await;
        let look = move |conn: &mut AnyConnection| {
            at_once(conn, |conn| {
                let job = jobs::find(conn, id)?.unwrap();
                let marks: i64 = crate::support::marks::table.count().get_result(conn)?;
                Ok((job.status == "completed", marks))
            })
        };
        eventually("the job is completed", async || {
            let (completed, marks) = bench.app.db.read(look).await.unwrap();
            assert_eq!(marks == turn, completed);
            completed.then_some(())
        })
        .await;
    }
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completion_that_the_database_cannot_take_is_tried_until_it_can() {
    let bench = Bench::standing_still(&[]);
    bench.sql(&fault("INSERT ON marks", "true", "disk I/O error"));
    let (runs, commits) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let script = {
        let (runs, commits) = (Arc::clone(&runs), Arc::clone(&commits));
        Scripted::at_once(move |_| {
            runs.fetch_add(1, Ordering::SeqCst);
            let commits = Arc::clone(&commits);
            Ok(Done::with(move |conn, _| {
                commits.fetch_add(1, Ordering::SeqCst);
                make_mark(conn, "effect")
            }))
        })
    };
    let workers = bench.start();
    let id = bench.put_script(&script).await;
    eventually("it is tried again", async || (commits.load(Ordering::SeqCst) >= 3).then_some(())).await;
    assert_eq!(bench.row(id).await.status, "processing");
    bench.sql(&mend("marks"));
    let job = bench.reaches(id, JobStatus::Completed).await;
    assert_eq!((job.attempts, job.retry_count), (1, 0));
    assert_eq!((runs.load(Ordering::SeqCst), bench.marks()), (1, vec!["effect".to_owned()]));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_the_database_refuses_is_tried_again_and_leaves_the_writer_to_others() {
    let bench = Bench::standing_still(&[]);
    bench.sql(&fault("UPDATE ON job_queue", "new.status = 'failed'", "not now"));
    let workers = bench.start();
    let id = bench.put_script(&Scripted::failing(JobError::Permanent("no use".to_owned()))).await;
    for _ in 0..10 {
        let other = bench.put_script(&Scripted::succeeding()).await;
        bench.reaches(other, JobStatus::Completed).await;
    }
    assert_eq!(bench.row(id).await.status, "processing");
    bench.sql(&mend("job_queue"));
    let job = bench.reaches(id, JobStatus::Failed).await;
    assert_eq!(job.error_message.as_deref(), Some("no use"), "its own error is kept");
    workers.stop().await;
}
