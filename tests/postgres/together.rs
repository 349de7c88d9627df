//! Several processes on one database.

use std::thread;

use serde_json::json;

use crate::support::Scene;
use crate::support::eventually;

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

/// They add to the same rows, those of each type of this minute.
#[test]
fn processes_that_stop_at_once_all_write_down_what_their_attempts_came_to() {
    const USERS: i64 = 30;
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    for round in 1..=4 {
        let workers: Vec<_> = (0..4).map(|_| scene.spawn(&["worker"], &[("WORKER_COUNT", "1")])).collect();
        eventually("the workers are there", || (scene.count("workers") == 4).then_some(()));
        for user in 0..USERS {
            assert_eq!(client.sign_up(&format!("{user}.of.{round}@example.com")).status, 201);
        }
        let done = || scene.count("job_queue WHERE status = 'completed'") == round * 2 * USERS;
        eventually("all jobs are done", || done().then_some(()));
        let stops: Vec<_> = workers.into_iter().map(|worker| thread::spawn(|| worker.stop())).collect();
        stops.into_iter().for_each(|stop| stop.join().unwrap().assert_untroubled());
        assert_eq!(scene.number("SELECT sum(completed)::bigint AS value FROM job_minutes"), round * 2 * USERS);
    }
    server.stop().assert_untroubled();
}
