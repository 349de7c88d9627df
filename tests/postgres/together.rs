//! Several processes on one database.

use std::thread;

use serde_json::json;

use crate::support::Scene;
use crate::support::eventually;

#[test]
fn two_servers_share_the_load_and_do_each_job_once() {
    const USERS: usize = 60;
    let scene = Scene::new();
    let servers = [(); 2].map(|()| scene.start(&[("WORKER_COUNT", "4")]));
    thread::scope(|scope| {
        for connection in 0..6 {
            let client = scene.client(&servers[connection % 2]);
            scope.spawn(move || {
                for user in 0..USERS / 6 {
                    let answer = client.sign_up(&format!("user{connection}-{user}@example.com"));
                    assert_eq!(answer.status, 201, "{answer:?}");
                }
            });
        }
    });
    servers[0].drained();
    servers.into_iter().for_each(|server| server.stop().assert_untroubled());
    assert_eq!(scene.count("users"), i64::try_from(USERS).unwrap());
    assert_eq!(scene.count("job_attempts WHERE outcome <> 'completed'"), 0, "attempts that were in vain");
    assert_eq!(scene.number("SELECT count(DISTINCT worker) AS value FROM job_attempts"), 2, "both servers worked");
    scene.assert_every_user_checked_in_once();
}

#[test]
fn the_jobs_of_a_killed_server_are_taken_over_by_another() {
    let scene = Scene::new();
    let killed = scene.start(&[("WORKER_COUNT", "1"), ("JOB_LEASE", "1s")]);
    let client = scene.client(&killed);
    // A lock on the sign-up counts holds every check-in up in its last step.
    let mut holder = scene.connect();
    let hold = "BEGIN; LOCK TABLE signup_counts IN ACCESS EXCLUSIVE MODE";
    diesel::connection::SimpleConnection::batch_execute(&mut holder, hold).unwrap();
    assert_eq!(client.sign_up("taro@example.com").status, 201);
    eventually("a job runs", || (client.get("/health").body["jobs"]["processing"] == 1).then_some(()));
    drop(killed);
    drop(holder);

    let other = scene.start(&[("WORKER_COUNT", "1")]);
    other.drained();
    assert_eq!(other.stop().code, Some(0));
    scene.assert_every_user_checked_in_once();
    assert_eq!(scene.count("job_attempts WHERE outcome = 'lost'"), 1);
}

#[test]
fn a_worker_is_told_of_what_a_server_commits() {
    const JOBS: i64 = 20;
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let worker = scene.spawn(&["worker"], &[]);
    let client = scene.client(&server);
    for job in 1..=JOBS {
        assert_eq!(client.post("/jobs", &json!({"job_type": "data_analysis", "payload": {}})).status, 201);
        let done = format!("job_queue WHERE id = {job} AND status = 'completed'");
        eventually("the job is done", || (scene.count(&done) == 1).then_some(()));
    }
    // Its own looks, a second apart, would be that quick for a few of them alone.
    let quick = scene.count("job_queue WHERE started_at - scheduled_at < interval '300 milliseconds'");
    assert!(quick >= JOBS / 2, "{quick} of {JOBS} jobs have started soon");
    [worker, server].into_iter().for_each(|process| process.stop().assert_untroubled());
}
