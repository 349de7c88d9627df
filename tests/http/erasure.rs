//! Deleting a user erases the person: from every table, from the files of the database, from the mail folder.

use axum::http::Method;
use diesel::prelude::*;
use keiyaku::api::models::AttemptOutcome;
use keiyaku::db::AnyConnection;
use keiyaku::models::jobs::Ground;
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::queues::Room;

use crate::database::{numbers, sqlite_only, texts};
use crate::support::{ALL_SCOPES, Service, eventually, token};

/// Everything the person said; none of it may be found afterwards.
const TRACES: [&str; 5] = ["taro@example.com", "Taro Yamada", "quiet mornings", "lighthouse keeping", "Wakkanai"];
const SIGN_UP: &str = r#"{"email":"taro@example.com","age":25,"name":"Taro Yamada","bio":"quiet mornings",
    "hobby":"lighthouse keeping","location":"Wakkanai"}"#;

async fn flexible() -> Service {
    Service::with(&[("VALIDATION_MODE", "flexible")]).await
}

async fn delete(service: &Service, id: i64) -> u16 {
    let request = service.request(Method::DELETE, &format!("/users/{id}"));
    service.send(request.bearer_auth(token("tests", ALL_SCOPES))).await.status
}

/// The columns that hold this text in any row.
fn columns_with(conn: &mut AnyConnection, text: &str) -> QueryResult<Vec<String>> {
    let columns = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT m.name || '.' || c.name AS value FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        AnyConnection::Postgresql(_) => {
            "SELECT table_name || '.' || column_name AS value FROM information_schema.columns \
             WHERE table_schema = 'public'"
        }
    };
    let (mut found, text) = (Vec::new(), text.to_lowercase());
    for column in texts(conn, columns)? {
        let (table, name) = column.split_once('.').unwrap();
        let holds = format!("lower(CAST({name} AS TEXT)) LIKE '%{text}%'");
        if numbers(conn, &format!("SELECT count(*) AS value FROM {table} WHERE {holds}"))? != [0] {
            found.push(column);
        }
    }
    Ok(found)
}

async fn traces_in_tables(service: &Service) -> Vec<String> {
    let look = |conn: &mut AnyConnection| {
        let mut found = Vec::new();
        for trace in TRACES {
            found.extend(columns_with(conn, trace)?);
        }
        Ok(found)
    };
    service.app.db.read(look).await.unwrap()
}

