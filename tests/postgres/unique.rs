//! Unique keys, where a retry runs beside another transaction that gives the key away.

use std::thread;

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::client::{Answer, Client};
use crate::support::server::Server;
use crate::support::{Scene, eventually};

/// A server on this scene with two cancelled jobs, 1 and 2, that have one key, and a third without.
fn with_cancelled_jobs(scene: &Scene) -> (Server, Client) {
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    for (id, key) in [(1, Some("monthly")), (2, Some("monthly")), (3, None)] {
        let mut job = json!({"job_type": "data_analysis", "payload": {}});
        if let Some(key) = key {
            job["unique_key"] = json!(key);
        }
        assert_eq!(client.post("/jobs", &job).body["id"], id);
        assert_eq!(client.post(&format!("/jobs/{id}/cancel"), &json!({})).status, 200);
    }
    (server, client)
}

/// What is asked of the server while another transaction has put job 1 back to waiting and is not committed.
fn beside_another(scene: &Scene, server: &Server, ask: impl FnOnce(Client) -> Answer + Send) -> Answer {
    let mut other = scene.connect();
    let put_back = "BEGIN; UPDATE job_queue SET status = 'pending', completed_at = NULL WHERE id = 1";
    other.batch_execute(put_back).unwrap();
    let waiting =
        format!("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'", scene.database().name());
    thread::scope(|scope| {
        let asked = scope.spawn(|| ask(scene.client(server)));
        eventually("the retry waits for the other transaction", || (scene.count(&waiting) > 0).then_some(()));
        other.batch_execute("COMMIT").unwrap();
        asked.join().unwrap()
    })
}

#[test]
fn a_retry_whose_key_another_transaction_is_giving_away_is_refused() {
    let scene = Scene::new();
    let (server, client) = with_cancelled_jobs(&scene);
    let refused = beside_another(&scene, &server, |client| client.post("/jobs/2/retry", &json!({})));
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_eq!(refused.body["detail"], "Job 1 has it.");
    assert_eq!(client.get("/jobs/2").body["status"], "cancelled");
    scene.assert_counts_are_right();
    server.stop().assert_untroubled();
}

#[test]
fn a_retry_of_many_passes_over_the_one_whose_key_another_transaction_is_giving_away() {
    let scene = Scene::new();
    let (server, client) = with_cancelled_jobs(&scene);
    let done = beside_another(&scene, &server, |client| client.post("/jobs/retry", &json!({"ids": [2, 3]})));
    assert_eq!((done.status, done.body), (200, json!({"changed": 1, "skipped": 1, "more": false})));
    let statuses = [1, 2, 3].map(|id| client.get(&format!("/jobs/{id}")).body["status"].clone());
    assert_eq!(statuses, ["pending", "cancelled", "pending"]);
    scene.assert_counts_are_right();
    server.stop().assert_untroubled();
}
