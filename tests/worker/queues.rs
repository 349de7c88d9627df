//! Which queues a process serves, and how many jobs of each run at a time: here and in all processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use keiyaku::api::models::JobStatus;
use keiyaku::clock::Clock;
use keiyaku::db::AnyConnection;
use keiyaku::jobs::Done;
use keiyaku::models::jobs::{NewJob, control};
use keiyaku::models::queues;

use crate::support::scripts::{Door, Scripted};
use crate::support::{Bench, eventually};

/// Jobs that were claimed so long ago are looked at with those that run.
const LOOKED_AT: Duration = Duration::from_millis(250);

/// How many run at this moment, and the most that ever did.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
    ended: AtomicUsize,
}

/// Runs for a while, and counts those that run beside it.
fn counted(gauge: &Arc<Gauge>) -> Scripted {
    let gauge = Arc::clone(gauge);
    Scripted::new(move |_| {
        let gauge = Arc::clone(&gauge);
        async move {
            gauge.most.fetch_max(gauge.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(15)).await;
            gauge.now.fetch_sub(1, Ordering::SeqCst);
            gauge.ended.fetch_add(1, Ordering::SeqCst);
            Ok(Done::default())
        }
    })
}

async fn put(bench: &Bench, queue: &str, script: &Scripted) -> i64 {
    bench.put(NewJob { queue: queue.to_owned(), ..bench.job(script) }).await
}

async fn all_end(gauge: &Gauge, jobs: usize) {
    eventually("all jobs have ended", async || (gauge.ended.load(Ordering::SeqCst) == jobs).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_runs_no_more_jobs_of_a_queue_than_it_is_told_to() {
    let bench = Bench::with(&[("WORKER_COUNT", "6"), ("WORKER_QUEUES", "mail=2,*")], Clock::system());
    let (mail, others) = (Arc::new(Gauge::default()), Arc::new(Gauge::default()));
    let (of_mail, of_others) = (counted(&mail), counted(&others));
    for _ in 0..12 {
        put(&bench, "mail", &of_mail).await;
        put(&bench, "reports", &of_others).await;
    }
    let workers = bench.start();
    all_end(&mail, 12).await;
    all_end(&others, 12).await;
    assert_eq!(mail.most.load(Ordering::SeqCst), 2);
    assert!(others.most.load(Ordering::SeqCst) > 2, "{} at a time", others.most.load(Ordering::SeqCst));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_processes_together_run_no_more_jobs_of_a_queue_than_its_limit() {
    let bench = Bench::with(&[("WORKER_COUNT", "4")], Clock::system());
    let beside = bench.beside(&[("WORKER_COUNT", "4")], Clock::system());
    bench.app.db.write(|conn| queues::set_max_running(conn, "reports", Some(3))).await.unwrap();
    let gauge = Arc::new(Gauge::default());
    let script = counted(&gauge);
    for _ in 0..30 {
        put(&bench, "reports", &script).await;
    }
    let (one, other) = (bench.start(), beside.start());
    all_end(&gauge, 30).await;
    assert_eq!(gauge.most.load(Ordering::SeqCst), 3);
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_leaves_queues_alone_that_it_does_not_serve() {
    let bench = Bench::with(&[("WORKER_QUEUES", "mail")], Clock::system());
    let beside = bench.beside(&[("WORKER_QUEUES", "reports")], Clock::system());
    let mail = put(&bench, "mail", &Scripted::succeeding()).await;
    let report = put(&bench, "reports", &Scripted::succeeding()).await;
    let workers = bench.start();
    bench.reaches(mail, JobStatus::Completed).await;
    assert_eq!(bench.row(report).await.status, "pending");
    let others = beside.start();
    bench.reaches(report, JobStatus::Completed).await;
    assert_eq!(bench.attempts(report).await[0].worker.as_deref(), Some(others.name.as_str()));
    workers.stop().await;
    others.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_lifted_counts_no_more() {
    let bench = Bench::with(&[("WORKER_COUNT", "4")], Clock::system());
    bench.app.db.write(|conn| queues::set_max_running(conn, "reports", Some(1))).await.unwrap();
    let gauge = Arc::new(Gauge::default());
    let script = counted(&gauge);
    let workers = bench.start();
    for _ in 0..3 {
        put(&bench, "reports", &script).await;
    }
    all_end(&gauge, 3).await;
    assert_eq!(gauge.most.load(Ordering::SeqCst), 1);
    bench.app.db.write(|conn| queues::set_max_running(conn, "reports", None)).await.unwrap();
    for _ in 0..20 {
        put(&bench, "reports", &script).await;
    }
    all_end(&gauge, 23).await;
    assert!(gauge.most.load(Ordering::SeqCst) > 1);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_claimed_ahead_and_is_cancelled_never_begins() {
    // No more than these seven are held of their queue, so that an eighth is claimed when some are let go of.
    let bench = Bench::standing_still(&[("WORKER_COUNT", "2"), ("WORKER_QUEUES", "limited=7,*")]);
    let workers = bench.start();
    bench.learns_that_jobs_are_quick().await;
    let (door, begun) = (Door::closed(), Arc::new(AtomicUsize::new(0)));
    let told = Scripted::new(|context| async move {
        context.revoked.cancelled().await;
        Ok(Done::default())
    });
    let waiting = || {
        let begun = Arc::clone(&begun);
        let script = Scripted::at_once(move |_| {
            begun.fetch_add(1, Ordering::SeqCst);
            Ok(Done::default())
        });
        bench.job(&script)
    };
    let mut batch = vec![bench.job(&door.script("the one that ran")), bench.job(&told)];
    batch.extend((0..5).map(|_| waiting()));
    batch.iter_mut().for_each(|job| "limited".clone_into(&mut job.queue));
    let batch = bench.put_all(batch).await;
    let (running, ahead) = (batch[0], &batch[1..]);
    door.has_seen(1).await;
    for id in ahead {
        bench.is_claimed(*id).await;
    }
    let since = Instant::now();
    eventually("they have waited for so long that it is looked whether they still count", async || {
        (since.elapsed() > LOOKED_AT).then_some(())
    })
    .await;
    let (cancelled, now) = (ahead.to_vec(), bench.now());
    let cancel =
        move |conn: &mut AnyConnection| cancelled.iter().try_for_each(|id| control::cancel(conn, *id, now).map(drop));
    bench.app.db.write(cancel).await.unwrap();
    // By the executor of the one that runs and is told, before which those that wait are let go of.
    let eighth = bench.put(NewJob { queue: "limited".to_owned(), ..waiting() }).await;
    bench.reaches(eighth, JobStatus::Completed).await;
    assert_eq!(begun.load(Ordering::SeqCst), 1, "the eighth alone");
    door.let_through(1);
    bench.reaches(running, JobStatus::Completed).await;
    workers.stop().await;
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    for id in ahead {
        assert_eq!(bench.row(*id).await.status, "cancelled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_time_changes_is_settled_while_all_executors_are_busy() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let workers = bench.start();
    let door = Door::closed();
    bench.put_script(&door.script("the one that ran")).await;
    door.has_seen(1).await;
    let due = bench.now() + TimeDelta::seconds(5);
    let later = bench.put(NewJob { scheduled_at: Some(due), ..bench.job(&Scripted::succeeding()) }).await;
    assert!(!bench.row(later).await.claimable);
    bench.advance(TimeDelta::seconds(6));
    bench.becomes(later, "due", |job| job.claimable).await;
    assert_eq!(door.came(), 1);
    door.let_through(1);
    bench.reaches(later, JobStatus::Completed).await;
    workers.stop().await;
}
