//! The service over HTTP, from sign-up to analytics.

use std::thread;

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::{Scene, eventually};

const FLEXIBLE: (&str, &str) = ("VALIDATION_MODE", "flexible");

/// The jobs of a list, the first one first.
fn jobs(client: &Client, filter: &str) -> Vec<Value> {
    let mut jobs = client.get(&format!("/jobs?{filter}")).body["items"].as_array().unwrap().clone();
    jobs.reverse();
    jobs
}

#[test]
fn a_user_signs_up_and_the_jobs_do_the_rest_once() {
    let scene = Scene::new();
    let server = scene.start(&[FLEXIBLE]);
    let client = scene.client(&server);
    let taro = json!({"email": "Taro@example.com", "age": 25, "name": "太郎", "hobby": ["go", "tea"], "location": "Kyoto", "score": 75, "exact": 1.50});
    let created = client.post("/users", &taro);
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!((created.header("location").as_str(), &created.body["id"]), ("/users/1", &json!(1)));
    assert_eq!(created.body["additional_data"]["hobby"], json!(["go", "tea"]));
    let taken = client.sign_up("tARO@example.com");
    assert_eq!((taken.status, &taken.body["error"]), (409, &json!("Email address is already taken")));

    server.drained();
    let profile = client.get("/users/1/profile").body;
    let expected = json!({"interests": ["go", "tea"], "region": "Kyoto", "rank": "gold"});
    ["interests", "region", "rank"].iter().for_each(|name| assert_eq!(profile[name], expected[name], "{profile}"));
    assert_eq!(client.get("/users/1").body, created.body);
    assert_eq!(client.get("/analytics/signups").body["total"], 1);
    assert_eq!(client.get("/readyz").status, 200);

    let stats = client.get("/jobs/stats").body;
    assert_eq!((&stats["by_status"]["completed"], &stats["oldest_pending_at"]), (&json!(2), &Value::Null), "{stats}");
    assert_eq!(stats["by_job_type"].as_array().unwrap().len(), 2);
    for (job, job_type) in jobs(&client, "user_id=1").iter().zip(["user_created", "send_welcome_email"]) {
        assert_eq!((&job["job_type"], &job["status"]), (&json!(job_type), &json!("completed")));
        let attempts = client.get(&format!("/jobs/{}", job["id"])).body["attempts"].clone();
        let [attempt] = attempts.as_array().unwrap().as_slice() else { panic!("{attempts}") };
        assert_eq!((&attempt["attempt"], &attempt["outcome"]), (&json!(1), &json!("completed")));
    }
    server.stop().assert_untroubled();
    scene.assert_every_user_checked_in_once();
}

#[test]
fn users_are_listed_in_pages_and_changed_by_whoever_read_them_last() {
    let scene = Scene::new();
    let server = scene.start(&[]);
    let client = scene.client(&server);
    for user in 1..=5 {
        assert_eq!(client.sign_up(&format!("user{user}@example.com")).status, 201);
    }
    let mut emails = Vec::new();
    let mut path = "/users?limit=2".to_owned();
    loop {
        let page = client.get(&path).body;
        emails.extend(page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/users?limit=2&cursor={cursor}");
    }
    assert_eq!(emails, (1..=5).map(|user| format!("user{user}@example.com")).collect::<Vec<_>>());

    let found = |filter: &str| client.get(&format!("/users?{filter}")).body["items"].as_array().unwrap().len();
    assert_eq!(found("email=USER3@example.com&is_active=true"), 1);
    let third = client.get("/users/3");
    let created = third.body["created_at"].as_str().unwrap();
    assert_eq!(found(&format!("created_after={created}")), 3, "to the microsecond");
    assert_eq!(found(&format!("created_before={created}")), 2);
    assert_eq!(found("created_after=0000-01-01T00:00:00Z&created_before=9999-12-31T23:59:59Z"), 5);

    let patched = client.patch("/users/3", &third.header("etag"), &json!({"name": null, "age": 30}));
    assert_eq!((patched.status, &patched.body["age"]), (200, &json!(30)), "{patched:?}");
    assert_eq!(client.get("/users/3").header("etag"), patched.header("etag"));
    assert_eq!(client.patch("/users/3", &third.header("etag"), &json!({"age": 31})).status, 412);
    assert_eq!(client.patch("/users/3", "*", &json!({"email": "USER1@example.com"})).status, 409);
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

#[test]
fn jobs_are_enqueued_over_http_and_wait_for_their_time() {
    let scene = Scene::new();
    let server = scene.start(&[]);
    let client = scene.client(&server);
    assert_eq!(client.sign_up("taro@example.com").status, 201);
    server.drained();
    let report = client.post("/jobs", &json!({"job_type": "data_analysis", "payload": {}, "priority": 7}));
    assert_eq!((report.status, &report.body["status"]), (201, &json!("pending")), "{report:?}");
    server.drained();
    let later =
        json!({"job_type": "data_analysis", "payload": {}, "scheduled_at": "2999-01-01T00:00:00Z", "queue": "slow"});
    let later = client.post("/jobs", &later);
    assert_eq!(later.body["scheduled_at"], "2999-01-01T00:00:00Z");

    let done = client.get(&report.header("location")).body;
    assert_eq!((&done["status"], &done["error_message"]), (&json!("completed"), &Value::Null), "{done}");
    assert_eq!((&done["priority"], &done["output"]["users"]), (&json!(7), &json!(1)), "{done}");
    assert_eq!(client.get(&later.header("location")).body["status"], "pending");
    assert_eq!(jobs(&client, "queue=slow&status=pending&job_type=data_analysis").len(), 1);
    assert_eq!(client.get("/health").body["jobs"]["pending"], 1);
    assert_eq!(client.get("/jobs/stats").body["oldest_pending_at"], Value::Null, "it is not due");
    assert_eq!(client.get("/jobs/4711").status, 404);
    assert_eq!(client.post("/jobs", &json!({"job_type": "unknown", "payload": {}})).status, 400);
    server.stop().assert_untroubled();
    scene.assert_counts_are_right();
}

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
fn jobs_and_queues_are_controlled_as_on_sqlite() {
    let scene = Scene::new();
    let server = scene.start(&[]);
    let client = scene.client(&server);
    let nothing = json!({});
    let report =
        json!({"job_type": "data_analysis", "payload": {}, "queue": "reports", "scheduled_at": "2100-01-01T00:00:00Z"});
    assert_eq!(client.post("/jobs", &report).status, 201);
    assert_eq!(client.post("/queues/reports/pause", &nothing).body["paused"], true);
    assert_eq!(client.post("/jobs/1/cancel", &nothing).body["status"], "cancelled");
    assert_eq!(client.post("/jobs/1/cancel", &nothing).status, 409);
    assert_eq!(client.post("/jobs/1/retry", &nothing).body["status"], "pending");
    // Another queue's job is done while this one's waits.
    assert_eq!(client.sign_up("taro@example.com").status, 201);
    eventually("the others are done", || (client.get("/jobs/stats").body["by_status"]["completed"] == 2).then_some(()));
    let queues = client.get("/queues").body["items"].clone();
    assert_eq!(
        (&queues[1]["name"], &queues[1]["pending"], &queues[1]["paused"]),
        (&json!("reports"), &json!(1), &json!(true))
    );
    assert_eq!(client.post("/queues/reports/resume", &nothing).body["paused"], false);
    server.drained();
    assert_eq!(client.get("/jobs/1").body["status"], "completed");
    server.stop().assert_untroubled();
}
