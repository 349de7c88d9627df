//! A deletion that was answered is done, also when the process is stopped right after.

use std::fs;
use std::io::Write;

use crate::database::sqlite_only;
use crate::support::http::Connection;
use crate::support::stall::Stall;
use crate::support::{Scene, assert_success, drained, eventually};

const PERSON: &str = "taro.yamada@example.com";

#[test]
fn a_person_who_was_deleted_is_in_no_file_after_a_stop_that_follows_at_once() {
    sqlite_only!("what is left in its files");
    let scene = Scene::new();
    let server = scene.start::<&str>(&[]);
    let token = scene.token("users:write");
    let mut connection = Connection::open(server.address()).unwrap();
    assert_eq!(connection.sign_up(PERSON).unwrap().status, 201);
    drained(&server);
    assert!(!found(&scene).is_empty());

    let head = format!("DELETE /users/1 HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n");
    connection.send(&head).unwrap();
    assert_eq!(connection.receive().unwrap().status, 204);
    assert_success(server.stop().status);
    // The mail is removed by a job, which may be left to the next start.
    let files: Vec<String> = found(&scene).into_iter().filter(|file| !file.ends_with(".eml")).collect();
    assert_eq!(files, [""; 0]);
    assert!(!scene.path("users.db-wal").exists(), "whoever stops last leaves one file");

    let server = scene.start::<&str>(&[]);
    drained(&server);
    assert_success(server.stop().status);
    assert_eq!(found(&scene), [""; 0]);
}

#[test]
fn a_mail_that_is_being_written_when_its_job_is_cancelled_and_its_reader_deleted_does_not_stay() {
    let scene = Scene::new();
    let stall = Stall::new(&scene);
    let server = scene.start(&stall.environment());
    let token = scene.token("users:write jobs:read jobs:write");
    let mut connection = Connection::open(server.address()).unwrap();
    assert_eq!(connection.sign_up(PERSON).unwrap().status, 201);
    stall.holds(1);
    for line in ["POST /jobs/2/cancel", "DELETE /users/1"] {
        connection.send(&format!("{line} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n")).unwrap();
        assert!(connection.receive().unwrap().status < 300, "{line}");
    }
    eventually("the mail is erased, as far as there is any", || {
        let jobs = connection.get("/jobs?job_type=erase_mail&status=completed", Some(&token)).unwrap();
        String::from_utf8(jobs.body).unwrap().contains("\"completed\"").then_some(())
    });
    stall.end();
    server.logged("the lease was lost");
    assert_success(server.stop().status);
    assert_eq!(found(&scene), [""; 0]);
}

#[test]
fn a_mail_folder_that_cannot_be_one_stops_the_start() {
    let scene = Scene::new();
    fs::File::create(scene.path("outbox")).unwrap().write_all(b"a file").unwrap();
    let ended = scene.spawn::<&str>(&[]).ended();
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.errors[0].contains("MAIL_DIR=\"outbox\": must be a folder"), "{:?}", ended.errors);
}

#[test]
fn a_database_in_a_folder_that_is_not_there_is_told_so() {
    sqlite_only!("the folder of a file");
    let scene = Scene::new();
    let ended = scene.spawn(&[("DATABASE_URL", "no/such/users.db")]).ended();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.errors[0].contains("the folder no/such does not exist: make it first"), "{:?}", ended.errors);
}

/// The files in which the person's address stands.
fn found(scene: &Scene) -> Vec<String> {
    let folders = [scene.folder().to_owned(), scene.path("outbox")];
    let files = folders.iter().filter_map(|folder| folder.read_dir().ok()).flatten().map(|entry| entry.unwrap().path());
    let holds = |path: &std::path::PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(PERSON.len()).any(|text| text == PERSON.as_bytes())
    };
    files.filter(|path| path.is_file()).filter(holds).map(|path| path.display().to_string()).collect()
}
