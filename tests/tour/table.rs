//! "A new table".

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};

use crate::copy::Copy;
use crate::page::TOURS;
use crate::postgres::Postgres;
use crate::server::Server;
use crate::taken::{Taken, before};

const CONTRACT: &str = "openapi/openapi.yaml";

/// Step 1.
pub fn contract(copy: &Copy) {
    TOURS.assert_says("Add the operations to `openapi/openapi.yaml`, under `paths`");
    copy.insert(CONTRACT, "paths:", &TOURS.snippet("table-openapi"));
    TOURS.assert_says("their tag, under `tags`");
    copy.insert(CONTRACT, "tags:", &TOURS.snippet("table-tag"));
    TOURS.assert_says("and what they take and answer, under `components`, `schemas`");
    copy.insert(CONTRACT, "  schemas:", &TOURS.snippet("table-schemas"));
}

/// Steps 2 to 5.
pub fn code(copy: &Copy) {
    TOURS.assert_says("Write the migration `2027-01-01-000002_notes`");
    TOURS.assert_says("and `down.sql` in both is `DROP TABLE notes;`");
    for database in ["sqlite", "postgres"] {
        let folder = format!("migrations/{database}/2027-01-01-000002_notes");
        copy.write(&format!("{folder}/up.sql"), &TOURS.snippet(&format!("table-up-{database}")));
        copy.write(&format!("{folder}/down.sql"), "DROP TABLE notes;\n");
    }
    TOURS.assert_says("In `src/schema.rs`, if `make schema` does not write it");
    let table = format!("\n{}", TOURS.snippet("table-schema"));
    copy.insert_in("src/schema.rs", "    workers (name) {", "}", &table);
    TOURS.assert_says("Write its queries, `src/models/notes.rs`, and the line `pub mod notes;` in `src/models.rs`");
    copy.write("src/models/notes.rs", &TOURS.snippet("table-model"));
    copy.insert("src/models.rs", "pub mod jobs;", "pub mod notes;\n");
    TOURS.assert_says("Write the handler, `src/handlers/notes.rs`, and the line `mod notes;` in `src/handlers.rs`");
    copy.write("src/handlers/notes.rs", &TOURS.snippet("table-handler"));
    copy.insert("src/handlers.rs", "mod cursor;", "mod notes;\n");
    TOURS.assert_says("in `tests/http/notes.rs` with the line `mod notes;` in `tests/http/main.rs`");
    copy.write("tests/http/notes.rs", &TOURS.snippet("table-test"));
    copy.insert("tests/http/main.rs", "mod modes;", "mod notes;\n");
}

/// Signs a user up, writes two notes down and reads them.
async fn write_notes(server: &Server, email: &str) -> String {
    let (status, user) = server.post("/users", &json!({"email": email, "age": 25}).to_string()).await;
    assert_eq!(status, 201, "{user}");
    let notes = format!("/users/{}/notes", user["id"]);
    for text in ["Likes lighthouses.", "Called again."] {
        let (status, note) = server.post(&notes, &json!({"text": text}).to_string()).await;
        assert_eq!((status, &note["text"]), (201, &json!(text)), "{note}");
    }
    let listed = server.get(&notes).await.json::<Value>().await.unwrap();
    let texts = ["Called again.", "Likes lighthouses."];
    assert_eq!([&listed["items"][0]["text"], &listed["items"][1]["text"]], texts, "{listed}");
    assert_eq!(server.post("/users/9/notes", r#"{"text":"Who?"}"#).await.0, 404);
    notes
}

#[tokio::test]
async fn notes_are_kept_and_erased_with_their_user() {
    let taken = Taken::get();
    TOURS.assert_says("`cargo test --test http notes`");
    taken.tests.must_say("test notes::notes_are_listed_and_go_with_their_user ... ok");
    let (server, folder) = taken.start();
    let notes = write_notes(&server, "taro@example.com").await;
    assert!(holds(folder.path(), "lighthouses"), "the note is in the database, byte for byte");

    TOURS.assert_says("The foreign key is what erases notes with their user");
    assert_eq!(server.send(Method::DELETE, "/users/1", "").await.0, 204);
    assert_eq!(server.get(&notes).await.json::<Value>().await.unwrap(), json!({"items": []}));
    let started = Instant::now();
    while holds(folder.path(), "lighthouses") {
        assert!(started.elapsed() < Duration::from_secs(30), "the note is still in a file");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn both_migrations_and_the_queries_are_postgresqls_too() {
    let (taken, folder) = (Taken::get(), tempfile::tempdir().unwrap());
    let postgres = Postgres::empty();
    let database = postgres.url();
    let old = Server::start(before(), folder.path(), &database);
    assert_eq!(old.post("/users", r#"{"email":"a@example.com","age":1}"#).await.0, 201);
    drop(old);
    let server = Server::start(&taken.binary(), folder.path(), &database);
    let (status, patched) = server.send(Method::PATCH, "/users/1", r#"{"nickname":"A"}"#).await;
    assert_eq!((status, &patched["nickname"]), (200, &json!("A")));
    write_notes(&server, "taro@example.com").await;
    assert_eq!(server.send(Method::DELETE, "/users/2", "").await.0, 204);
    drop(server);
    let mut conn = postgres.connect();
    conn.batch_execute("SELECT 1 / (1 - (SELECT count(*) FROM notes))").unwrap();
    conn.batch_execute(&[TOURS.snippet("field-down"), "DROP TABLE notes;".to_owned()].concat()).unwrap();
}

/// Whether a file in this folder has this text, byte for byte.
fn holds(folder: &Path, text: &str) -> bool {
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    // One of SQLite's own may go in between.
    let mut read = files.filter_map(|file| fs::read(file).ok());
    read.any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}
