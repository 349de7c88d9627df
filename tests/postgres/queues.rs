//! Limits of queues, where transactions run beside each other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use keiyaku::clock::Clock;
use keiyaku::db::{AnyConnection, Db};
use keiyaku::models::jobs::claim::{self, Claim, Claimed};
use keiyaku::models::jobs::{self, Enqueued, Ground, Job, NewJob, lease};
use keiyaku::models::queues::{self, Room};

use crate::support::{Scene, eventually, write};

fn job(unique_key: Option<&str>) -> NewJob {
    NewJob {
        job_type: "data_analysis".to_owned(),
        queue: "reports".to_owned(),
        payload: "{}".to_owned(),
        user_id: None,
        priority: 0,
        max_retries: 3,
        scheduled_at: None,
        unique_key: unique_key.map(str::to_owned),
        timeout_seconds: None,
    }
}

fn put(db: &Db, batch: Vec<NewJob>) -> Vec<Enqueued> {
    write(db, move |conn| jobs::enqueue_all(conn, &batch, Clock::system().now()))
}

fn wanted(limit: i64, room: Room, ground: Ground, now: NaiveDateTime) -> Claim {
    let (job_types, worker, until) = (vec!["data_analysis"], "w".to_owned(), now + TimeDelta::seconds(30));
    Claim { job_types, limit, at_once: limit, room, ground, worker, until }
}

fn take(conn: &mut AnyConnection, limit: i64, now: NaiveDateTime) -> QueryResult<Vec<Arc<Job>>> {
    claim::claim(conn, &wanted(limit, Room::ANY, Ground::default(), now), now).map(|claimed| claimed.jobs)
}

/// Claims in a thread of its own, from the whole queue.
fn take_beside(db: &Db, limit: i64, now: NaiveDateTime) -> thread::JoinHandle<Claimed> {
    let (db, wanted) = (db.clone(), wanted(limit, Room::ANY, Ground::default(), now));
    thread::spawn(move || write(&db, move |conn| claim::claim(conn, &wanted, now)))
}

/// Waits until somebody has waited for a lock for so long.
fn is_kept_waiting(scene: &Scene, milliseconds: i64) {
    let waiting = format!(
        "pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'
         AND clock_timestamp() - query_start > interval '{milliseconds} ms'",
        scene.database().name()
    );
    eventually("a claim waits", || (scene.count(&waiting) > 0).then_some(()));
}

fn queues_of(jobs: &[Arc<Job>]) -> Vec<&str> {
    jobs.iter().map(|job| job.queue.as_str()).collect()
}

#[test]
fn claims_that_run_beside_each_other_keep_within_the_limit_of_a_queue() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    put(&db, vec![job(None); 6]);
    write(&db, |conn| queues::set_max_running(conn, "reports", Some(3)));
    let (claimed, is_claimed) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let first = {
        let db = db.clone();
        thread::spawn(move || {
            write(&db, move |conn| {
                let jobs = take(conn, 2, now)?;
                claimed.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(jobs.len())
            })
        })
    };
    is_claimed.recv().unwrap();
    let second = take_beside(&db, 5, now);
    is_kept_waiting(&scene, 0);
    go_on.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second.join().unwrap().jobs.len()), (2, 1));
    assert_eq!(write(&db, move |conn| take(conn, 5, now)).len(), 0);
    write(&db, |conn| queues::set_max_running(conn, "reports", None));
    assert_eq!(write(&db, move |conn| take(conn, 5, now)).len(), 3);
}

#[test]
fn a_queue_that_was_full_before_a_claim_waited_for_another_is_left_to_the_next_claim() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    let in_queue = |name: &str| NewJob { queue: name.to_owned(), ..job(None) };
    for name in ["q1", "q2"] {
        write(&db, move |conn| queues::set_max_running(conn, name, Some(1)));
    }
    put(&db, vec![in_queue("q2")]);
    let running = write(&db, move |conn| take(conn, 1, now)).remove(0);
    put(&db, vec![in_queue("q1"), in_queue("q2"), in_queue("q2")]);

    let mut holder = scene.connect();
    holder.batch_execute("BEGIN; SELECT * FROM queues WHERE name = 'q1' FOR UPDATE").unwrap();
    let first = take_beside(&db, 5, now);
    is_kept_waiting(&scene, 0);
    // Meanwhile there is room in the other queue, which another process is about to take.
    write(&db, move |conn| lease::complete(conn, &running, &lease::Report::default(), now));
    let (claimed, is_claimed) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let second = {
        let (db, room) = (db.clone(), Room { listed: BTreeMap::from([("q2".to_owned(), 5)]), others: 0 });
        thread::spawn(move || {
            write(&db, move |conn| {
                let jobs = claim::claim(conn, &wanted(5, room, Ground::default(), now), now)?.jobs;
                claimed.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(jobs)
            })
        })
    };
    is_claimed.recv().unwrap();
    holder.batch_execute("COMMIT").unwrap();
    let first = first.join().unwrap();
    go_on.send(()).unwrap();
    assert_eq!((queues_of(&first.jobs), queues_of(&second.join().unwrap())), (vec!["q1"], vec!["q2"]));
    assert!(first.is_held_back, "what it left is looked for again");
    assert_eq!(scene.count("job_queue WHERE queue = 'q2' AND status = 'processing'"), 1);
}

#[test]
fn a_claim_that_waited_for_another_is_not_taken_for_a_long_look() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    write(&db, |conn| queues::set_max_running(conn, "reports", Some(50)));
    put(&db, vec![job(None); 2]);
    let mut holder = scene.connect();
    holder.batch_execute("BEGIN; SELECT * FROM queues FOR UPDATE").unwrap();
    let kept_waiting = take_beside(&db, 1, now);
    is_kept_waiting(&scene, 1_500);
    holder.batch_execute("COMMIT").unwrap();
    let mut ground = kept_waiting.join().unwrap().ground;

    // Before what it knows: a queue that is new, and a job that is more urgent.
    put(&db, vec![NewJob { queue: "new".to_owned(), ..job(None) }, NewJob { priority: 5, ..job(None) }]);
    let (since, mut found) = (Instant::now(), 0);
    eventually("both are found", || {
        let wanted = wanted(1, Room::ANY, std::mem::take(&mut ground), now);
        let claimed = write(&db, move |conn| claim::claim(conn, &wanted, now));
        ground = claimed.ground;
        found += claimed.jobs.iter().filter(|job| job.queue == "new" || job.priority == 5).count();
        (found == 2).then_some(())
    });
    // Twenty times of what it waited would be 30 s.
    assert!(since.elapsed() < Duration::from_secs(10), "after {:?}", since.elapsed());
}
