//! A rolling upgrade: the service as it is, and beside it on one database the release that the tours make of it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::postgres::Postgres;
use crate::server::Server;
use crate::taken::{Taken, before};

/// What any condition may take, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn on_sqlite_a_release_and_the_one_before_it_work_side_by_side() {
    upgrade("users.db").await;
}

#[tokio::test]
async fn on_postgresql_a_release_and_the_one_before_it_work_side_by_side() {
    let database = Postgres::empty();
    upgrade(&database.url()).await;
}

async fn upgrade(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let sign_up = async |server: &Server, user: Value| {
        let (status, user) = server.post("/users", &user.to_string()).await;
        assert_eq!(status, 201, "{user}");
    };
    let old = Server::start(before(), folder.path(), database);
    sign_up(&old, json!({"email": "before@example.com", "age": 25})).await;

    let new = Server::start(&Taken::get().binary(), folder.path(), database);
    sign_up(&new, json!({"email": "new@example.com", "age": 25, "nickname": "New"})).await;
    sign_up(&old, json!({"email": "old@example.com", "age": 25})).await;
    // One that falls and is started again before its turn has come finds migrations that it does not know.
    let late = Server::start(before(), folder.path(), database);
    sign_up(&late, json!({"email": "late@example.com", "age": 25})).await;

    for server in [&old, &new, &late] {
        let users: Value = server.get("/users").await.json().await.unwrap();
        assert_eq!(users["items"].as_array().unwrap().len(), 4, "{users}");
        assert_eq!(server.send(Method::PATCH, "/users/2", r#"{"age":26}"#).await.0, 200);
    }
    let user: Value = new.get("/users/2").await.json().await.unwrap();
    assert_eq!(user["nickname"], "New", "what a process does not know, it leaves as it is");

    let began = Instant::now();
    loop {
        let health: Value = new.get("/health").await.json().await.unwrap();
        if health["jobs"] == json!({"pending": 0, "processing": 0, "failed": 0}) {
            break;
        }
        assert!(began.elapsed() < LIMIT, "{health}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for user in 1..=4 {
        assert_eq!(new.get(&format!("/users/{user}/profile")).await.status(), 200, "whoever has checked it in");
    }
}
