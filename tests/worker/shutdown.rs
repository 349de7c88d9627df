//! Stopping in good order.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use keiyaku::api::models::JobStatus;
use keiyaku::models::jobs::Job;

use crate::database::{fault, mend};
use crate::support::scripts::{Door, Scripted};
use crate::support::{Bench, Workers, eventually, scripted_types};

/// One job that runs, until `door` opens, and five that are claimed and wait behind it.
async fn one_runs_and_five_wait(bench: &Bench, door: &Door) -> (i64, Vec<i64>) {
    bench.learns_that_jobs_are_quick().await;
    let mut batch = vec![bench.job(&door.script("the one that ran"))];
    batch.extend((0..5).map(|_| bench.job(&Scripted::marking("one that waited"))));
    let mut waiting = bench.put_all(batch).await;
    let running = waiting.remove(0);
    door.has_seen(1).await;
    for id in &waiting {
        bench.is_claimed(*id).await;
    }
    (running, waiting)
}

async fn waits_as_before(bench: &Bench, id: i64) -> Job {
    let job = bench.is_let_go(id).await;
    assert_eq!((job.status.as_str(), job.retry_count, job.claimable), ("pending", 0, true));
    assert_eq!((&job.worker, job.wake_at, &job.error_message), (&None, None, &None));
    job
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claimed_jobs_that_have_not_started_are_handed_back_at_once_and_a_running_one_finishes() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let workers = bench.start();
    let door = Door::closed();
    let (running, waiting) = one_runs_and_five_wait(&bench, &door).await;
    workers.stop.cancel();
    for id in waiting {
        let job = waits_as_before(&bench, id).await;
        assert_eq!((job.attempts, job.started_at), (0, None), "as though nobody had claimed it");
        assert!(bench.outcomes(id).await.is_empty());
    }
    assert_eq!(bench.row(running).await.status, "processing");
    door.let_through(1);
    workers.stop().await;
    assert_eq!(bench.outcomes(running).await, ["completed"]);
    assert_eq!(bench.marks(), ["the one that ran"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_handed_back_at_the_limit_without_spending_an_attempt() {
    let bench = Bench::standing_still(&[]);
    let limit = Duration::from_millis(300);
    let workers = bench.start_for(scripted_types(), limit);
    let door = Door::closed();
    let id = bench.put_script(&door.script("effect")).await;
    door.has_seen(1).await;
    let asked = Instant::now();
    workers.stop().await;
    assert!(asked.elapsed() >= limit.mul_f64(0.9), "it had its time");
    assert_eq!(waits_as_before(&bench, id).await.attempts, 1);
    assert_eq!(bench.outcomes(id).await, ["handed_back"]);
    assert!(bench.marks().is_empty());

    door.let_through(1);
    let next = bench.start();
    bench.reaches(id, JobStatus::Completed).await;
    assert_eq!(bench.outcomes(id).await, ["handed_back", "completed"]);
    assert_eq!((bench.row(id).await.retry_count, bench.marks()), (0, vec!["effect".to_owned()]));
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_handed_back_in_a_retry_keeps_its_error_and_its_place() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start_for(scripted_types(), Duration::from_millis(100));
    let door = Door::closed();
    let script = {
        let door = door.clone();
        Scripted::new(move |context| {
            let door = door.clone();
            async move {
                if context.job.attempts == 1 {
                    return Err(keiyaku::jobs::JobError::Temporary("no answer".to_owned()));
                }
                door.pass().await;
                Ok(keiyaku::jobs::Done::default())
            }
        })
    };
    let id = bench.put_script(&script).await;
    let waiting = bench.reaches(id, JobStatus::RetryPending).await;
    bench.advance(TimeDelta::seconds(1));
    door.has_seen(1).await;
    workers.stop().await;
    let job = bench.row(id).await;
    assert_eq!((job.status.as_str(), job.retry_count, job.claimable), ("retry_pending", 1, true));
    assert_eq!((job.error_message.as_deref(), job.scheduled_at), (Some("no answer"), waiting.scheduled_at));
    assert_eq!(bench.outcomes(id).await, ["failed", "handed_back"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_claimed_once_the_workers_are_told_to_stop() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "2")]);
    let workers = bench.start();
    let door = Door::closed();
    let running = bench.put_script(&door.script("effect")).await;
    door.has_seen(1).await;
    workers.stop.cancel();
    let late = bench.put_script(&Scripted::succeeding()).await;
    door.let_through(1);
    workers.stop().await;
    assert_eq!(bench.row(running).await.status, "completed");
    let job = bench.row(late).await;
    assert!((job.status.as_str(), job.claimable) == ("pending", true), "{job:?}");
    // Either it was never claimed, or by a claim that was under way and given up again.
    assert_eq!((job.attempts, job.started_at), (0, None));
    assert!(bench.outcomes(late).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_completion_does_not_keep_the_workers_beyond_the_limit() {
    let bench = Bench::standing_still(&[]);
    bench.sql(&fault("INSERT ON marks", "true", "disk I/O error"));
    let workers = bench.start_for(scripted_types(), Duration::from_millis(500));
    let door = Door::closed();
    let id = bench.put_script(&door.script("effect")).await;
    door.let_through(1);
    door.has_seen(1).await;
    stops_soon(workers).await;
    assert_eq!(bench.row(id).await.status, "processing", "its lease will tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_handed_back_at_once_is_tried_again_until_the_limit() {
    let bench = Bench::standing_still(&[]);
    bench.sql(&fault("INSERT ON job_attempts", "true", "not now"));
    let workers = bench.start_for(scripted_types(), Duration::from_millis(300));
    let door = Door::closed();
    let id = bench.put_script(&door.script("effect")).await;
    door.has_seen(1).await;
    workers.stop.cancel();
    eventually("it runs no more", async || {
        let metrics = bench.app.metrics.render(None).unwrap();
        metrics.lines().any(|line| line == "jobs_running 0").then_some(())
    })
    .await;
    bench.sql(&mend("job_attempts"));
    workers.stop().await;
    assert_eq!(bench.row(id).await.status, "pending");
    assert_eq!(bench.outcomes(id).await, ["handed_back"]);
}

async fn stops_soon(workers: Workers) {
    workers.stop.cancel();
    eventually("the workers have stopped", async || workers.task.is_finished().then_some(())).await;
}
