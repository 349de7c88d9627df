//! `/health`, the probes and `/metrics`.

use axum::http::Method;

use crate::database::is_postgres;
use crate::support::trouble::{UNAVAILABLE, fill_the_writer, occupy_the_readers};
use crate::support::{Answer, Service, TARO};

/// What a monitor sees: it has no token.
async fn look(service: &Service, path: &str) -> Answer {
    service.send(service.request(Method::GET, path)).await
}

#[tokio::test]
async fn health_counts_what_waits_runs_and_has_failed() {
    let service = Service::start().await;
    let health = |pending: u32, processing: u32, failed: u32| {
        format!(
            r#"{{"status":"healthy","database":"connected","jobs":{{"pending":{pending},"processing":{processing},"failed":{failed}}}}}"#
        )
    };
    assert_eq!(look(&service, "/health").await.text(), health(0, 0, 0));
    for n in 0..6 {
        service.sign_up(format!(r#"{{"email":"{n}@example.com","age":1}}"#)).await;
    }
    assert_eq!(look(&service, "/health").await.text(), health(6, 0, 0));
    service
        .sql(
            "UPDATE job_queue SET status = 'processing' WHERE id = 1;
             UPDATE job_queue SET status = 'failed' WHERE id IN (2, 3);
             UPDATE job_queue SET status = 'retry_pending' WHERE id = 4;",
        )
        .await;
    assert_eq!(look(&service, "/health").await.text(), health(3, 1, 2));
}

#[tokio::test]
async fn health_tells_of_a_queue_that_does_not_answer() {
    let service = Service::start().await;
    service.sql("DROP TABLE job_counts").await;
    let answer = look(&service, "/health").await;
    assert_eq!((answer.status, answer.text()), (503, r#"{"status":"unhealthy","error":"job queue unavailable"}"#));
}

#[tokio::test]
async fn health_tells_of_a_database_that_does_not_answer() {
    let service = Service::start().await;
    let hold = occupy_the_readers(&service).await;
    let answer = look(&service, "/health").await;
    drop(hold);
    assert_eq!((answer.status, answer.text()), (503, r#"{"status":"unhealthy","error":"database connection failed"}"#));
}

#[tokio::test]
async fn the_probes_say_ok() {
    let service = Service::start().await;
    for path in ["/livez", "/readyz"] {
        let answer = look(&service, path).await;
        assert_eq!((answer.status, answer.text()), (200, r#"{"status":"ok"}"#), "{path}");
    }
}

#[tokio::test]
async fn a_service_that_cannot_write_is_alive_but_not_ready() {
    let service = Service::start().await;
    let hold = fill_the_writer(&service).await;
    let (alive, ready) = (look(&service, "/livez").await, look(&service, "/readyz").await);
    drop(hold);
    assert_eq!(alive.status, 200);
    match is_postgres() {
        true => assert_eq!(ready.refusal(), (503, UNAVAILABLE.to_owned())),
        false => insta::assert_snapshot!(ready),
    }
}

/// The value of a metric, with its labels as they are written.
fn value(metrics: &Answer, name: &str) -> Option<f64> {
    metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn the_metrics_tell_of_requests_commits_queues_and_files() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.sign_up("{}".to_owned()).await;
    look(&service, "/nowhere").await;
    let metrics = look(&service, "/metrics").await;
    for (name, expected) in [
        (r#"http_requests_total{operation="createUser",status="201"}"#, 1.0),
        (r#"http_requests_total{operation="createUser",status="400"}"#, 1.0),
        (r#"http_requests_total{operation="none",status="404"}"#, 1.0),
        (r#"http_request_duration_seconds_count{operation="createUser"}"#, 2.0),
        (r#"validation_rejects_total{operation="createUser"}"#, 1.0),
        (r#"jobs{queue="default",status="pending"}"#, 1.0),
        ("db_up", 1.0),
        ("jobs_running", 0.0),
    ] {
        assert_eq!(value(&metrics, name), Some(expected), "{name}: {metrics}");
    }
    assert!(value(&metrics, "db_commit_seconds_count").unwrap() >= 1.0);
    // These are those of SQLite's writer.
    for name in ["db_commit_writes_count", "db_writer_wait_seconds_count"] {
        assert_eq!(value(&metrics, name).is_some_and(|count| count >= 1.0), !is_postgres(), "{name}");
    }
    assert!(value(&metrics, r#"db_file_bytes{file="database"}"#).unwrap() > 4096.0);
    assert!(value(&metrics, "process_resident_memory_bytes").unwrap() > 1e6);
    service.finish_jobs().await;
    let metrics = look(&service, "/metrics").await;
    assert!(value(&metrics, "jobs_claimed_count").unwrap() >= 1.0);
    assert_eq!(value(&metrics, r#"jobs{queue="default",status="pending"}"#), None);
    assert_eq!(value(&metrics, r#"jobs{queue="default",status="completed"}"#), Some(2.0));
}

#[tokio::test]
async fn without_a_database_the_metrics_say_so_and_tell_the_rest() {
    let service = Service::start().await;
    let hold = occupy_the_readers(&service).await;
    let metrics = look(&service, "/metrics").await;
    drop(hold);
    assert_eq!((metrics.status, value(&metrics, "db_up")), (200, Some(0.0)));
    assert_eq!(value(&metrics, "worker_executors"), Some(0.0));
}

#[tokio::test]
async fn the_metrics_count_every_processed_job() {
    let service = Service::with(&[("CHECK_RESPONSES", "off")]).await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    let answer = look(&service, "/metrics").await;
    let mut lines: Vec<&str> =
        answer.text().lines().filter(|line| line.contains("job_") || line.contains("jobs_")).collect();
    lines.retain(|line| !line.contains("_bucket") && !line.contains("_sum") && !line.contains("claimed"));
    insta::assert_snapshot!(lines.join("\n"));
}
