//! Claims, leases and fences between transactions that run at the same time.

use std::sync::Arc;
use std::sync::mpsc::channel;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use keiyaku::api::models::AttemptOutcome;
use keiyaku::clock::Clock;
use keiyaku::db::{AnyConnection, Db, DbError};
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::{self, DEFAULT_QUEUE, Ground, Job, NewJob};
use keiyaku::models::jobs::{lease, settle};
use keiyaku::models::leases;
use keiyaku::models::queues::Room;

use crate::support::{Scene, block_on, write};

const TYPES: [&str; 1] = ["data_analysis"];

fn put(db: &Db, priority: i32, at: NaiveDateTime) -> i64 {
    let job = NewJob {
        job_type: TYPES[0].to_owned(),
        queue: DEFAULT_QUEUE.to_owned(),
        payload: "{}".to_owned(),
        user_id: None,
        priority,
        max_retries: 3,
        scheduled_at: Some(at),
        unique_key: None,
        timeout_seconds: None,
    };
    write(db, move |conn| jobs::enqueue(conn, &job, Clock::system().now())).id
}

/// A claim of up to `limit` jobs with a lease of `seconds`.
fn claim(worker: &str, limit: i64, now: NaiveDateTime, seconds: i64) -> Claim {
    let (worker, until) = (worker.to_owned(), now + TimeDelta::seconds(seconds));
    Claim {
        job_types: TYPES.to_vec(),
        limit,
        at_once: limit,
        room: Room::ANY,
        ground: Ground::default(),
        worker,
        until,
    }
}

fn take(conn: &mut AnyConnection, wanted: &Claim, now: NaiveDateTime) -> QueryResult<Vec<Job>> {
    claim::claim(conn, wanted, now).map(|claimed| claimed.jobs.into_iter().map(Arc::unwrap_or_clone).collect())
}

/// What has lost its workers locked.
fn abandoned(conn: &mut AnyConnection) -> QueryResult<Vec<Job>> {
    let abandoned = settle::abandoned(conn, None, 9)?;
    settle::unsettled(conn, &abandoned)
}

fn ids(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|job| job.id).collect()
}

#[test]
fn a_claim_skips_what_another_is_claiming() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    let jobs: Vec<i64> = (0..4).map(|_| put(&db, 0, now)).collect();
    let (claimed, is_claimed) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let first = {
        let db = db.clone();
        std::thread::spawn(move || {
            write(&db, move |conn| {
                let jobs = take(conn, &claim("one", 2, now, 30), now)?;
                claimed.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(jobs)
            })
        })
    };
    is_claimed.recv().unwrap();
    // The first transaction is still open: this neither waits for it nor takes its jobs.
    let second = write(&db, move |conn| take(conn, &claim("two", 9, now, 30), now));
    go_on.send(()).unwrap();
    let first = first.join().unwrap();
    assert_eq!((ids(&first), ids(&second)), (jobs[..2].to_vec(), jobs[2..].to_vec()));
    assert!(first[0].lease < second[0].lease, "the number only grows");
}

#[test]
fn what_one_process_is_settling_another_leaves_to_it() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    let lost = put(&db, 0, now);
    write(&db, move |conn| take(conn, &claim("lost", 1, now, 1), now));
    let after = now + TimeDelta::seconds(2);
    assert_eq!(write(&db, move |conn| leases::delete_ended(conn, after)), 1);
    let (settling, is_settling) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let first = {
        let db = db.clone();
        std::thread::spawn(move || {
            write(&db, move |conn| {
                let jobs = abandoned(conn)?;
                settling.send(()).unwrap();
                may_go_on.recv().unwrap();
                jobs.iter().try_for_each(|job| lease::fail(conn, job, AttemptOutcome::Lost, "lost", None, after))?;
                Ok(ids(&jobs))
            })
        })
    };
    is_settling.recv().unwrap();
    let second = write(&db, move |conn| Ok(ids(&abandoned(conn)?)));
    go_on.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second), (vec![lost], vec![]));
}

#[test]
fn of_two_transactions_in_each_others_way_one_is_asked_to_try_again() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    let jobs = [put(&db, 0, now), put(&db, 0, now)];
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(2));
    let cross = |first: i64, second: i64| {
        let (db, barrier) = (db.clone(), std::sync::Arc::clone(&barrier));
        std::thread::spawn(move || {
            block_on(db.write(move |conn| {
                settle::release(conn, &[first])?;
                barrier.wait();
                settle::release(conn, &[second])
            }))
        })
    };
    let ends = [cross(jobs[0], jobs[1]), cross(jobs[1], jobs[0])].map(|thread| thread.join().unwrap());
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1, "{ends:?}");
    assert!(ends.iter().any(|end| matches!(end, Err(DbError::Unavailable(_)))), "{ends:?}");
}

#[test]
fn a_lease_that_is_being_taken_away_keeps_no_other_from_being_extended() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    let jobs = [put(&db, 0, now), put(&db, 0, now)];
    let claims = jobs.map(|_| write(&db, move |conn| take(conn, &claim("one", 1, now, 30), now)).remove(0));
    let given = claims.map(|job| job.lease.unwrap());
    let mut holder = scene.connect();
    holder.batch_execute(&format!("BEGIN; DELETE FROM job_leases WHERE lease = {}", given[0])).unwrap();
    let until = now + TimeDelta::seconds(3600);
    assert_eq!(write(&db, move |conn| leases::extend(conn, &given, until)), 1);
    let extended = format!("job_leases WHERE lease = {} AND ends_at > '{}'", given[1], now + TimeDelta::seconds(1800));
    assert_eq!(scene.count(&extended), 1);
}
