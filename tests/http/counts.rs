//! Counts of jobs: right after whatever happens to jobs, and quick however many there are.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use keiyaku::db::AnyConnection;

use crate::support::{Service, eventually, now};

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = Bool)]
    is_kept: bool,
    #[diesel(sql_type = Text)]
    job_type: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    jobs: i64,
}

/// Whatever it was read from.
impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        (&self.job_type, &self.status, self.jobs) == (&other.job_type, &other.status, other.jobs)
    }
}

/// The counts that are kept, which must be those of the rows at that moment: that of one statement.
async fn counts(service: &Service) -> Vec<Row> {
    let both = "SELECT true AS is_kept, job_type, status, CAST(sum(jobs) AS BIGINT) AS jobs FROM job_counts
                    GROUP BY job_type, status HAVING sum(jobs) <> 0
                UNION ALL SELECT false, job_type, status, count(*) FROM job_queue GROUP BY job_type, status
                ORDER BY is_kept, job_type, status";
    let look = move |conn: &mut AnyConnection| diesel::sql_query(both).load::<Row>(conn);
    let (kept, counted): (Vec<Row>, Vec<Row>) =
        service.app.db.read(look).await.unwrap().into_iter().partition(|row| row.is_kept);
    assert!(kept.iter().eq(&counted), "{kept:?} and {counted:?}");
    kept
}

/// Waits until there are so many jobs in this status; whatever is on its way, the counts are right.
async fn reaches(service: &Service, status: &str, expected: i64) {
    eventually(&format!("{expected} jobs are {status}"), async || {
        counts(service).await;
        let stats = service.get("/jobs/stats").await.json();
        (stats["by_status"][status] == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_counts_are_those_of_the_rows_whatever_happens_to_the_jobs() {
    // No mail can be written below a file.
    let service =
        Service::with(&[("MAIL_DIR", "/dev/null/outbox"), ("JOB_RETENTION", "1h"), ("JOB_LEASE", "500ms")]).await;
    assert!(counts(&service).await.is_empty());
    for n in 0..5 {
        service.sign_up(format!(r#"{{"email":"{n}@example.com","age":1}}"#)).await;
    }
    let hopeless = r#"{"job_type":"send_welcome_email","payload":{"user_id":1},"max_retries":0}"#;
    service.post("/jobs", hopeless).await;
    service.post("/jobs", r#"{"job_type":"data_analysis","payload":{},"scheduled_at":"2027-01-01T00:00:00Z"}"#).await;
    service.post("/jobs", r#"{"job_type":"data_analysis","payload":{},"scheduled_at":"2027-01-01T00:00:00Z"}"#).await;
    service.sql("UPDATE job_queue SET status = 'cancelled', completed_at = '2026-01-15 09:30:00', wake_at = NULL WHERE id = 8").await;
    reaches(&service, "pending", 7).await;
    service.work();
    reaches(&service, "retry_pending", 5).await;
    let row = |job_type: &str, status: &str, jobs| Row {
        is_kept: true,
        job_type: job_type.to_owned(),
        status: status.to_owned(),
        jobs,
    };
    let lived = [
        row("data_analysis", "cancelled", 1),
        row("data_analysis", "pending", 1),
        row("send_welcome_email", "failed", 1),
        row("send_welcome_email", "retry_pending", 5),
        row("user_created", "completed", 5),
    ];
    eventually("every job has had its first attempt", async || (counts(&service).await == lived).then_some(())).await;
    // The mails are tried again, and again in vain; what has ended is pruned.
    service.app.clock.set(now() + TimeDelta::hours(2));
    service.app.jobs.notify_one();
    let left = [row("data_analysis", "pending", 1), row("send_welcome_email", "retry_pending", 5)];
    eventually("what has ended is deleted", async || (counts(&service).await == left).then_some(())).await;
    let stats = service.get("/jobs/stats").await.json();
    let names: Vec<&str> =
        stats["by_job_type"].as_array().unwrap().iter().map(|row| row["job_type"].as_str().unwrap()).collect();
    assert_eq!(names, ["data_analysis", "send_welcome_email"], "a type without jobs is not listed");
    service.sql("DELETE FROM job_queue").await;
    assert!(counts(&service).await.is_empty());
}

async fn median_of_21(service: &Service, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..21 {
        let started = Instant::now();
        assert_eq!(service.get(path).await.status, 200);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    times[10]
}

#[tokio::test]
async fn counts_do_not_scan_the_jobs() {
    let service = Service::start().await;
    service
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
             INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable)
             SELECT 'user_created', 'default', '{}', 'completed', 0, 3, 0, 1, '2026-01-15 09:00:00', '2026-01-15 09:00:00',
                    '2026-01-15 09:00:00', 0, false FROM n;",
        )
        .await;
    for path in ["/health", "/jobs/stats"] {
        // A round in which the tests beside it had the processors says nothing; that a million jobs are read takes longer in all.
        let mut medians = Vec::new();
        while medians.last().is_none_or(|median| *median >= Duration::from_millis(5)) {
            assert!(medians.len() < 10, "{path}: {medians:?}");
            medians.push(median_of_21(&service, path).await);
        }
        println!("{path}: {medians:?}");
    }
    assert_eq!(service.get("/jobs/stats").await.json()["by_status"]["completed"], 1_000_000);
}
