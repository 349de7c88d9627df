//! Limits of queues and many jobs at once, where transactions run beside each other.

use std::sync::mpsc::channel;
use std::thread;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use keiyaku::clock::Clock;
use keiyaku::db::{AnyConnection, Db};
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::control::{self, Step};
use keiyaku::models::jobs::{self, Enqueued, Filter, Ground, Job, NewJob, lease};
use keiyaku::models::queues::{self, Room};

use crate::support::{Scene, block_on, eventually, write};

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
    let waiting = format!("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'", scene.database());
    eventually("the second claim waits", || (scene.count(&waiting) > 0).then_some(()));
    go_on.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (2, 1));
    assert_eq!(write(&db, move |conn| take(conn, 5, now)).len(), 0);
    write(&db, |conn| queues::set_max_running(conn, "reports", None));
    assert_eq!(write(&db, move |conn| take(conn, 5, now)).len(), 3);
}

#[test]
fn a_batch_is_put_in_in_its_order_and_of_each_key_one() {
    let scene = Scene::new();
    let db = scene.db();
    let there = put(&db, vec![job(Some("there"))])[0].id;
    let batch = [None, Some("new"), Some("there"), None, Some("new")];
    let enqueued = put(&db, batch.map(job).to_vec());
    let are_new: Vec<bool> = enqueued.iter().map(|job| job.is_new).collect();
    assert_eq!(are_new, [true, true, false, true, false]);
    assert_eq!((enqueued[2].id, enqueued[4].id), (there, enqueued[1].id));
    assert!(put(&db, vec![job(None); 2_500]).is_sorted_by_key(|job| job.id));
}

#[test]
fn many_jobs_are_cancelled_and_run_again_and_found_by_text() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    put(&db, vec![job(None), job(Some("Monthly")), job(None)]);
    let running = write(&db, move |conn| take(conn, 1, now)).remove(0);
    let all = |status| Filter { status: Some(status), queue: Some("reports".to_owned()), ..Filter::default() };
    use keiyaku::api::models::JobStatus::{Cancelled, Pending, Processing};
    let done = |changed| Step { changed, taken: 0, last: None };
    assert_eq!(write(&db, move |conn| control::cancel_all(conn, &all(Pending), 10, now)), done(2));
    assert_eq!(write(&db, move |conn| control::cancel_all(conn, &all(Processing), 10, now)), done(1));
    let late = block_on(db.write(move |conn| lease::complete(conn, &running, &lease::Report::default(), now)));
    assert!(late.is_err(), "its lease went with the cancellation");
    assert_eq!(write(&db, move |conn| control::retry_all(conn, &all(Cancelled), 10, now)), done(3));
    let by_text = Filter { text: Some("mONTHLY".to_owned()), ..Filter::default() };
    assert_eq!(write(&db, move |conn| jobs::list(conn, &by_text, 10)).len(), 1);
}

#[test]
fn what_a_job_says_of_itself_is_noted_while_it_runs() {
    let scene = Scene::new();
    let (db, now) = (scene.db(), Clock::system().now());
    put(&db, vec![job(None)]);
    let running = write(&db, move |conn| take(conn, 1, now)).remove(0);
    let id = running.id;
    let report = lease::Report { progress: Some((40, "half".to_owned())), output: Some("{}".to_owned()) };
    write(&db, move |conn| lease::report(conn, &[(&running, &report)]));
    let job = write(&db, move |conn| jobs::find(conn, id)).unwrap();
    assert_eq!(
        (job.progress, job.progress_note.as_deref(), job.output.as_deref()),
        (Some(40), Some("half"), Some("{}"))
    );
}
