//! Deleting a user erases the person: from every table, from the files of the database, from the mail folder.

use axum::http::Method;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use keiyaku::db::AnyConnection;

use crate::support::{ALL_SCOPES, Service, eventually, token};

/// Everything the person said; none of it may be found afterwards.
const TRACES: [&str; 5] = ["taro@example.com", "Taro Yamada", "quiet mornings", "lighthouse keeping", "Wakkanai"];
const SIGN_UP: &str = r#"{"email":"taro@example.com","age":25,"name":"Taro Yamada","bio":"quiet mornings",
    "hobby":"lighthouse keeping","location":"Wakkanai"}"#;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

async fn flexible() -> Service {
    Service::with(&[("VALIDATION_MODE", "flexible")]).await
}

async fn delete(service: &Service, id: i64) -> u16 {
    let request = service.request(Method::DELETE, &format!("/users/{id}"));
    service.send(request.bearer_auth(token("tests", ALL_SCOPES))).await.status
}

/// The columns that hold this text in any row.
fn columns_with(conn: &mut AnyConnection, text: &str) -> QueryResult<Vec<String>> {
    let columns: Vec<Name> = diesel::sql_query(
        "SELECT m.name || '.' || c.name AS value FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    )
    .load(conn)?;
    let mut found = Vec::new();
    for Name { value: column } in columns {
        let (table, name) = column.split_once('.').unwrap();
        let count =
            format!("SELECT count(*) AS value FROM {table} WHERE instr(lower(CAST({name} AS TEXT)), lower(?)) > 0");
        let Count { value } = diesel::sql_query(count).bind::<Text, _>(text).get_result(conn)?;
        if value > 0 {
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

#[tokio::test]
async fn finished_jobs_are_kept_as_long_as_configured_and_their_space_is_given_back() {
    let service = Service::with(&[("JOB_RETENTION", "1min"), ("JOB_LEASE", "500ms")]).await;
    service
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
             INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable)
             SELECT 'user_created', 'default', printf('{\"filler\":\"%.500c\"}', 'x'), 'completed', 0, 3, 0, 1,
                    '2026-01-15 09:00:00', '2026-01-15 09:00:00',
                    CASE WHEN i > 2990 THEN '2026-01-15 09:29:59' ELSE '2026-01-15 09:00:00' END, 0, 0 FROM n;",
        )
        .await;
    service.work();
    let kept = async || {
        let stats = service.get("/jobs/stats").await.json();
        (stats["by_status"]["completed"] == 10).then_some(())
    };
    eventually("the old ones are deleted and the young ones kept", kept).await;
    let free = |conn: &mut AnyConnection| {
        diesel::sql_query("SELECT freelist_count AS value FROM pragma_freelist_count").get_result::<Count>(conn)
    };
    eventually("the space is given back", async || {
        (service.app.db.read(free).await.unwrap().value < 100).then_some(())
    })
    .await;
}
