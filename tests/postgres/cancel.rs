//! Many jobs are cancelled while others change them.

use std::thread;

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::{Scene, eventually};

#[test]
fn a_job_that_is_given_back_while_all_are_cancelled_is_cancelled_too() {
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    for scheduled_at in ["2100-01-01T00:00:00Z", "2026-01-01T00:00:00Z"] {
        let job = json!({ "job_type": "data_analysis", "payload": {}, "scheduled_at": scheduled_at });
        assert_eq!(client.post("/jobs", &job).status, 201);
    }
    scene.execute(
        "INSERT INTO job_leases VALUES (9, '2100-01-01');
         UPDATE job_queue SET status = 'processing', claimable = FALSE, lease = 9, worker = 'w', attempts = 1, started_at = now()
         WHERE id = 2",
    );
    let mut holder = scene.connect();
    holder.batch_execute("BEGIN; SELECT id FROM job_queue WHERE id = 1 FOR UPDATE").unwrap();
    let cancelling = {
        let client = scene.client(&server);
        thread::spawn(move || client.post("/jobs/cancel", &json!({ "queue": "default" })))
    };
    let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("those that wait are being cancelled", || (scene.count(waits) == 1).then_some(()));
    scene.execute(
        "UPDATE job_queue SET status = 'pending', claimable = TRUE, lease = NULL, worker = NULL, attempts = 0, started_at = NULL
         WHERE id = 2",
    );
    holder.batch_execute("ROLLBACK").unwrap();
    let answer = cancelling.join().unwrap();
    assert_eq!((answer.status, &answer.body["changed"], &answer.body["more"]), (200, &json!(2), &json!(false)));
    assert_eq!(scene.count("job_queue WHERE status = 'cancelled'"), 2);
}
