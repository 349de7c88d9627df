//! The service over HTTP, where PostgreSQL differs.

use std::thread;

use serde_json::{Value, json};

use crate::support::Scene;

const FLEXIBLE: (&str, &str) = ("VALIDATION_MODE", "flexible");

#[test]
fn a_nul_that_the_columns_cannot_hold_stops_nothing() {
    let scene = Scene::new();
    let server = scene.start(&[FLEXIBLE]);
    let client = scene.client(&server);
    let nul =
        json!({"email": "nul@example.com", "age": 25, "hobby": ["go", "a\0b"], "location": "Kyo\0to", "\0": "\0"});
    let created = client.post("/users", &nul);
    assert_eq!((created.status, &created.body["additional_data"]["location"]), (201, &json!("Kyo\0to")), "{created:?}");
    server.drained();
    let profile = client.get("/users/1/profile").body;
    assert_eq!((&profile["interests"], &profile["region"]), (&json!(["go"]), &Value::Null), "{profile}");
    scene.assert_every_user_checked_in_once();

    for path in ["/jobs?queue=%00", "/jobs?job_type=%00", "/jobs?cursor=%00", "/users?email=%00@example.com"] {
        assert_eq!(client.get(path).status, 400, "{path}");
    }
    assert_eq!(client.sign_up("a\0b@example.com").status, 400);
    assert_eq!(client.patch("/users/1", "*", &json!({"name": "\0"})).status, 400);
    assert_eq!(client.post("/jobs", &json!({"job_type": "data_analysis\0", "payload": {}})).status, 400);
    server.stop().assert_untroubled();
}

#[test]
fn of_changes_to_one_version_at_the_same_time_one_is_made() {
    let scene = Scene::new();
    let server = scene.start(&[]);
    let client = scene.client(&server);
    for round in 0..5 {
        let tag = client.sign_up(&format!("user{round}@example.com")).header("etag");
        let path = format!("/users/{}", round + 1);
        let change = |age: i32| scene.client(&server).patch(&path, &tag, &json!({"age": age})).status;
        let mut answers = thread::scope(|scope| {
            let changes: Vec<_> = (50..54).map(|age| scope.spawn(move || change(age))).collect();
            changes.into_iter().map(|change| change.join().unwrap()).collect::<Vec<_>>()
        });
        answers.sort_unstable();
        assert_eq!(answers, [200, 412, 412, 412]);
    }
}
