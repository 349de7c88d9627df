//! Which job runs when: order, due times, wake-up, and types that nobody runs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use keiyaku::api::models::JobStatus;
use keiyaku::clock::Clock;
use keiyaku::jobs::{Done, Registry};
use keiyaku::models::jobs::{self, Filter, NewJob};
use keiyaku::models::{queues, workers};

use crate::database::{is_postgres, sqlite_only};
use crate::support::scripts::{Door, Scripted};
use crate::support::{Bench, eventually, new_year};

/// Two megabytes of payload.
const LARGE: usize = 2_000_000;
/// Jobs that take as long are claimed one by one, and never ahead.
const TOO_SLOW: Duration = Duration::from_millis(30);
/// What was claimed ahead and has waited for so long is given back.
const GIVEN_BACK: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_highest_priority_runs_first_then_the_earliest_then_the_first_put_in() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let ran = Arc::new(Mutex::new(Vec::new()));
    let script = {
        let ran = Arc::clone(&ran);
        Scripted::new(move |context| {
            ran.lock().unwrap().push(context.job.payload.clone());
            async {
                tokio::time::sleep(TOO_SLOW).await;
                Ok(Done::default())
            }
        })
    };
    let mut expected = Vec::new();
    let mut put_in = Vec::new();
    // Spaces tell payloads apart that are otherwise the same.
    for (place, (priority, minutes_ago)) in
        [(0, 5), (9, 1), (0, 60), (-5, 600), (9, 1), (9, 2), (0, 5), (-5, 601), (i32::MAX, 0)].into_iter().enumerate()
    {
        let mut job = NewJob {
            priority,
            scheduled_at: Some(bench.now() - TimeDelta::minutes(minutes_ago)),
            ..bench.job(&script)
        };
        job.payload.push_str(&" ".repeat(place));
        expected.push((-i64::from(priority), -minutes_ago, place, job.payload.clone()));
        put_in.push(job);
    }
    let mut ids = Vec::new();
    for job in put_in {
        ids.push(bench.put(job).await);
    }
    let workers = bench.start();
    for id in ids {
        bench.reaches(id, JobStatus::Completed).await;
    }
    expected.sort();
    let expected: Vec<String> = expected.into_iter().map(|(_, _, _, payload)| payload).collect();
    assert_eq!(*ran.lock().unwrap(), expected);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_dated_job_does_not_run_before_its_time() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let due = bench.now() + TimeDelta::hours(1);
    let later =
        bench.put(NewJob { scheduled_at: Some(due), priority: 100, ..bench.job(&Scripted::succeeding()) }).await;
    for step in [TimeDelta::zero(), TimeDelta::minutes(59), TimeDelta::microseconds(59_999_999)] {
        bench.advance(step);
        // Of lower priority and run: so the workers have looked, and left the other alone.
        let now = bench.put_script(&Scripted::succeeding()).await;
        bench.reaches(now, JobStatus::Completed).await;
        let job = bench.row(later).await;
        assert_eq!((job.status.as_str(), job.attempts, job.claimable), ("pending", 0, false));
    }
    bench.advance(TimeDelta::microseconds(1));
    let job = bench.reaches(later, JobStatus::Completed).await;
    assert_eq!(job.started_at, Some(due));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_workers_start_a_new_job_at_once_and_not_at_the_next_poll() {
    let bench = Bench::new();
    let workers = bench.start();
    let mut waits = Vec::new();
    for _ in 0..11 {
        let (started, has_started) = tokio::sync::oneshot::channel();
        let started = Mutex::new(Some(started));
        let script = Scripted::at_once(move |_| {
            let _ = started.lock().unwrap().take().unwrap().send(Instant::now());
            Ok(Done::default())
        });
        let id = bench.put_script(&script).await;
        let committed = Instant::now();
        waits.push(has_started.await.unwrap().saturating_duration_since(committed));
        // Idle again: after this there is nothing that the workers look at before their next poll, a second away.
        bench.reaches(id, JobStatus::Completed).await;
    }
    waits.sort();
    assert!(waits[5] < Duration::from_millis(150), "{waits:?}");
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_a_job_puts_in_starts_at_once() {
    let bench = Bench::new();
    let workers = bench.start();
    let mut next = Scripted::marking("the last one");
    for _ in 0..6 {
        next = Scripted::putting_in(next);
    }
    let started = Instant::now();
    bench.put_script(&next).await;
    crate::support::eventually("the last one has run", async || (!bench.marks().is_empty()).then_some(())).await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(3), "six steps by poll alone take six seconds; this took {took:?}");
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_workers_claim_a_job_in_the_transaction_that_puts_it_in() {
    sqlite_only!("requests that share a transaction");
    let bench = Bench::new();
    let workers = bench.start();
    let (script, mut with_it) = (Scripted::succeeding(), 0);
    for _ in 0..20 {
        let (job, now) = (bench.job(&script), bench.now());
        // Nobody tells the workers: the look of every 20 ms would find it far later than the next line.
        let id = bench.app.db.write(move |conn| jobs::enqueue(conn, &job, now)).await.unwrap().id;
        with_it += bench.row(id).await.attempts;
        bench.reaches(id, JobStatus::Completed).await;
    }
    assert!(with_it >= 15, "{with_it} of 20");
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_an_unknown_type_waits_a_minute_for_a_newer_binary_and_then_fails() {
    let bench = Bench::standing_still(&[("JOB_LEASE", "500ms")]);
    let unknown = NewJob { job_type: "invented_tomorrow".to_owned(), ..bench.job(&Scripted::succeeding()) };
    let old = bench.put(NewJob { scheduled_at: Some(bench.now() - TimeDelta::seconds(1)), ..unknown.clone() }).await;
    let new = bench.put(unknown).await;
    let workers = bench.start();
    bench.advance(TimeDelta::seconds(59));
    let job = bench.reaches(old, JobStatus::Failed).await;
    assert_eq!(job.error_message.as_deref(), Some("No processor for job type: invented_tomorrow"));
    assert_eq!((job.attempts, job.completed_at), (0, Some(bench.now())));
    // The look that rejected the one has spared the other, which waits for 59 seconds.
    assert_eq!(bench.row(new).await.status, "pending");
    bench.advance(TimeDelta::seconds(1));
    bench.reaches(new, JobStatus::Failed).await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_an_unknown_type_is_left_alone_where_its_queue_is_paused_or_others_may_run_it() {
    let settings = |queues| [("JOB_LEASE", "500ms"), ("WORKER_QUEUES", queues)];
    let bench = Bench::standing_still(&settings("default,held"));
    let beside = bench.beside(&settings("mail"), Clock::manual(new_year()));
    bench.app.db.write(|conn| queues::set_paused(conn, "held", true)).await.unwrap();
    let put = async |job_type: &str, queue: &str| {
        let (job_type, queue) = (job_type.to_owned(), queue.to_owned());
        bench.put(NewJob { job_type, queue, ..bench.job(&Scripted::succeeding()) }).await
    };
    let held = put("invented_tomorrow", "held").await;
    let elsewhere = put("invented_tomorrow", "elsewhere").await;
    let known_beside = put("hasty", "default").await;
    let known_by_none = put("invented_tomorrow", "default").await;

    let others = beside.start();
    let workers = bench.start_for(Registry::default().with::<Scripted>(), Duration::from_secs(30));
    eventually("both say that they are there", async || {
        let alive = bench.app.db.read(|conn| workers::alive(conn, new_year().naive_utc())).await.unwrap();
        (alive.len() == 2).then_some(())
    })
    .await;
    bench.advance(TimeDelta::seconds(61));
    bench.reaches(known_by_none, JobStatus::Failed).await;
    for left in [held, elsewhere, known_beside] {
        assert_eq!(bench.row(left).await.status, "pending", "the look that rejected the one has spared the others");
    }
    others.stop().await;
    bench.app.db.write(|conn| queues::set_paused(conn, "held", false)).await.unwrap();
    for orphan in [held, known_beside] {
        bench.reaches(orphan, JobStatus::Failed).await;
    }
    assert_eq!(bench.row(elsewhere).await.status, "pending");
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_jobs_of_an_unknown_type_do_not_stand_in_the_way_of_others() {
    let bench = Bench::standing_still(&[]);
    let unknown =
        NewJob { job_type: "invented_tomorrow".to_owned(), priority: 100, ..bench.job(&Scripted::succeeding()) };
    let now = bench.now();
    let put_many = move |conn: &mut keiyaku::db::AnyConnection| jobs::enqueue_all(conn, &vec![unknown; 600], now);
    bench.app.db.write(put_many).await.unwrap();
    let workers = bench.start();
    let id = bench.put_script(&Scripted::succeeding()).await;
    bench.reaches(id, JobStatus::Completed).await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_payload_is_claimed_ahead_than_the_memory_is_to_hold() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let workers = bench.start();
    let large = |script: &Scripted| {
        let mut job = bench.job(script);
        job.payload.push_str(&" ".repeat(LARGE));
        job
    };
    bench.learns_that_jobs_are_quick().await;
    let before = bench.put(large(&Scripted::succeeding())).await;
    bench.reaches(before, JobStatus::Completed).await;
    let door = Door::closed();
    let mut batch = vec![large(&door.script("the one that ran"))];
    batch.extend((0..20).map(|_| large(&Scripted::succeeding())));
    let batch = bench.put_all(batch).await;
    door.has_seen(1).await;
    let of_status = Filter { status: Some(JobStatus::Processing), ..Filter::default() };
    let rows = bench.app.db.read(move |conn| jobs::count(conn, &of_status)).await.unwrap();
    let claimed = rows + bench.listed().await;
    assert!(claimed > 4 && claimed <= 1 + 8, "the one that runs and eight: {claimed}");
    door.let_through(1);
    bench.reaches(*batch.last().unwrap(), JobStatus::Completed).await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_wait_behind_a_slow_one_after_all_are_given_back_for_others_to_run() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let first = bench.start();
    bench.learns_that_jobs_are_quick().await;
    let door = Door::closed();
    let slow = bench.job(&door.script("the one that took long"));
    let put = bench.put_all(vec![slow, bench.job(&Scripted::succeeding())]).await;
    let (slow, behind) = (put[0], put[1]);
    door.has_seen(1).await;
    bench.is_claimed(behind).await;
    let second = bench.start();
    bench.reaches(behind, JobStatus::Completed).await;
    assert_eq!(bench.outcomes(behind).await, ["completed"]);
    door.let_through(1);
    bench.reaches(slow, JobStatus::Completed).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_have_all_become_slow_are_shared_with_others_while_the_first_of_them_run() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let first = bench.start();
    bench.learns_that_jobs_are_quick().await;
    let slow = Scripted::new(|_| async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        Ok(Done::default())
    });
    let put = Instant::now();
    let jobs = bench.put_all((0..10).map(|_| bench.job(&slow)).collect()).await;
    bench.is_claimed(*jobs.last().unwrap()).await;
    let second = bench.start();
    eventually("the second process runs one", async || {
        for id in &jobs {
            if bench.row(*id).await.worker.as_deref() == Some(&*second.name) {
                return Some(());
            }
        }
        None
    })
    .await;
    assert!(put.elapsed() < 2 * GIVEN_BACK, "it did nothing for {:?}", put.elapsed());
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_claimed_behind_jobs_that_run_for_long_already_however_quick_those_before_them_were() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "2")]);
    let first = bench.start();
    bench.learns_that_jobs_are_quick().await;
    let door = Door::closed();
    let long = [bench.job(&door.script("one that takes long")), bench.job(&door.script("another"))];
    let long = bench.put_all(long.into()).await;
    door.has_seen(2).await;
    let since = Instant::now();
    eventually("they are not quick", async || (since.elapsed() > 2 * TOO_SLOW).then_some(())).await;
    let second = bench.start();
    let put = Instant::now();
    for _ in 0..5 {
        let quick = bench.put_script(&Scripted::succeeding()).await;
        bench.reaches(quick, JobStatus::Completed).await;
    }
    assert!(put.elapsed() < GIVEN_BACK, "they waited behind the long ones for {:?}", put.elapsed());
    door.let_through(2);
    for id in long {
        bench.reaches(id, JobStatus::Completed).await;
    }
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_was_claimed_ahead_and_runs_for_long_says_so_in_its_row() {
    let bench = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let workers = bench.start();
    bench.learns_that_jobs_are_quick().await;
    let (first_door, door) = (Door::closed(), Door::closed());
    let both = [bench.job(&first_door.script("the first")), bench.job(&door.script("the one behind it"))];
    let behind = bench.put_all(both.into()).await[1];
    first_door.has_seen(1).await;
    bench.is_claimed(behind).await;
    first_door.let_through(1);
    door.has_seen(1).await;
    let job = bench.becomes(behind, "one that runs", |job| job.status == "processing").await;
    assert_eq!((job.attempts, job.worker.as_deref()), (1, Some(&*workers.name)));
    // SQLite's say `processing` from the claim on, and do not tell the two apart.
    assert!(!job.ahead || !is_postgres(), "the loss of its worker would say that it had begun");
    door.let_through(1);
    bench.reaches(behind, JobStatus::Completed).await;
    workers.stop().await;
}
