//! Finished jobs are kept for a time and no longer, and their space is given back.

use axum::http::Method;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use keiyaku::db::AnyConnection;
use keiyaku::schema::job_attempts;
use serde_json::json;

use crate::database::{is_postgres, sqlite_only};
use crate::support::{Service, TARO, eventually, now};

const SHORT: [(&str, &str); 2] = [("JOB_RETENTION", "1min"), ("JOB_LEASE", "500ms")];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

async fn ids(service: &Service) -> Vec<i64> {
    let page = service.get("/jobs?limit=100").await.json();
    page["items"].as_array().unwrap().iter().map(|job| job["id"].as_i64().unwrap()).collect()
}

async fn pages(service: &Service, pragma: &'static str) -> i64 {
    let look = move |conn: &mut AnyConnection| {
        diesel::sql_query(format!("SELECT {pragma} AS value FROM pragma_{pragma}")).get_result::<Count>(conn)
    };
    service.app.db.read(look).await.unwrap().value
}

#[tokio::test]
async fn what_has_ended_long_ago_is_deleted_with_its_attempts_and_nothing_else_is() {
    let service = Service::with(&SHORT).await;
    service.sign_up(TARO).await;
    let later = r#"{"job_type":"data_analysis","payload":{},"scheduled_at":"2027-01-01T00:00:00Z"}"#;
    service.post("/jobs", later).await;
    service.work();
    eventually("the sign-up is done", async || {
        (service.get("/jobs/stats").await.json()["by_status"]["completed"] == 2).then_some(())
    })
    .await;
    // Two that ended otherwise, at the same time.
    service
        .sql(
            "INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable)
             SELECT 'user_created', 'default', '{}', value, 0, 3, 0, 1, '2026-01-15 09:00:00', '2026-01-15 09:00:00',
                    '2026-01-15 09:30:00.123456', 0, false FROM (SELECT 'failed' AS value UNION ALL SELECT 'cancelled') AS ended;
             INSERT INTO job_attempts (job_id, attempt, outcome, started_at, finished_at)
             SELECT id, 1, 'lost', created_at, created_at FROM job_queue",
        )
        .await;
    // One that ends half a minute later.
    service.app.clock.set(now() + TimeDelta::seconds(30));
    service.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#).await;
    eventually("the report is made", async || {
        (service.get("/jobs/6").await.json()["status"] == "completed").then_some(())
    })
    .await;
    service.app.clock.set(now() + TimeDelta::seconds(60));
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert_eq!(ids(&service).await, [6, 5, 4, 3, 2, 1], "kept for the whole minute");

    service.app.clock.set(now() + TimeDelta::seconds(61));
    eventually("the old ones are deleted", async || (ids(&service).await.len() <= 2).then_some(())).await;
    assert_eq!(ids(&service).await, [6, 2]);
    assert_eq!(service.get("/jobs/2").await.json()["status"], "pending");
    let attempts = |conn: &mut AnyConnection| job_attempts::table.select(job_attempts::job_id).load::<i64>(conn);
    assert_eq!(service.app.db.read(attempts).await.unwrap(), [2]);
    assert_eq!(service.get("/jobs/1").await.status, 404);
    assert_eq!(service.get("/users/1/profile").await.status, 200, "what the job has done stays");
    assert_eq!(service.get("/analytics/signups").await.json()["total"], json!(1));
}

#[tokio::test]
async fn the_file_gets_smaller_when_large_jobs_are_deleted() {
    sqlite_only!("PostgreSQL's autovacuum gives space back");
    let service = Service::with(&SHORT).await;
    service
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
             INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable)
             SELECT 'user_created', 'default', printf('{\"filler\":\"%.100000c\"}', 'x'), 'completed', 0, 3, 0, 1,
                    '2026-01-15 09:00:00', '2026-01-15 09:00:00', '2026-01-15 09:00:00', 0, 0 FROM n;",
        )
        .await;
    let file = service.outbox().with_file_name("users.db");
    let size = || std::fs::metadata(&file).unwrap().len();
    eventually("the rows are in the file", async || (size() > 25_000_000).then_some(())).await;
    service.work();
    eventually("the jobs are deleted", async || ids(&service).await.is_empty().then_some(())).await;
    eventually("their pages are given back", async || (pages(&service, "freelist_count").await < 300).then_some(()))
        .await;
    let kept = pages(&service, "page_count").await;
    // The file itself is cut at the checkpoint.
    eventually("the file is small", async || (size() < 4_000_000).then_some(())).await;
    println!("{kept} pages, {} bytes", size());
}

