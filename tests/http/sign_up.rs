//! `POST /users`, and the job that follows from it.

use diesel::prelude::*;
use keiyaku::schema::signup_counts;
use serde_json::json;

use crate::database::{fault, mend};
use crate::support::{Service, TARO};

#[tokio::test]
async fn a_sign_up_answers_with_the_location_and_the_stored_user() {
    let service = Service::start().await;
    let full = r#"{"is_active":false,"bio":"Walks, reads, cooks.","name":"Tarō","age":25,"email":"Taro@Example.com"}"#;
    let created = service.sign_up(full).await;
    insta::assert_snapshot!(created);
    let read = service.get(created.header("location").unwrap()).await;
    assert_eq!((read.status, read.json()), (200, created.json()));
}

#[tokio::test]
async fn members_that_are_left_out_have_their_defaults() {
    let service = Service::start().await;
    let user = service.sign_up(r#"{"email":"a@example.com","age":0}"#).await.json();
    let members = ["name", "bio", "is_active", "additional_data"].map(|name| &user[name]);
    assert_eq!(json!(members), json!([null, null, true, null]));
}

#[tokio::test]
async fn the_longest_text_comes_back_whole() {
    let service = Service::start().await;
    // Lengths count characters, not bytes, and these have four bytes each.
    let (name, bio) = ("𠮷".repeat(100), "😀".repeat(2000));
    let user = json!({"email": "a@example.com", "age": i32::MAX, "name": name, "bio": bio});
    let stored = service.sign_up(user.to_string()).await.json();
    assert_eq!(json!([stored["name"], stored["bio"], stored["age"]]), json!([name, bio, i32::MAX]));
}

#[tokio::test]
async fn the_job_is_stored_together_with_the_user() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    // No worker runs.
    insta::assert_snapshot!(service.get("/jobs").await);
}

#[tokio::test]
async fn a_user_whose_job_cannot_be_stored_is_not_stored_either() {
    let service = Service::start().await;
    service.sql(&fault("INSERT ON job_queue", "true", "broken")).await;
    assert_eq!(service.sign_up(TARO).await.refusal(), (500, "Internal server error".to_owned()));
    assert_eq!(service.get("/users/1").await.status, 404);
    service.sql(&mend("job_queue")).await;
    assert_eq!(service.sign_up(TARO).await.status, 201);
}

#[tokio::test]
async fn an_email_that_is_taken_in_another_case_is_a_conflict() {
    let service = Service::start().await;
    assert_eq!(service.sign_up(r#"{"email":"Taro@Example.com","age":25}"#).await.status, 201);
    insta::assert_snapshot!(service.sign_up(r#"{"email":"tARO@eXAMPLE.cOM","age":30}"#).await);
    // The refused one left nothing behind.
    let jobs = service.get("/jobs").await.json();
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
    assert_eq!(service.get("/users/1").await.json()["email"], "Taro@Example.com");
}

#[tokio::test]
async fn one_of_many_sign_ups_with_one_email_wins() {
    let service = Service::start().await;
    let sign_up = || async { service.sign_up(TARO).await.status };
    let all = tokio::join!(sign_up(), sign_up(), sign_up(), sign_up(), sign_up(), sign_up());
    let mut statuses = <[u16; 6]>::from(all);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn the_workers_make_the_profile_count_the_sign_up_and_send_the_mail() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    insta::assert_snapshot!(service.get("/users/1/profile").await);
    let days = signup_counts::table.select((signup_counts::day, signup_counts::signups));
    let counted = service.app.db.read(move |conn| days.load::<(String, i64)>(conn)).await.unwrap();
    assert_eq!(counted, [("2026-01-15".to_owned(), 1)]);
    assert_eq!(std::fs::read_dir(service.outbox()).unwrap().count(), 1);
}

#[tokio::test]
async fn workers_that_run_already_take_up_a_sign_up_by_themselves() {
    let service = Service::start().await;
    service.work();
    service.jobs_done().await;
    for n in 0..20 {
        assert_eq!(service.sign_up(format!(r#"{{"email":"{n}@example.com","age":{n}}}"#)).await.status, 201);
    }
    service.jobs_done().await;
    let stats = service.get("/jobs/stats").await.json();
    assert_eq!(stats["by_status"]["completed"], 40);
    assert_eq!(std::fs::read_dir(service.outbox()).unwrap().count(), 20);
}
