//! `GET /jobs`, `GET /jobs/{job_id}` and `GET /jobs/stats`.

use serde_json::{Value, json};

use crate::support::{Service, TARO};

/// A service with this many users, whose jobs wait.
async fn with_users(count: usize) -> Service {
    let service = Service::start().await;
    for n in 1..=count {
        assert_eq!(service.sign_up(format!(r#"{{"email":"{n}@example.com","age":{n}}}"#)).await.status, 201);
    }
    service
}

/// The ids that a list has, in its order.
fn ids(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|job| job["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_finished_job_shows_its_attempts() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    insta::assert_snapshot!("user_created", service.get("/jobs/1").await);
    insta::assert_snapshot!("send_welcome_email", service.get("/jobs/2").await);
}

#[tokio::test]
async fn a_job_that_waits_has_no_attempts() {
    let service = with_users(1).await;
    let job = service.get("/jobs/1").await.json();
    assert_eq!(json!([job["status"], job["attempts"], job["started_at"]]), json!(["pending", [], null]));
}

#[tokio::test]
async fn an_unknown_job_is_not_found() {
    let service = Service::start().await;
    assert_eq!(service.get("/jobs/1").await.refusal(), (404, "Job not found".to_owned()));
    assert_eq!(service.get("/jobs/0").await.status, 400);
    assert_eq!(service.get("/jobs/latest").await.status, 400);
}

#[tokio::test]
async fn the_list_has_the_newest_first_and_no_attempts() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    insta::assert_snapshot!(service.get("/jobs?status=completed").await);
}

#[tokio::test]
async fn filters_are_combined_with_and() {
    let service = with_users(2).await;
    service.finish_jobs().await;
    service.sql("UPDATE job_queue SET status = 'failed', queue = 'slow' WHERE id = 1").await;
    for (query, expected) in [
        ("", vec![4, 3, 2, 1]),
        ("?status=completed", vec![4, 3, 2]),
        ("?status=failed", vec![1]),
        ("?status=pending", vec![]),
        ("?job_type=user_created", vec![2, 1]),
        ("?job_type=no_such_type", vec![]),
        ("?queue=slow", vec![1]),
        ("?queue=default&job_type=user_created", vec![2]),
        ("?user_id=2&job_type=user_created", vec![2]),
        ("?user_id=3", vec![]),
        ("?status=failed&queue=slow&job_type=user_created&user_id=1&limit=1", vec![1]),
        ("?status=completed&queue=slow", vec![]),
        // An undeclared parameter is ignored, an escaped one is read.
        ("?color=red", vec![4, 3, 2, 1]),
        ("?st%61tus=faile%64", vec![1]),
    ] {
        let page = service.get(&format!("/jobs{query}")).await.json();
        assert_eq!((ids(&page), &page["next_cursor"]), (expected, &Value::Null), "{query}");
    }
}

#[tokio::test]
async fn a_list_comes_in_pages_by_cursor() {
    let service = with_users(5).await;
    let mut seen = Vec::new();
    let mut path = "/jobs?limit=2&status=pending".to_owned();
    loop {
        let page = service.get(&path).await.json();
        seen.push(ids(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/jobs?limit=2&status=pending&cursor={cursor}"),
            None => break,
        }
        // What comes in meanwhile is newer and disturbs no page.
        service.sign_up(format!(r#"{{"email":"late{}@example.com","age":1}}"#, seen.len())).await;
    }
    assert_eq!(seen, [vec![5, 4], vec![3, 2], vec![1]]);
}

#[tokio::test]
async fn a_page_that_ends_with_the_last_job_is_the_last() {
    let service = with_users(3).await;
    assert_eq!(service.get("/jobs?limit=3").await.json()["next_cursor"], Value::Null);
    assert_ne!(service.get("/jobs?limit=2").await.json()["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_page_holds_up_to_a_hundred_and_twenty_unless_told() {
    let service = with_users(101).await;
    for (query, expected) in [("", 20), ("?limit=1", 1), ("?limit=100", 100)] {
        let page = service.get(&format!("/jobs{query}")).await.json();
        assert_eq!(ids(&page).len(), expected, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_does_not_fit_is_named() {
    let service = Service::start().await;
    let cases = [
        ("limit=0", "query /limit minimum must be at least 1"),
        ("limit=101", "query /limit maximum must be at most 100"),
        ("limit=", "query /limit type must be an integer"),
        ("limit=ten", "query /limit type must be an integer"),
        ("limit=1&limit=2", "query /limit type must be given only once"),
        ("limit=99999999999999999999", "query /limit maximum must be at most 100"),
        ("user_id=0", "query /user_id minimum must be at least 1"),
        ("job_type=", "query /job_type minLength must not be empty"),
        ("job_type=a%00b", "query /job_type pattern has an invalid format"),
        ("job_type=%FF", "query /job_type type must be valid UTF-8"),
        ("cursor=", "query /cursor minLength must not be empty"),
        (
            "status=done",
            "query /status enum must be one of pending, processing, completed, retry_pending, failed, cancelled",
        ),
    ];
    for (query, expected) in cases {
        let answer = service.get(&format!("/jobs?{query}")).await;
        assert_eq!((answer.status, answer.violations()), (400, vec![expected.to_owned()]), "{query}");
    }
    let both = service.get("/jobs?limit=0&status=done&user_id=x").await;
    assert_eq!(both.violations().len(), 3, "{both}");
    insta::assert_snapshot!(service.get("/jobs?limit=1000").await);
}

#[tokio::test]
async fn a_cursor_that_this_list_did_not_give_is_refused() {
    let service = with_users(3).await;
    let page = service.get("/jobs?limit=1").await.json();
    let own = page["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&service.get(&format!("/jobs?cursor={own}")).await.json()), [2, 1]);
    let made_up =
        ["MjA", "3", "0000000000000003", &own.to_uppercase(), &own.replace('3', "2"), &format!("{own}0"), "é"];
    for cursor in made_up {
        let answer = service.get(&format!("/jobs?cursor={cursor}")).await;
        let expected = "Parameter validation failed for 'cursor': it is not one that this list gave";
        assert_eq!(answer.refusal(), (400, expected.to_owned()), "{cursor}");
    }
    insta::assert_snapshot!(service.get("/jobs?cursor=MjA").await);
}

#[tokio::test]
async fn the_stats_count_by_status_and_by_type() {
    let service = with_users(2).await;
    insta::assert_snapshot!("waiting", service.get("/jobs/stats").await);
    service.finish_jobs().await;
    insta::assert_snapshot!("finished", service.get("/jobs/stats").await);
}

#[tokio::test]
async fn a_user_whose_data_went_wrong_hides_no_other() {
    let service = with_users(2).await;
    // What only a fault of ours could store.
    service.sql("UPDATE users SET additional_data = '{' WHERE id = 1").await;
    insta::assert_snapshot!(service.get("/users/1").await);
    assert_eq!(service.get("/users/2").await.status, 200);
}

#[tokio::test]
async fn of_very_many_attempts_the_last_hundred_are_shown() {
    let service = Service::start().await;
    let id = service.post("/jobs", r#"{"job_type":"data_analysis","payload":{}}"#).await.json()["id"].as_i64().unwrap();
    for attempt in 1..=150 {
        let times = "'2026-01-01 00:00:00', '2026-01-01 00:00:01'";
        service
            .sql(&format!("INSERT INTO job_attempts (job_id, attempt, outcome, worker, error, started_at, finished_at) VALUES ({id}, {attempt}, 'snoozed', 'w', NULL, {times})"))
            .await;
    }
    let done = "status = 'completed', attempts = 151, worker = 'w', claimable = FALSE";
    let times = "started_at = '2026-01-01 00:00:02', completed_at = '2026-01-01 00:00:03'";
    service.sql(&format!("UPDATE job_queue SET {done}, {times} WHERE id = {id}")).await;
    let job = service.get(&format!("/jobs/{id}")).await.json();
    let attempts = job["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[0]["attempt"], &attempts[99]["attempt"]), (100, &52.into(), &151.into()));
}
