//! What an operator does to jobs and queues: retry, cancel, pause, resume.

use std::sync::Arc;
use std::time::Duration;

use keiyaku::jobs::{Context, Done, Job, JobError, Registry};
use keiyaku::worker::Worker;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, Service, TARO, eventually};

async fn post(service: &Service, path: &str) -> Answer {
    service.post(path, "").await
}

async fn enqueue(service: &Service, queue: &str) -> i64 {
    let job = json!({"job_type": "data_analysis", "payload": {}, "queue": queue, "max_retries": 1});
    service.post("/jobs", job.to_string()).await.json()["id"].as_i64().unwrap()
}

async fn is_completed(service: &Service, id: i64) {
    let look = async || (service.get(&format!("/jobs/{id}")).await.json()["status"] == "completed").then_some(());
    eventually("the job is completed", look).await;
}

#[tokio::test]
async fn a_failed_job_is_run_again_with_all_its_retries() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    service
        .sql(
            "UPDATE job_queue SET status = 'failed', retry_count = 3, error_message = 'no luck' WHERE id = 1;
             INSERT INTO job_attempts (job_id, attempt, outcome, error, started_at, finished_at)
             SELECT id, attempts, 'failed', error_message, started_at, completed_at FROM job_queue WHERE id = 1",
        )
        .await;
    let answer = post(&service, "/jobs/1/retry").await;
    assert_eq!(answer.status, 200);
    let job = answer.json();
    assert_eq!(
        [&job["status"], &job["retry_count"], &job["error_message"], &job["completed_at"]],
        [&json!("pending"), &json!(0), &json!(null), &json!(null)]
    );
    service.jobs_done().await;
    let done = service.get("/jobs/1").await.json();
    assert_eq!((&done["status"], done["attempts"].as_array().unwrap().len()), (&json!("completed"), 2));
    let refused = post(&service, "/jobs/1/retry").await;
    assert_eq!(refused.refusal(), (409, "The job is already completed".to_owned()));
    assert_eq!(post(&service, "/jobs/99/retry").await.refusal(), (404, "Job not found".to_owned()));
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_and_can_be_retried() {
    let service = Service::start().await;
    let id = enqueue(&service, "default").await;
    let answer = post(&service, &format!("/jobs/{id}/cancel")).await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("cancelled")));
    insta::assert_snapshot!(post(&service, &format!("/jobs/{id}/cancel")).await);
    service.work();
    let other = enqueue(&service, "default").await;
    service.jobs_done().await;
    assert_eq!(service.get(&format!("/jobs/{other}")).await.json()["status"], "completed");
    let cancelled = service.get(&format!("/jobs/{id}")).await.json();
    assert_eq!((&cancelled["status"], &cancelled["attempts"]), (&json!("cancelled"), &json!([])));
    assert_eq!(post(&service, &format!("/jobs/{id}/retry")).await.status, 200);
    service.jobs_done().await;
    assert_eq!(service.get(&format!("/jobs/{id}")).await.json()["status"], "completed");
}

/// A job that runs until it is told to stop, and then tries to have an effect all the same.
#[derive(Serialize, Deserialize)]
struct Endless {}

static STOPPED: Notify = Notify::const_new();

impl Job for Endless {
    const JOB_TYPE: &'static str = "data_analysis";

    async fn run(self, context: Context) -> Result<Done, JobError> {
        context.revoked.cancelled().await;
        STOPPED.notify_one();
        Ok(Done::with(|_, _| panic!("an effect of a cancelled job")))
    }
}

#[tokio::test]
async fn a_job_that_runs_is_told_to_stop_and_its_result_does_not_count() {
    let service = Service::start().await;
    let stop = CancellationToken::new();
    let worker = Worker::new(service.app.clone(), Registry::default().with::<Endless>());
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(5)));
    let id = enqueue(&service, "default").await;
    let path = format!("/jobs/{id}");
    eventually("the job runs", async || (service.get(&path).await.json()["status"] == "processing").then_some(()))
        .await;
    let answer = post(&service, &format!("{path}/cancel")).await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("cancelled")));
    STOPPED.notified().await;
    stop.cancel();
    running.await.unwrap();
    let job = service.get(&path).await.json();
    assert_eq!(job["status"], "cancelled");
    let outcomes: Vec<_> = job["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["outcome"]).collect();
    assert_eq!(outcomes, ["cancelled"]);
}

