//! Several processes on one database.

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
