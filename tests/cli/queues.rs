//! `keiyaku queues …`.

use serde_json::{Value, json};

use crate::support::http::Connection;
use crate::support::{Scene, eventually, json, keiyaku, mail_job, put_in};

#[test]
fn a_queue_is_paused_for_the_server_beside_and_resumed() {
    let scene = Scene::new();
    let server = scene.start::<&str>(&[]);
    scene.run(&["queues", "limit", "reports", "--max-running", "2"]);
    let report = json!({ "job_type": "data_analysis", "queue": "reports", "payload": {} });
    put_in(&scene, &server, std::slice::from_ref(&report));
    let completed = || scene.open().count("job_queue WHERE status = 'completed'");
    eventually("the job is completed", || (completed() == 1).then_some(()));

    let paused = json(&scene, "queues pause reports --json");
    assert_eq!((&paused["paused"], &paused["max_running"]), (&json!(true), &json!(2)));
    put_in(&scene, &server, &[report, mail_job("mail", 99)]);
    eventually("the job of the other queue ends", || {
        (scene.open().count("job_queue WHERE completed_at IS NOT NULL") == 2).then_some(())
    });
    assert_eq!(completed() + scene.open().count("job_queue WHERE status = 'pending'"), 3);
    let mut api = Connection::open(server.address()).unwrap();
    let list = api.get("/queues", Some(&scene.token("jobs:read"))).unwrap();
    assert_eq!(json(&scene, "queues list --json"), serde_json::from_slice::<Value>(&list.body).unwrap());

    scene.run(&["queues", "resume", "reports"]);
    eventually("the job is completed", || {
        (scene.open().count("job_queue WHERE status = 'pending'") == 0).then_some(())
    });
}

#[test]
fn a_limit_is_set_and_taken_away() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    assert_eq!(keiyaku(&scene, "queues list").said, "no queues\n");
    let table = scene.run(&["queues", "limit", "reports", "--max-running", "2"]);
    let expected = "QUEUE    STATE  MAX RUNNING  PENDING  PROCESSING  RETRY PENDING  FAILED\n\
                    reports  open             2        0           0              0       0";
    assert_eq!(table, expected);
    scene.run(&["queues", "limit", "reports", "--no-limit"]);
    assert_eq!(json(&scene, "queues list --json"), json!({ "items": [] }));
    assert_eq!(json(&scene, "queues pause reports --json")["paused"], json!(true));
    scene.run(&["queues", "resume", "reports"]);
    assert_eq!(json(&scene, "queues list --json"), json!({ "items": [] }));
    for wrong in
        ["limit reports", "limit reports --max-running 0", "limit a/b --no-limit", "limit r --max-running 1 --no-limit"]
    {
        assert_eq!(keiyaku(&scene, &format!("queues {wrong}")).code, Some(2), "{wrong}");
    }
}
