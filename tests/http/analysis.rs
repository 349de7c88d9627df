//! Jobs put in over HTTP, the report, and the sign-ups per day.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Service, TARO, eventually, now};

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
    eventually("the sign-up's jobs are done", async || {
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
async fn a_value_that_one_user_repeats_is_shared_by_nobody() {
    let service = Service::with(&[("VALIDATION_MODE", "flexible")]).await;
    let user = json!({"email": "u@example.com", "age": 20, "hobby": ["whale songs", "whale songs", "whale songs"]});
    service.sign_up(user.to_string()).await;
    service.finish_jobs().await;
    service.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#).await;
    service.jobs_done().await;
    assert_eq!(service.get("/jobs/3").await.json()["output"]["top_interests"], json!([]));
}

#[tokio::test]
async fn a_report_counts_whom_its_range_holds() {
    let service = Service::start().await;
    for (id, hours) in [(1, 0), (2, 1), (3, 2)] {
        service.app.clock.set(now() + TimeDelta::hours(hours));
        service.sign_up(format!(r#"{{"email":"{id}@example.com","age":{},"is_active":{}}}"#, id * 10, id < 3)).await;
    }
    let ranges = [
        (json!({}), json!([3, 2, 10, 30, 20.0])),
        // From the first moment of the range, up to the one before its last; written in another time zone.
        (json!({"since": "2026-01-15T10:30:00.123456Z"}), json!([2, 1, 20, 30, 25.0])),
        (json!({"until": "2026-01-15T19:30:00.123456+09:00"}), json!([1, 1, 10, 10, 10.0])),
        (json!({"since": "2026-01-15T10:00:00Z", "until": "2026-01-15T11:00:00Z"}), json!([1, 1, 20, 20, 20.0])),
    ];
    for (range, _) in &ranges {
        let job = json!({"job_type": "data_analysis", "payload": range});
        assert_eq!(service.post("/jobs", job.to_string()).await.status, 201);
    }
    let nobody = json!({"job_type": "data_analysis", "payload": {"since": "2030-01-01T00:00:00Z"}});
    let nobody = service.post("/jobs", nobody.to_string()).await.header("location").unwrap().to_owned();
    service.finish_jobs().await;
    for (n, (range, expected)) in ranges.iter().enumerate() {
        let report = service.get(&format!("/jobs/{}", n + 4)).await.json()["output"].clone();
        let ages = &report["ages"];
        let found = json!([report["users"], report["active"], ages["least"], ages["most"], ages["mean"]]);
        assert_eq!(&found, expected, "{range}");
    }
    let report = service.get(&nobody).await.json()["output"].clone();
    assert_eq!(json!([report["users"], report["ages"], report["signups_per_day"]]), json!([0, null, {}]));
}

#[tokio::test]
async fn what_is_wrong_with_a_payload_is_named_by_its_place_in_the_body() {
    let service = Service::start().await;
    let person = r#"{"id":1,"email":"no address","age":-1,"name":null,"bio":null,"is_active":true}"#;
    let cases = [
        (r#""send_welcome_email","payload":{}"#.to_owned(), vec!["body /payload/user_id required is required"]),
        (
            r#""send_welcome_email","payload":{"user_id":"1"}"#.to_owned(),
            vec!["body /payload/user_id type must be an integer"],
        ),
        (
            r#""erase_mail","payload":{"user_id":1,"signed_up_at":"yesterday"}"#.to_owned(),
            vec!["body /payload/signed_up_at format must be a date and time such as 2026-01-31T09:30:00Z"],
        ),
        (
            format!(r#""user_created","payload":{{"user_id":1,"user_data":{person}}}"#),
            vec![
                "body /payload/user_data/age minimum must be at least 0",
                "body /payload/user_data/email format Email address format is invalid",
            ],
        ),
        (r#""data_analysis","payload":[]"#.to_owned(), vec!["body /payload type must be an object"]),
        (r#""data_analysis""#.to_owned(), vec!["body /payload required is required"]),
    ];
    for (job, expected) in cases {
        let answer = service.post("/jobs", format!(r#"{{"job_type":{job}}}"#)).await;
        let mut found = answer.violations();
        found.sort_unstable();
        assert_eq!((answer.status, found), (400, expected.into_iter().map(str::to_owned).collect()), "{job}");
    }
    for member in [
        r#""max_retries":101"#,
        r#""max_retries":-1"#,
        r#""queue":"a b""#,
        r#""queue":7"#,
        r#""priority":2147483648"#,
        r#""scheduled_at":"tomorrow""#,
        r#""status":"completed""#,
    ] {
        let job = format!(r#"{{"job_type":"data_analysis","payload":{{}},{member}}}"#);
        let answer = service.post("/jobs", job).await;
        assert_eq!((answer.status, answer.violations().len()), (400, 1), "{member}");
    }
    assert_eq!(service.get("/jobs").await.json()["items"], json!([]), "what is refused is not stored");
}

#[tokio::test]
async fn a_job_for_later_runs_when_its_time_has_come() {
    let service = Service::start().await;
    let at = |time: &str| format!(r#"{{"job_type":"data_analysis","payload":{{}},"scheduled_at":"{time}"}}"#);
    service.post("/jobs", at("2026-01-15T19:30:00+09:00")).await;
    let past = service.post("/jobs", at("2020-01-01T00:00:00Z")).await.json();
    assert_eq!(past["scheduled_at"], "2026-01-15T09:30:00.123456Z", "the past is now");
    service.work();
    let status = async |id: i64, expected: &str| {
        (service.get(&format!("/jobs/{id}")).await.json()["status"] == *expected).then_some(())
    };
    eventually("the due one runs", async || status(2, "completed").await).await;
    service.app.clock.set("2026-01-15T10:29:59Z".parse().unwrap());
    service.app.jobs.notify_one();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(status(1, "pending").await.is_some(), "a second too early");
    service.app.clock.set("2026-01-15T10:30:00Z".parse().unwrap());
    service.app.jobs.notify_one();
    eventually("the later one runs", async || status(1, "completed").await).await;
}

/// Times are compared as text, in which a year of five digits would come before all others.
#[tokio::test]
async fn a_job_for_the_end_of_time_waits() {
    let service = Service::start().await;
    for time in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-12:00"] {
        let job = format!(r#"{{"job_type":"data_analysis","payload":{{}},"scheduled_at":"{time}"}}"#);
        let answer = service.post("/jobs", job).await;
        assert_eq!(answer.status, 201, "{time}: {answer}");
        let shown = answer.json()["scheduled_at"].as_str().unwrap().to_owned();
        assert!(shown.starts_with("9999-12-31T23:59:59"), "{time} became {shown}");
    }
    service
        .post("/jobs", r#"{"job_type":"data_analysis","payload":{},"scheduled_at":"0000-01-01T00:00:00+12:00"}"#)
        .await;
    service.work();
    let stats = async || {
        let stats = service.get("/jobs/stats").await.json()["by_status"].clone();
        (stats["completed"] == 1).then_some(stats)
    };
    assert_eq!(eventually("the due one runs", stats).await["pending"], 3);
}

#[tokio::test]
async fn of_the_jobs_that_wait_the_most_urgent_runs_first() {
    let service = Service::with(&[("WORKER_COUNT", "1")]).await;
    for priority in [-2_147_483_648_i64, 0, 2_147_483_647, 5, 5] {
        let job = format!(r#"{{"job_type":"data_analysis","payload":{{}},"priority":{priority}}}"#);
        assert_eq!(service.post("/jobs", job).await.json()["priority"], priority);
    }
    assert_eq!(service.order_of_runs().await, [3, 4, 5, 2, 1]);
}

#[tokio::test]
async fn a_job_about_a_user_is_found_by_the_user_however_the_id_is_written() {
    let service = Service::start().await;
    for id in ["7", "7.0", "0.7e1", "8"] {
        let job = format!(r#"{{"job_type":"send_welcome_email","payload":{{"user_id":{id}}}}}"#);
        assert_eq!(service.post("/jobs", job).await.status, 201, "{id}");
    }
    service.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#).await;
    let found = service.get("/jobs?user_id=7").await.json();
    let ids: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
    assert_eq!(json!(ids), json!([3, 2, 1]));
}

#[tokio::test]
async fn a_range_of_sign_ups_may_be_a_leap_year_and_no_more() {
    let service = Service::start().await;
    let long = "Parameter validation failed for 'since': the range is longer than 366 days";
    let backwards = "Parameter validation failed for 'since': must not be after 'until'";
    for (query, expected) in [
        ("", Ok(("2025-12-17", "2026-01-15", 30))),
        ("since=2026-01-15", Ok(("2026-01-15", "2026-01-15", 1))),
        ("since=2025-01-15", Ok(("2025-01-15", "2026-01-15", 366))),
        ("until=2024-03-01", Ok(("2024-02-01", "2024-03-01", 30))),
        ("since=2024-01-01&until=2024-12-31", Ok(("2024-01-01", "2024-12-31", 366))),
        ("since=2024-01-01&until=2025-01-01", Err(long)),
        ("since=2025-01-14", Err(long)),
        ("since=2026-01-16", Err(backwards)),
        ("since=0001-01-01&until=9999-12-31", Err(long)),
        ("until=9999-12-31", Ok(("9999-12-02", "9999-12-31", 30))),
        ("since=9999-12-31&until=9999-12-31", Ok(("9999-12-31", "9999-12-31", 1))),
    ] {
        let answer = service.get(&format!("/analytics/signups?{query}")).await;
        match expected {
            Ok((first, last, count)) => {
                let days = answer.json()["days"].as_array().unwrap().clone();
                let dates = json!([days[0]["date"], days[days.len() - 1]["date"], days.len()]);
                assert_eq!((answer.status, dates), (200, json!([first, last, count])), "{query}");
            }
            Err(error) => assert_eq!(answer.refusal(), (400, error.to_owned()), "{query}"),
        }
    }
    for date in ["2026-02-29", "2026-1-1", "15.01.2026", "2026-01-15T00:00:00Z", ""] {
        let answer = service.get(&format!("/analytics/signups?since={date}")).await;
        assert_eq!((answer.status, answer.violations().len()), (400, 1), "{date:?}");
    }
    // There is no day before the year 0 that the contract could show.
    let first = service.get("/analytics/signups?until=0000-01-05").await;
    assert_eq!((first.status, &first.json()["days"][0]["date"]), (200, &json!("0000-01-05")));
}

#[tokio::test]
async fn sign_ups_are_counted_on_the_day_they_were_made() {
    let service = Service::start().await;
    for (id, time) in [(1, "2026-01-14T23:59:59.999999Z"), (2, "2026-01-15T00:00:00Z"), (3, "2026-01-15T12:00:00Z")] {
        service.app.clock.set(time.parse().unwrap());
        service.sign_up(format!(r#"{{"email":"{id}@example.com","age":1}}"#)).await;
    }
    // The jobs run on a later day.
    service.app.clock.set("2026-01-20T00:00:00Z".parse().unwrap());
    assert_eq!(service.get("/analytics/signups").await.json()["total"], 0, "counted by the jobs");
    service.finish_jobs().await;
    let stats = service.get("/analytics/signups?since=2026-01-14&until=2026-01-15").await.json();
    assert_eq!(stats["days"], json!([{"date": "2026-01-14", "count": 1}, {"date": "2026-01-15", "count": 2}]));
    assert_eq!(service.get("/analytics/signups").await.json()["total"], 3);
}