#[tokio::test]
async fn finished_jobs_are_kept_as_long_as_configured_and_their_space_is_given_back() {
    let service = Service::with(&SHORT).await;
    service
        .sql(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
             INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable)
             SELECT 'user_created', 'default', '{{\"filler\":\"{filler}\"}}', 'completed', 0, 3, 0, 1,
                    '2026-01-15 09:00:00', '2026-01-15 09:00:00', '2026-01-15 09:00:00', 0, false FROM n;
             UPDATE job_queue SET completed_at = '2026-01-15 09:29:59' WHERE id > 2990;",
            filler = "x".repeat(500)
        ))
        .await;
    service.work();
    let kept = async || {
        let stats = service.get("/jobs/stats").await.json();
        (stats["by_status"]["completed"] == 10).then_some(())
    };
    eventually("the old ones are deleted and the young ones kept", kept).await;
    if !is_postgres() {
        let given_back = async || (pages(&service, "freelist_count").await < 100).then_some(());
        eventually("the space is given back", given_back).await;
    }
}

/// A job that takes longer than its lease, which the keeper extends.
#[derive(serde::Serialize, serde::Deserialize)]
struct Slow {}

impl keiyaku::jobs::Job for Slow {
    const JOB_TYPE: &'static str = "slow";

    async fn run(self, _: keiyaku::jobs::Context) -> Result<keiyaku::jobs::Done, keiyaku::jobs::JobError> {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        Ok(keiyaku::jobs::Done::default())
    }
}

#[tokio::test]
async fn jobs_that_run_keep_their_leases_while_many_old_ones_are_deleted() {
    let service = Service::with(&SHORT).await;
    service
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
             INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable)
             SELECT 'user_created', 'default', '{}', 'completed', 0, 3, 0, 1,
                    '2026-01-15 09:00:00', '2026-01-15 09:00:00', '2026-01-15 09:00:00', 0, false FROM n;
             INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, version, claimable)
             VALUES ('slow', 'default', '{}', 'pending', 0, 3, 0, 0, '2026-01-15 09:00:00', '2026-01-15 09:00:00', 0, true);",
        )
        .await;
    let registry = keiyaku::jobs::Registry::default().with::<Slow>();
    let stop = tokio_util::sync::CancellationToken::new();
    let worker = keiyaku::worker::Worker::new(service.app.clone(), registry);
    let workers = tokio::spawn(worker.run(stop.clone(), std::time::Duration::from_secs(5)));
    let started = std::time::Instant::now();
    let ended = async || {
        service.app.clock.set(now() + TimeDelta::from_std(started.elapsed()).unwrap());
        let job = service.get("/jobs/60001").await.json();
        (job["status"] != "pending" && job["status"] != "processing").then_some(job)
    };
    let job = eventually("the slow job has ended", ended).await;
    assert_eq!(job["status"], "completed", "{job}");
    let left = service.get("/jobs/stats").await.json()["by_status"]["completed"].clone();
    println!("{left} finished jobs are left");
    assert_ne!(left, 1, "old jobs were still being deleted");
    stop.cancel();
    workers.await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_shrink_is_left_as_it_is() {
    sqlite_only!("PostgreSQL's autovacuum gives space back");
    let service = Service::start().await;
    let mut outside = SqliteConnection::establish(&service.app.config.database_url.to_string()).unwrap();
    // As one that another tool has rewritten.
    outside.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA auto_vacuum = NONE; VACUUM").unwrap();
    outside.batch_execute("CREATE TABLE filler AS SELECT zeroblob(1000000) AS bytes; DROP TABLE filler").unwrap();
    assert!(pages(&service, "freelist_count").await > 100, "otherwise there is nothing to give back");
    let released = tokio::time::timeout(std::time::Duration::from_secs(10), service.app.db.release_space());
    released.await.expect("it ends").unwrap();
}

#[tokio::test]
async fn the_longest_retentions_that_are_allowed_keep_all() {
    let longest = [("JOB_RETENTION", "100years"), ("IDEMPOTENCY_RETENTION", "100years"), ("JOB_LEASE", "500ms")];
    let service = Service::with(&longest).await;
    let sign_up = || {
        let request = service.request(Method::POST, "/users").header("content-type", "application/json");
        service.send(request.header("idempotency-key", "once").body(TARO))
    };
    assert_eq!(sign_up().await.status, 201);
    service.finish_jobs().await;
    service.app.clock.set(now() + TimeDelta::days(365));
    service.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#).await;
    service.jobs_done().await;
    assert_eq!(ids(&service).await, [3, 2, 1]);
    assert_eq!(sign_up().await.header("idempotency-replayed"), Some("true"));
}
