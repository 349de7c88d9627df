//! Jobs put in over HTTP, the report, and the sign-ups per day.

use serde_json::json;

use crate::support::{Service, TARO};

#[tokio::test]
async fn a_report_is_made_by_a_job_that_was_put_in_over_http() {
    let service = Service::with(&[("VALIDATION_MODE", "flexible")]).await;
    for id in 1..=4 {
        let hobby = if id == 4 { "a thing that nobody else does" } else { "tea" };
        let user = json!({"email": format!("u{id}@example.com"), "age": 20 + id, "hobby": hobby, "location": "Kyoto"});
        assert_eq!(service.sign_up(user.to_string()).await.status, 201);
    }
    service.finish_jobs().await;
    let stored = service.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#).await;
    assert_eq!(stored.status, 201);
    let location = stored.header("location").unwrap().to_owned();
    assert_eq!(location, format!("/jobs/{}", stored.json()["id"]));
    service.jobs_done().await;
    let job = service.get(&location).await.json();
    assert_eq!(job["status"], "completed");
    let report = &job["output"];
    assert_eq!(report["users"], 4);
    assert_eq!(report["top_interests"], json!([{"value": "tea", "users": 3}]), "what few share is not named");
    assert_eq!(report["top_regions"], json!([{"value": "Kyoto", "users": 4}]));
    assert_eq!(report["signups_per_day"], json!({"2026-01-15": 4}));
}

#[tokio::test]
async fn a_payload_is_checked_at_the_door() {
    let service = Service::start().await;
    let refused = service.post("/jobs", r#"{"job_type":"send_welcome_email","payload":{"user_id":0,"to":"x"}}"#).await;
    assert_eq!(refused.status, 400);
    let expected =
        ["body /payload/to additionalProperties is not allowed", "body /payload/user_id minimum must be at least 1"];
    let mut found = refused.violations();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(service.post("/jobs", r#"{"job_type":"mine_coins","payload":{}}"#).await.status, 400);
    assert_eq!(service.get("/jobs").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_job_for_later_waits_and_is_shown_as_it_was_put_in() {
    let service = Service::start().await;
    let later = r#"{"job_type":"data_analysis","payload":{},"queue":"reports","priority":-3,"max_retries":0,"scheduled_at":"2026-02-01T00:00:00Z"}"#;
    let job = service.post("/jobs", later).await.json();
    for (member, expected) in
        [("queue", json!("reports")), ("priority", json!(-3)), ("max_retries", json!(0)), ("status", json!("pending"))]
    {
        assert_eq!(job[member], expected, "{member}");
    }
    assert_eq!(job["scheduled_at"], "2026-02-01T00:00:00Z");
    service.sign_up(TARO).await;
    service.work();
    crate::support::eventually("the sign-up's jobs are done", async || {
        let done = service.get("/jobs?status=completed").await.json();
        (done["items"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    assert_eq!(service.get("/jobs/1").await.json()["status"], "pending");
}

#[tokio::test]
async fn every_day_of_the_range_has_its_sign_ups() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    let stats = service.get("/analytics/signups?since=2026-01-14&until=2026-01-16").await.json();
    let day = |date: &str, count: i64| json!({"date": date, "count": count});
    let days = [day("2026-01-14", 0), day("2026-01-15", 1), day("2026-01-16", 0)];
    assert_eq!(stats, json!({"total": 1, "days": days}));
    let month = service.get("/analytics/signups").await.json();
    assert_eq!((month["days"].as_array().unwrap().len(), &month["total"]), (30, &json!(1)));
    assert_eq!(service.get("/analytics/signups?since=2026-01-16&until=2026-01-15").await.status, 400);
    assert_eq!(service.get("/analytics/signups?since=2024-01-01&until=2026-01-15").await.status, 400);
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
                    '2026-01-15 09:00:00', 0, 0 FROM n;",
        )
        .await;
    for path in ["/health", "/jobs/stats"] {
        let mut times = Vec::new();
        for _ in 0..21 {
            let started = std::time::Instant::now();
            assert_eq!(service.get(path).await.status, 200);
            times.push(started.elapsed());
        }
        times.sort_unstable();
        println!("{path}: {:?}", times[10]);
        assert!(times[10] < std::time::Duration::from_millis(5), "{path}: {:?}", times[10]);
    }
    assert_eq!(service.get("/jobs/stats").await.json()["by_status"]["completed"], 1_000_000);
}
