//! What an operator's page reads besides the jobs: workers, the minutes, lists by text and from the oldest on.

use serde_json::{Value, json};

use crate::support::{Service, TARO, eventually};

async fn enqueue(service: &Service, payload: Value, key: &str) -> i64 {
    let job = json!({"job_type": "data_analysis", "payload": payload, "unique_key": key});
    service.post("/jobs", job.to_string()).await.json()["id"].as_i64().unwrap()
}

async fn ids(service: &Service, query: &str) -> Vec<i64> {
    let page = service.get(&format!("/jobs?{query}")).await.json();
    page["items"].as_array().unwrap().iter().map(|job| job["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_worker_is_listed_from_its_start_to_its_end_with_what_it_runs() {
    let service = Service::start().await;
    assert_eq!(service.get("/workers").await.json(), json!({"items": []}));
    service.work();
    let listed = async || {
        let workers = service.get("/workers").await.json();
        workers["items"].as_array().unwrap().first().cloned()
    };
    let worker = eventually("the worker is listed", listed).await;
    assert_eq!((&worker["executors"], &worker["queues"], &worker["running"]), (&json!(3), &json!("*"), &json!([])));
    let name = worker["name"].as_str().unwrap();

    enqueue(&service, json!({}), "a").await;
    service.jobs_done().await;
    service
        .sql(&format!(
            "INSERT INTO job_leases (lease, ends_at) VALUES (99, '2999-01-01 00:00:00'); \
             UPDATE job_queue SET status = 'processing', completed_at = NULL, worker = '{name}', lease = 99, \
             progress = 40, progress_note = 'half' WHERE id = 1"
        ))
        .await;
    let running = listed().await.unwrap()["running"].clone();
    assert_eq!((&running[0]["job_id"], &running[0]["progress"]), (&json!(1), &json!(40)));
    assert_eq!((&running[0]["job_type"], &running[0]["progress_note"]), (&json!("data_analysis"), &json!("half")));
}

#[tokio::test]
async fn a_worker_that_is_silent_is_listed_no_more() {
    let service = Service::start().await;
    let row = |name: &str, seen: &str| {
        format!(
            "INSERT INTO workers (name, started_at, seen_at, executors, queues) VALUES ('{name}', '2026-01-01 00:00:00', '{seen}', 3, '*')"
        )
    };
    service.sql(&row("gone", "2026-01-01 00:00:00")).await;
    service.sql(&row("there", &service.app.clock.now().to_string())).await;
    let workers = service.get("/workers").await.json();
    assert_eq!((workers["items"].as_array().unwrap().len(), &workers["items"][0]["name"]), (1, &json!("there")));
}

#[tokio::test]
async fn the_timeline_tells_what_the_attempts_of_each_minute_came_to() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    let timeline = async || {
        let timeline = service.get("/jobs/timeline?minutes=5").await.json();
        let items = timeline["items"].as_array().unwrap().clone();
        (items.iter().map(|minute| minute["completed"].as_i64().unwrap()).sum::<i64>() == 2).then_some(items)
    };
    let minutes = eventually("the attempts are written down", timeline).await;
    assert!(
        minutes.iter().all(|minute| minute["failed"] == 0 && minute["run_ms"].as_f64().unwrap() > 0.0),
        "{minutes:?}"
    );
    let mut types: Vec<&str> = minutes.iter().map(|minute| minute["job_type"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["send_welcome_email", "user_created"]);
}

#[tokio::test]
async fn jobs_are_found_by_a_text_in_payload_error_or_key() {
    let service = Service::start().await;
    let first = enqueue(&service, json!({"since": "2026-01-01T00:00:00Z"}), "Monthly report").await;
    let second = enqueue(&service, json!({"since": "2025-01-01T00:00:00Z"}), "50%_off\\").await;
    service.sql("UPDATE job_queue SET error_message = 'No answer from the Server' WHERE id = 2").await;
    for (text, found) in [
        ("2026-01", vec![first]),
        ("monthly%20REPORT", vec![first]),
        ("answer%20from", vec![second]),
        ("since", vec![second, first]),
        // These are no wildcards.
        ("50%25", vec![second]),
        ("%25_off%5C", vec![second]),
        ("m_nthly", vec![]),
        ("2%25T", vec![]),
    ] {
        assert_eq!(ids(&service, &format!("text={text}")).await, found, "{text}");
    }
    assert_eq!(ids(&service, "text=since&status=failed").await, [0; 0]);
}

#[tokio::test]
async fn a_list_may_begin_with_the_oldest() {
    let service = Service::start().await;
    for key in ["a", "b", "c"] {
        enqueue(&service, json!({}), key).await;
    }
    let first = service.get("/jobs?order=oldest&limit=2").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&service, "order=oldest&limit=2").await, [1, 2]);
    assert_eq!(ids(&service, &format!("order=oldest&limit=2&cursor={cursor}")).await, [3]);
    assert_eq!(ids(&service, "order=newest").await, [3, 2, 1]);
    // A cursor belongs to its order.
    assert_eq!(service.get(&format!("/jobs?limit=2&cursor={cursor}")).await.status, 400);
}