#[tokio::test]
async fn a_paused_queue_keeps_its_jobs_and_holds_up_no_other() {
    let service = Arc::new(Service::start().await);
    let slow = enqueue(&service, "slow").await;
    let answer = post(&service, "/queues/slow/pause").await;
    assert_eq!(
        answer.json(),
        json!({"name": "slow", "paused": true, "max_running": null, "pending": 1, "processing": 0, "retry_pending": 0, "failed": 0})
    );
    service.work();
    let quick = enqueue(&service, "quick").await;
    is_completed(&service, quick).await;
    assert_eq!(service.get(&format!("/jobs/{slow}")).await.json()["status"], "pending");
    let listed = service.get("/queues").await.json();
    let names: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|queue| (&queue["name"], &queue["paused"])).collect();
    assert_eq!(names, [(&json!("quick"), &json!(false)), (&json!("slow"), &json!(true))]);
    // Twice is no more than once.
    assert_eq!(post(&service, "/queues/slow/pause").await.status, 200);
    assert_eq!(post(&service, "/queues/slow/resume").await.json()["paused"], false);
    assert_eq!(post(&service, "/queues/slow/resume").await.status, 200);
    service.jobs_done().await;
    assert_eq!(service.get(&format!("/jobs/{slow}")).await.json()["status"], "completed");
}

#[tokio::test]
async fn a_queue_is_paused_before_it_has_jobs() {
    let service = Arc::new(Service::start().await);
    assert_eq!(post(&service, "/queues/slow/pause").await.json()["paused"], true);
    assert_eq!(service.get("/queues").await.json()["items"][0]["name"], "slow");
    let slow = enqueue(&service, "slow").await;
    service.work();
    let quick = enqueue(&service, "quick").await;
    is_completed(&service, quick).await;
    assert_eq!(service.get(&format!("/jobs/{slow}")).await.json()["status"], "pending");
    assert_eq!(post(&service, "/queues/slow/resume").await.json()["paused"], false);
    service.jobs_done().await;
    // One that has neither jobs nor anything set goes on as it did.
    let never = post(&service, "/queues/never/resume").await;
    assert_eq!((never.status, never.json()["paused"].clone()), (200, json!(false)));
    let listed = service.get("/queues").await.json();
    assert!(!listed["items"].as_array().unwrap().iter().any(|queue| queue["name"] == "never"));
}

#[tokio::test]
async fn a_queue_stays_paused_when_its_jobs_are_gone_and_across_a_restart_of_the_worker() {
    let service = Service::start().await;
    enqueue(&service, "slow").await;
    post(&service, "/queues/slow/pause").await;
    service.sql("DELETE FROM job_queue").await;
    let listed = service.get("/queues").await.json();
    assert_eq!(listed["items"][0]["paused"], true);
    let later = enqueue(&service, "slow").await;
    service.work();
    let other = enqueue(&service, "default").await;
    is_completed(&service, other).await;
    assert_eq!(service.get(&format!("/jobs/{later}")).await.json()["status"], "pending");
}

#[tokio::test]
async fn across_queues_the_most_urgent_job_runs_first() {
    let service = Service::with(&[("WORKER_COUNT", "1")]).await;
    let mut expected = Vec::new();
    for (queue, priority) in [("a", 1), ("b", 3), ("c", 2), ("b", 0), ("a", 3)] {
        let job = json!({"job_type": "data_analysis", "payload": {}, "queue": queue, "priority": priority});
        let id = service.post("/jobs", job.to_string()).await.json()["id"].as_i64().unwrap();
        expected.push((-priority, id));
    }
    expected.sort_unstable();
    assert_eq!(service.order_of_runs().await, expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
}
