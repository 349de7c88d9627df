//! Deleting a user beside another transaction.

use std::sync::mpsc::channel;
use std::thread;

use chrono::TimeDelta;
use keiyaku::clock::Clock;
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::{self, Ground, NewJob};
use keiyaku::models::queues::Room;

use crate::support::{Scene, block_on, eventually};

#[test]
fn the_mail_of_a_check_in_that_commits_during_the_deletion_is_not_forgotten() {
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    assert_eq!(client.sign_up("taro@example.com").status, 201);

    // A worker in the middle of its commit.
    let (db, now) = (scene.db(), Clock::system().now());
    let (enqueued, is_enqueued) = channel();
    let (commit, may_commit) = channel::<()>();
    let check_in = move |conn: &mut keiyaku::db::AnyConnection| {
        let until = now + TimeDelta::seconds(30);
        let claim = Claim {
            job_types: vec!["user_created"],
            limit: 1,
            at_once: 1,
            room: Room::ANY,
            ground: Ground::default(),
            worker: "one".to_owned(),
            until,
        };
        let claimed = claim::claim(conn, &claim, now)?.jobs;
        lease::complete(conn, &claimed[0], &Report::default(), now)?;
        let mail = NewJob {
            job_type: "send_welcome_email".to_owned(),
            queue: jobs::DEFAULT_QUEUE.to_owned(),
            payload: r#"{"user_id":1}"#.to_owned(),
            user_id: Some(1),
            priority: 0,
            max_retries: 3,
            scheduled_at: None,
            unique_key: None,
            timeout_seconds: None,
        };
        enqueued.send(jobs::enqueue(conn, &mail, now)?.id).unwrap();
        may_commit.recv().unwrap();
        Ok(())
    };
    let checked_in = thread::spawn(move || block_on(db.write(check_in)).unwrap());
    let mail = is_enqueued.recv().unwrap();

    let deleted = thread::spawn(move || client.delete("/users/1").status);
    let waiting =
        format!("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'", scene.database().name());
    eventually("the deletion waits", || (scene.count(&waiting) > 0).then_some(()));
    commit.send(()).unwrap();
    checked_in.join().unwrap();
    assert_eq!(deleted.join().unwrap(), 204);
    let erased = "SELECT payload::json ->> 'user_id' AS value FROM job_queue WHERE job_type = 'erase_mail'";
    assert_eq!(scene.texts(erased), ["1"]);
    let sent = format!("SELECT payload AS value FROM job_queue WHERE id = {mail}");
    assert_eq!(scene.texts(&sent), [r#"{"user_id":1}"#]);
    server.stop().assert_untroubled();
}