/// The files of the database and of the mail folder in which a trace stands, byte for byte.
fn traces_in_files(service: &Service) -> Vec<String> {
    let folder = service.outbox().parent().unwrap().to_owned();
    let files = [folder.clone(), service.outbox()].into_iter().filter_map(|folder| folder.read_dir().ok()).flatten();
    let mut found = Vec::new();
    for file in files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        let holds = |trace: &&str| bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
        if TRACES.iter().any(holds) {
            found.push(file.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[tokio::test]
async fn of_a_deleted_user_nothing_is_left_in_tables_files_or_mail() {
    let service = flexible().await;
    assert_eq!(service.sign_up(SIGN_UP).await.status, 201);
    service.finish_jobs().await;
    service.sql("UPDATE job_attempts SET error = 'no mail to taro@example.com' WHERE job_id = 1").await;
    service
        .sql(
            "UPDATE job_queue SET error_message = 'taro@example.com', output = '{\"to\":\"Taro Yamada\"}' WHERE id = 2",
        )
        .await;
    let columns = traces_in_tables(&service).await;
    for expected in
        ["users.email", "users.additional_data", "user_profiles.region", "job_queue.payload", "job_queue.output"]
    {
        assert!(
            columns.iter().any(|column| column == expected),
            "{expected} is not in {columns:?}: nothing would be shown"
        );
    }
    assert!(traces_in_files(&service).iter().any(|file| file.ends_with(".eml")), "the mail was written");

    assert_eq!(delete(&service, 1).await, 204);
    assert_eq!(traces_in_tables(&service).await, [""; 0]);
    service.jobs_done().await;
    let files = async || {
        let files = traces_in_files(&service);
        files.is_empty().then_some(())
    };
    eventually("no file holds a trace", files).await;

    assert_eq!(service.get("/users/1").await.status, 404);
    assert_eq!(service.get("/users/1/profile").await.status, 404);
    assert_eq!(delete(&service, 1).await, 404);
    assert_eq!(service.get("/analytics/signups?since=2026-01-15&until=2026-01-15").await.json()["total"], 1);
    let again = service.sign_up(SIGN_UP).await;
    assert_eq!(
        (again.status, again.json()["id"].as_i64()),
        (201, Some(2)),
        "the address is free, the id is not used again"
    );
}

#[tokio::test]
async fn a_user_deleted_before_the_check_in_is_counted_and_leaves_nothing_else() {
    let service = flexible().await;
    assert_eq!(service.sign_up(SIGN_UP).await.status, 201);
    assert_eq!(delete(&service, 1).await, 204);
    service.finish_jobs().await;
    assert_eq!(traces_in_tables(&service).await, [""; 0]);
    assert_eq!(service.get("/jobs/1").await.json()["status"], "completed");
    assert_eq!(service.get("/users/1/profile").await.status, 404);
    assert!(!service.outbox().exists() || service.outbox().read_dir().unwrap().count() == 0, "nobody is written to");
    assert_eq!(service.get("/analytics/signups?since=2026-01-15&until=2026-01-15").await.json()["total"], 1);
}

/// Nothing of the person in any table now, and soon in no file.
async fn nothing_is_left(service: &Service) {
    assert_eq!(traces_in_tables(service).await, [""; 0]);
    let files = async || traces_in_files(service).is_empty().then_some(());
    eventually("no file holds a trace", files).await;
}

fn job_about_user(id: &str, more: &str) -> String {
    format!(r#"{{"job_type":"send_welcome_email","payload":{{"user_id":{id}}}{more}}}"#)
}

#[tokio::test]
async fn what_the_person_said_before_a_change_is_erased_too() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    let change = r#"{"email":"t@example.org","name":null,"bio":"other","hobby":null,"location":"other"}"#;
    let request = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let request = request.header("content-type", "application/merge-patch+json").body(change);
    assert_eq!(service.send(request).await.status, 200);
    assert_eq!(delete(&service, 1).await, 204);
    service.jobs_done().await;
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn a_checkpoint_right_after_the_answer_leaves_no_trace_in_either_file() {
    sqlite_only!("the WAL");
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    assert_eq!(delete(&service, 1).await, 204);
    let mut outside = service.database.connect();
    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut outside).unwrap();
    let found: Vec<String> = traces_in_files(&service).into_iter().filter(|name| name.contains("users.db")).collect();
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn a_reader_that_stays_open_puts_the_cut_off_and_no_longer() {
    sqlite_only!("the WAL");
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    let mut reader = service.database.connect();
    diesel::sql_query("BEGIN").execute(&mut reader).unwrap();
    assert_eq!(numbers(&mut reader, "SELECT count(*) AS value FROM users").unwrap(), [1]);
    assert_eq!(delete(&service, 1).await, 204);
    service.jobs_done().await;
    // Writes go on meanwhile.
    assert_eq!(service.sign_up(r#"{"email":"hanako@example.com","age":30}"#).await.status, 201);
    assert!(!traces_in_files(&service).is_empty(), "the reader sees the database as it was");
    diesel::sql_query("COMMIT").execute(&mut reader).unwrap();
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn an_attempt_that_ends_after_the_deletion_brings_nothing_back() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    for _ in 0..3 {
        assert_eq!(service.post("/jobs", job_about_user("1", "")).await.status, 201);
    }
    service.sql("UPDATE job_queue SET error_message = 'no mail to taro@example.com'").await;
    let now = service.app.clock.now();
    let claim = move |conn: &mut AnyConnection| {
        let job_types = vec!["send_welcome_email", "user_created"];
        let until = now + chrono::TimeDelta::hours(1);
        let (limit, room, worker) = (10, Room::ANY, "w".to_owned());
        let wanted = Claim { job_types, limit, at_once: limit, room, ground: Ground::default(), worker, until };
        claim::claim(conn, &wanted, now).map(|claimed| claimed.jobs)
    };
    let claimed = service.app.db.write(claim).await.unwrap();
    assert_eq!(claimed.len(), 4);
    assert_eq!(delete(&service, 1).await, 204);
    assert_eq!(traces_in_tables(&service).await, [""; 0]);
    let ends = move |conn: &mut AnyConnection| {
        let error = "550 Taro Yamada <taro@example.com> is not known here";
        lease::put_back(conn, &claimed[0], AttemptOutcome::HandedBack, now, now)?;
        lease::fail(conn, &claimed[1], AttemptOutcome::Failed, error, None, now)?;
        lease::fail(conn, &claimed[2], AttemptOutcome::Panicked, error, Some(now), now)?;
        let progress = Some((50, "to taro@example.com".to_owned()));
        let report = Report { progress, output: Some(r#"{"to":"taro@example.com"}"#.to_owned()) };
        lease::complete(conn, &claimed[3], &report, now)
    };
    service.app.db.write(ends).await.unwrap();
    assert_eq!(traces_in_tables(&service).await, [""; 0]);
    let statuses = async |id: i64| service.get(&format!("/jobs/{id}")).await.json()["status"].clone();
    let mut found = Vec::new();
    for id in 1..=4 {
        found.push(statuses(id).await);
    }
    assert_eq!(found, ["pending", "failed", "retry_pending", "completed"]);
}

#[tokio::test]
async fn mail_is_erased_that_a_job_put_in_over_http_has_sent() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    for id in ["1", "1.0"] {
        assert_eq!(service.post("/jobs", job_about_user(id, "")).await.status, 201);
    }
    let later = service.post("/jobs", job_about_user("1", r#","scheduled_at":"2026-02-01T00:00:00Z""#)).await;
    let mails = || service.outbox().read_dir().unwrap().count();
    let is_waited_for = async || {
        let stats = service.get("/jobs/stats").await.json()["by_status"].clone();
        (stats["pending"] == 1 && stats["processing"] == 0).then_some(())
    };
    // What erases mail is put off while a job runs that may send some, and here time stands still.
    eventually("all but the later job are done", is_waited_for).await;
    assert_eq!(mails(), 3);
    assert_eq!(delete(&service, 1).await, 204);
    // A job that runs while the clock leaps loses its lease.
    eventually("the mails are erased", is_waited_for).await;
    service.app.clock.set("2026-02-01T00:00:00Z".parse().unwrap());
    service.app.jobs.notify_one();
    service.jobs_done().await;
    assert_eq!(mails(), 0);
    assert_eq!(service.get(later.header("location").unwrap()).await.json()["status"], "completed");
    nothing_is_left(&service).await;
}

#[tokio::test]
async fn mail_is_erased_whose_job_has_been_deleted_long_ago() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    service.sql("DELETE FROM job_queue").await;
    assert_eq!(service.outbox().read_dir().unwrap().count(), 1);
    assert_eq!(delete(&service, 1).await, 204);
    service.jobs_done().await;
    assert_eq!(service.outbox().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn mail_is_erased_when_a_folder_that_was_away_is_back() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    let elsewhere = service.outbox().with_file_name("elsewhere");
    std::fs::rename(service.outbox(), &elsewhere).unwrap();
    assert_eq!(delete(&service, 1).await, 204);
    let job = eventually("the job has failed once", async || {
        let jobs = service.get("/jobs?job_type=erase_mail&status=retry_pending").await.json();
        jobs["items"].get(0).cloned()
    })
    .await;
    assert!(job["error_message"].as_str().unwrap().contains("mail folder"), "{job}");
    std::fs::rename(&elsewhere, service.outbox()).unwrap();
    service.app.clock.set("2026-01-16T00:00:00Z".parse().unwrap());
    service.app.jobs.notify_one();
    service.jobs_done().await;
    assert_eq!(service.outbox().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_check_in_that_is_put_in_by_hand_counts_no_sign_up() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    service.finish_jobs().await;
    for user in [1, 999] {
        let job = format!(r#"{{"job_type":"user_created","payload":{{"user_id":{user}}}}}"#);
        assert_eq!(service.post("/jobs", job).await.status, 201);
    }
    service.jobs_done().await;
    assert_eq!(service.get("/analytics/signups?since=2026-01-15&until=2026-01-15").await.json()["total"], 1);
}

#[tokio::test]
async fn erasure_touches_nobody_else() {
    let service = flexible().await;
    service.sign_up(SIGN_UP).await;
    let other = SIGN_UP.replace("taro@example.com", "xtaro@example.com");
    service.sign_up(other).await;
    service.finish_jobs().await;
    let paths = ["/users/2", "/users/2/profile", "/jobs?user_id=2"];
    let mut before = Vec::new();
    for path in paths {
        before.push(service.get(path).await.json());
    }
    assert_eq!(delete(&service, 1).await, 204);
    service.jobs_done().await;
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(service.get(path).await.json(), before, "{path}");
    }
    assert_eq!(service.outbox().read_dir().unwrap().count(), 1);
    let jobs = service.get("/jobs?user_id=1").await.json();
    for job in jobs["items"].as_array().unwrap() {
        assert_eq!(job["payload"], serde_json::json!({"user_id": 1}), "that the jobs were done stays");
    }
}
