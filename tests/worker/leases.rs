//! Leases and fences: who holds a job, for how long, and what a worker that comes too late can do.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::prelude::*;
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::clock::Clock;
use keiyaku::db::AnyConnection;
use keiyaku::jobs::Registry;
use keiyaku::models::job_minutes;
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::{Ground, Job, NewJob};
use keiyaku::models::queues::Room;
use keiyaku::schema::job_leases;

use crate::support::scripts::{Door, Hasty, Scripted, marked};
use crate::support::{Bench, Workers, eventually, new_year};

/// The attempts of one job in two processes: the first loses its lease to the second, and both are at their doors.
async fn a_late_worker_and_the_one_that_holds_the_job(late: &Door, holder: &Door) -> (Bench, Bench, i64, [Workers; 2]) {
    // The late attempt is all that the first process has room for, so it does not take the job again.
    let slow = Bench::standing_still(&[("WORKER_COUNT", "1")]);
    let doors = [late.clone(), holder.clone()];
    let script = Scripted::new(move |context| {
        let first = context.job.attempts == 1;
        let door = doors[usize::from(!first)].clone();
        async move {
            door.pass().await;
            Ok(marked(if first { "too late" } else { "effect" }))
        }
    });
    let first = slow.start();
    let id = slow.put_script(&script).await;
    late.has_seen(1).await;
    // To the second process, whose clock is an hour ahead, the lease of the first is over, however often it is extended.
    let quick = slow.beside(&[], Clock::manual(new_year() + TimeDelta::hours(1)));
    let second = quick.start();
    quick.becomes(id, "lost", |job| job.retry_count == 1).await;
    quick.advance(TimeDelta::seconds(1));
    holder.has_seen(1).await;
    (slow, quick, id, [first, second])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_worker_that_ends_before_the_holder_changes_nothing() {
    let (late, holder) = (Door::closed(), Door::closed());
    let (_slow, quick, id, [first, second]) = a_late_worker_and_the_one_that_holds_the_job(&late, &holder).await;
    let before = quick.row(id).await;
    late.let_through(1);
    first.stop().await;
    let after = quick.row(id).await;
    assert_eq!((after.version, &after.worker), (before.version, &Some(second.name.clone())));
    assert!(quick.marks().is_empty());
    holder.let_through(1);
    quick.reaches(id, JobStatus::Completed).await;
    assert_eq!((quick.outcomes(id).await, quick.marks()), (vec_of(["lost", "completed"]), vec_of(["effect"])));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_worker_that_ends_after_the_completion_changes_nothing() {
    let (late, holder) = (Door::closed(), Door::closed());
    let (_slow, quick, id, [first, second]) = a_late_worker_and_the_one_that_holds_the_job(&late, &holder).await;
    holder.let_through(1);
    let before = quick.reaches(id, JobStatus::Completed).await;
    late.let_through(1);
    first.stop().await;
    let after = quick.row(id).await;
    assert_eq!((after.version, after.status.as_str(), after.retry_count), (before.version, "completed", 1));
    assert_eq!((quick.outcomes(id).await, quick.marks()), (vec_of(["lost", "completed"]), vec_of(["effect"])));
    second.stop().await;
}

fn vec_of<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_failure_does_not_touch_the_new_holders_attempt() {
    let bench = Bench::standing_still(&[]);
    let id = bench.put_script(&Scripted::succeeding()).await;
    let now = bench.now();
    let claim = |worker: &str| Claim {
        job_types: vec!["scripted"],
        limit: 1,
        at_once: 1,
        room: Room::ANY,
        ground: Ground::default(),
        worker: worker.to_owned(),
        until: now + TimeDelta::seconds(30),
    };
    let (first, second) = (claim("first"), claim("second"));
    let take =
        move |claim: Claim| move |conn: &mut AnyConnection| claim::claim(conn, &claim, now).map(|claimed| claimed.jobs);
    let stale = bench.app.db.write(take(first)).await.unwrap().remove(0);
    let handed = stale.clone();
    bench.app.db.write(move |conn| lease::put_back(conn, &handed, AttemptOutcome::HandedBack, now, now)).await.unwrap();
    bench.app.db.write(take(second)).await.unwrap();
    let before = bench.row(id).await;
    let late = bench
        .app
        .db
        .write(move |conn| {
            lease::complete(conn, &stale, &Report { progress: None, output: Some("{}".to_owned()) }, now)
        })
        .await;
    assert!(late.is_err());
    let after = bench.row(id).await;
    assert_eq!((after.version, after.worker.as_deref(), after.output), (before.version, Some("second"), None));
    assert_eq!(bench.outcomes(id).await, ["handed_back"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_loses_its_worker_again_and_again_ends_as_failed() {
    let bench = Bench::standing_still(&[]);
    let id = bench.put(NewJob { max_retries: 2, ..bench.job(&Scripted::succeeding()) }).await;
    // These settle what time changes, and know another type only: the claims are those of workers that die at once.
    let settling = bench.start_for(Registry::default().with::<Hasty>(), std::time::Duration::from_secs(5));
    for losses in 1..=3 {
        bench.becomes(id, "claimable", |job| job.claimable).await;
        let now = bench.now();
        let (job_types, worker) = (vec!["scripted"], format!("victim {losses}"));
        let room = Room::ANY;
        let claim = Claim {
            job_types,
            limit: 1,
            at_once: 1,
            room,
            ground: Ground::default(),
            worker,
            until: now + TimeDelta::seconds(30),
        };
        assert_eq!(
            bench
                .app
                .db
                .write(move |conn| claim::claim(conn, &claim, now).map(|claimed| claimed.jobs))
                .await
                .unwrap()
                .len(),
            1
        );
        bench.advance(TimeDelta::seconds(30));
        bench.becomes(id, "settled", |job| job.lease.is_none()).await;
        // The longest pause before a second retry.
        bench.advance(TimeDelta::seconds(2));
    }
    let job = bench.reaches(id, JobStatus::Failed).await;
    assert_eq!((job.retry_count, job.attempts), (2, 3));
    assert_eq!(job.error_message.as_deref(), Some("the worker was lost"));
    assert_eq!(bench.outcomes(id).await, ["lost", "lost", "lost"]);
    settling.stop().await;
    // Who watches sees them, too.
    let minutes = bench.app.db.read(|conn| job_minutes::since(conn, chrono::NaiveDateTime::default())).await.unwrap();
    assert_eq!(
        minutes.iter().map(|minute| (minute.completed, minute.failed)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        (0, 3)
    );
}

/// Moves time on by five leases, half a lease at a time and only after the one before was extended.
async fn outlive_five_leases(bench: &Bench, id: i64) {
    let lease = TimeDelta::from_std(bench.app.config.job_lease).unwrap();
    for _ in 0..10 {
        bench.advance(lease / 2);
        let end = bench.now() + lease;
        eventually("the lease is extended", async || (bench.lease_end(id).await == Some(end)).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_keep_a_long_job_with_its_owner() {
    let short = [("JOB_LEASE", "500ms")];
    let bench = Bench::standing_still(&short);
    let door = Door::closed();
    let owner = bench.start();
    let id = bench.put_script(&door.script("effect")).await;
    door.has_seen(1).await;
    let rival_bench = bench.beside(&short, bench.app.clock.clone());
    let rival = rival_bench.start();
    outlive_five_leases(&bench, id).await;
    door.let_through(1);
    bench.reaches(id, JobStatus::Completed).await;
    assert_eq!((bench.outcomes(id).await, door.came()), (vec_of(["completed"]), 1));
    owner.stop().await;
    rival.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_has_stopped_leaves_no_lease() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    // One after the other, so that the workers wait for each.
    for _ in 0..20 {
        let id = bench.put_script(&Scripted::succeeding()).await;
        bench.reaches(id, JobStatus::Completed).await;
    }
    workers.stop().await;
    let leases = bench.app.db.read(|conn| job_leases::table.count().get_result::<i64>(conn)).await.unwrap();
    assert_eq!(leases, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_attempt_that_ends_does_not_stop_the_heartbeats_of_the_next_one_in_the_same_process() {
    let bench = Bench::standing_still(&[("JOB_LEASE", "500ms"), ("WORKER_COUNT", "2")]);
    let (first, second) = (Door::closed(), Door::closed());
    let script = {
        let doors = [first.clone(), second.clone()];
        Scripted::new(move |context| {
            let door = doors[usize::from(context.job.attempts > 1)].clone();
            async move {
                door.pass().await;
                Ok(marked("effect"))
            }
        })
    };
    let workers = bench.start();
    let id = bench.put_script(&script).await;
    first.has_seen(1).await;
    // The process sleeps through its lease. A heartbeat may come before the look, and then it sleeps again.
    let lease = TimeDelta::from_std(bench.app.config.job_lease).unwrap();
    while bench.row(id).await.retry_count == 0 {
        bench.advance(TimeDelta::hours(1));
        let extended = bench.now() + lease;
        eventually("the job is lost, or its lease extended", async || {
            let is_lost = bench.row(id).await.retry_count == 1;
            (is_lost || bench.lease_end(id).await == Some(extended)).then_some(())
        })
        .await;
    }
    bench.advance(TimeDelta::seconds(1));
    second.has_seen(1).await;
    let held = bench.row(id).await;
    first.let_through(1);
    // What comes after the late end in the writer's queue shows that it is over.
    let marker = bench.put_script(&Scripted::succeeding()).await;
    bench.reaches(marker, JobStatus::Completed).await;
    outlive_five_leases(&bench, id).await;
    second.let_through(1);
    let job = bench.reaches(id, JobStatus::Completed).await;
    assert_eq!((job.attempts, bench.marks()), (held.attempts, vec_of(["effect"])));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_lease_cannot_be_extended_is_told_to_stop() {
    let bench = Bench::with(&[("JOB_LEASE", "500ms")], Clock::system());
    let (begun, told) = (Door::closed(), Door::closed());
    let doors = (begun.clone(), told.clone());
    let script = Scripted::new(move |context| {
        let (begun, told) = doors.clone();
        async move {
            begun.pass().await;
            context.revoked.cancelled().await;
            told.pass().await;
            Ok(marked("of no attempt that counts"))
        }
    });
    let workers = bench.start();
    bench.put_script(&script).await;
    begun.has_seen(1).await;
    begun.let_through(1);
    let stuck = bench.stuck();
    told.has_seen(1).await;
    told.let_through(1);
    drop(stuck);
    begun.has_seen(2).await;
    assert!(bench.marks().is_empty());
    workers.task.abort();
}

/// Claims as a worker does that dies at once: so many to start at once, the others ahead. Returns the ids of each.
async fn claim_and_die(bench: &Bench, limit: i64, at_once: i64) -> (Vec<i64>, Vec<i64>) {
    let now = bench.now();
    let (room, worker) = (Room::ANY, "victim".to_owned());
    let job_types = vec!["scripted"];
    let claim = Claim {
        job_types,
        limit,
        at_once,
        room,
        ground: Ground::default(),
        worker,
        until: now + TimeDelta::seconds(30),
    };
    let jobs = bench.app.db.write(move |conn| claim::claim(conn, &claim, now)).await.unwrap().jobs;
    let (ahead, at_once): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.ahead);
    let ids = |jobs: Vec<Arc<Job>>| jobs.into_iter().map(|job| job.id).collect();
    (ids(at_once), ids(ahead))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_worker_costs_a_retry_only_what_had_begun_for_certain() {
    let bench = Bench::standing_still(&[]);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(bench.put(NewJob { max_retries: 0, ..bench.job(&Scripted::succeeding()) }).await);
    }
    let settling = bench.start_for(Registry::default().with::<Hasty>(), std::time::Duration::from_secs(5));
    assert_eq!(claim_and_die(&bench, 3, 1).await, (vec![ids[0]], vec![ids[1], ids[2]]));
    bench.advance(TimeDelta::seconds(30));
    bench.reaches(ids[0], JobStatus::Failed).await;
    for id in [ids[1], ids[2]] {
        let job = bench.becomes(id, "claimable", |job| job.claimable).await;
        assert_eq!((job.status.as_str(), job.retry_count, job.losses, job.error_message), ("pending", 0, 1, None));
        assert_eq!(bench.outcomes(id).await, ["lost"]);
    }
    // Whose worker was lost is not claimed ahead again; what comes behind it is.
    assert_eq!(claim_and_die(&bench, 3, 1).await, (vec![ids[1]], vec![ids[3]]));
    bench.advance(TimeDelta::seconds(30));
    bench.reaches(ids[1], JobStatus::Failed).await;
    bench.becomes(ids[3], "claimable", |job| job.claimable).await;
    assert_eq!(claim_and_die(&bench, 3, 0).await, (vec![], vec![]));
    settling.stop().await;
    let workers = bench.start();
    bench.reaches(ids[2], JobStatus::Completed).await;
    bench.reaches(ids[3], JobStatus::Completed).await;
    workers.stop().await;
}
