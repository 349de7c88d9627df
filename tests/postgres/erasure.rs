//! Deleting a user leaves nothing of the person in any table.

use std::sync::mpsc::channel;
use std::thread;

use chrono::TimeDelta;
use keiyaku::clock::Clock;
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::{self, Ground, NewJob};
use keiyaku::models::queues::Room;
use serde_json::json;

use crate::support::{Scene, block_on, eventually};

impl Scene {
    /// The tables with a row that holds `text` in any column, whatever the letters' case.
    fn tables_with(&self, text: &str) -> Vec<String> {
        let tables = self.texts("SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public'");
        let holds = |table: &String| self.count(&format!("{table} AS row WHERE row::text ILIKE '%{text}%'")) > 0;
        tables.into_iter().filter(holds).collect()
    }
}

#[test]
fn a_deleted_user_is_in_no_table_and_in_no_mail_and_stays_counted() {
    let scene = Scene::new();
    let server = scene.start(&[("VALIDATION_MODE", "flexible")]);
    let client = scene.client(&server);
    for (email, location) in [("taro@example.com", "Kyoto"), ("hanako@example.com", "Nara")] {
        let user = json!({"email": email, "age": 25, "name": email, "location": location, "hobby": location});
        assert_eq!(client.post("/users", &user).status, 201);
    }
    server.drained();
    let his = "job_id IN (SELECT id FROM job_queue WHERE user_id = 1)";
    scene.execute(&format!("UPDATE job_attempts SET error = 'no mail to taro@example.com' WHERE {his}"));
    assert_eq!(scene.mails().len(), 2);
    let mut before = scene.tables_with("taro@example.com");
    before.sort();
    assert_eq!(before, ["job_attempts", "job_queue", "users"], "otherwise this test looks for nothing");

    assert_eq!(client.delete("/users/1").status, 204);
    server.drained();
    assert_eq!(scene.tables_with("taro@"), [""; 0]);
    assert_eq!(scene.tables_with("kyoto"), [""; 0]);
    assert_eq!(scene.count("job_queue WHERE user_id = 1 AND payload <> '{\"user_id\":1}'"), 0);
    assert_eq!(scene.mails().len(), 1, "hers stays");
    assert_eq!(client.get("/users/1").status, 404);
    assert_eq!(client.get("/users/1/profile").status, 404);
    assert_eq!(client.delete("/users/1").status, 404);
    assert_eq!(client.get("/users/2/profile").body["region"], "Nara");
    assert_eq!(client.get("/analytics/signups").body["total"], 2, "who has left was there");
    assert_eq!(client.sign_up("TARO@example.com").body["id"], 3, "the address is free, the id is not used again");
    server.drained();
    server.stop().assert_untroubled();
    scene.assert_counts_are_right();
}

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
    let waiting = format!("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'", scene.database());
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
