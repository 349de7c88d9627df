//! Limits of queues, where transactions run beside each other.

use std::sync::mpsc::channel;
use std::thread;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use keiyaku::clock::Clock;
use keiyaku::db::{AnyConnection, Db};
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::{self, Enqueued, Ground, Job, NewJob};
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

fn take(conn: &mut AnyConnection, limit: i64, now: NaiveDateTime) -> QueryResult<Vec<Job>> {
    let (room, worker, until) = (Room::ANY, "w".to_owned(), now + TimeDelta::seconds(30));
    let wanted = Claim {
        job_types: vec!["data_analysis"],
        limit,
        at_once: limit,
        room,
        ground: Ground::default(),
        worker,
        until,
    };
    claim::claim(conn, &wanted, now).map(|claimed| claimed.jobs)
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
    let second = {
        let db = db.clone();
        thread::spawn(move || write(&db, move |conn| take(conn, 5, now)).len())
    };
    let waiting =
        format!("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'", scene.database().name());
    eventually("the second claim waits", || (scene.count(&waiting) > 0).then_some(()));
    go_on.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (2, 1));
    assert_eq!(write(&db, move |conn| take(conn, 5, now)).len(), 0);
    write(&db, |conn| queues::set_max_running(conn, "reports", None));
    assert_eq!(write(&db, move |conn| take(conn, 5, now)).len(), 3);
}
