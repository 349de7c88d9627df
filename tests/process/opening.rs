//! A start that cannot succeed says why in one line, with an exit code that tells, and leaves every file as it was.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::database::sqlite_only;
use crate::support::database;
use crate::support::http::Connection;
use crate::support::{Scene, assert_success};

/// Starts a server that must not come to listen; returns its exit code and the one line that it says.
fn refused(scene: &Scene, environment: &[(&str, &str)]) -> (i32, String) {
    let ended = scene.spawn(environment).ended();
    let [line] = ended.errors.try_into().unwrap();
    let line: String = line;
    (ended.status.code().unwrap(), line.strip_prefix("keiyaku: ").unwrap().to_owned())
}

/// Every file below the folder of `scene` with its bytes.
fn files(scene: &Scene) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = scene.folder().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.map(|path| (path.clone(), fs::read(path).unwrap_or_default())).collect();
    files.sort();
    files
}

/// Asserts that the file in place of the database stops the start with this line, and that nothing in the folder changes.
fn assert_refused_and_unchanged(scene: &Scene, line: &str) {
    let before = files(scene);
    assert_eq!(refused(scene, &[]), (1, line.to_owned()));
    assert!(files(scene) == before, "{line}: the folder has changed");
}

#[test]
fn a_database_in_a_missing_folder_is_refused() {
    sqlite_only!("the path of a file");
    let scene = Scene::new();
    let (code, line) = refused(&scene, &[("DATABASE_URL", "missing/users.db")]);
    assert_eq!(code, 1);
    assert!(line.starts_with("cannot open the database missing/users.db: "), "{line}");
    assert_eq!(files(&scene), []);
}

#[test]
fn a_folder_in_place_of_the_database_is_refused() {
    sqlite_only!("the path of a file");
    let scene = Scene::new();
    fs::create_dir(scene.database()).unwrap();
    let (code, line) = refused(&scene, &[]);
    assert_eq!(code, 1);
    assert!(line.starts_with("cannot open the database users.db: "), "{line}");
}

#[test]
fn a_database_server_that_does_not_answer_is_named_in_one_line_without_the_password() {
    let scene = Scene::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, line) =
        refused(&scene, &[("DATABASE_URL", &format!("postgres://taro:hunter2@127.0.0.1:{port}/keiyaku"))]);
    assert_eq!(code, 1);
    assert!(line.starts_with(&format!("cannot open the database postgres://127.0.0.1:{port}/keiyaku: ")), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_unchanged() {
    sqlite_only!("a file that is something else");
    for content in ["notes", &"a longer text than the header of a database. ".repeat(1000)] {
        let scene = Scene::new();
        fs::write(scene.database(), content).unwrap();
        assert_refused_and_unchanged(
            &scene,
            "users.db is not a SQLite database: move the file away or set DATABASE_URL to another path",
        );
    }
}

#[test]
fn a_read_only_file_is_refused_and_unchanged() {
    sqlite_only!("the permissions of a file");
    let scene = Scene::new();
    scene.run(&["migrate"]);
    fs::set_permissions(scene.database(), Permissions::from_mode(0o444)).unwrap();
    assert_refused_and_unchanged(
        &scene,
        "the database users.db is read-only: give this user write permission to the file and its folder",
    );
}

#[test]
fn the_database_of_another_program_is_refused_and_unchanged() {
    sqlite_only!("a file that must not change; `postgres` has tests of its own");
    for journal in ["DELETE", "WAL"] {
        let scene = Scene::new();
        let tables = format!("PRAGMA journal_mode = {journal}; CREATE TABLE notes (text TEXT);");
        database::change(&scene.database(), &tables);
        assert_refused_and_unchanged(
            &scene,
            "the database users.db holds the tables of another program: set DATABASE_URL to another",
        );
    }
}

#[test]
fn a_database_that_a_newer_release_keeps_from_older_ones_is_refused_and_unchanged() {
    sqlite_only!("a file that must not change; `postgres` has tests of its own");
    // A copy by VACUUM INTO, as a backup is made, has no WAL.
    for journal in ["DELETE", "WAL"] {
        let scene = Scene::new();
        scene.run(&["migrate"]);
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000');
            UPDATE schema_serves SET oldest = '29991231000000'";
        database::change(&scene.database(), &format!("{newer}; PRAGMA journal_mode = {journal}"));
        assert_refused_and_unchanged(
            &scene,
            "the database users.db was made by a newer keiyaku (its schema has 29991231000000): upgrade this binary",
        );
    }
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed_before_anything_is_made() {
    let scene = Scene::empty();
    for (variable, value, line) in [
        ("PORT", "http", "PORT=\"http\": must be a port from 0 to 65535"),
        ("HOST", "nowhere", "HOST=\"nowhere\": must be an IP address, such as 127.0.0.1 or ::"),
        ("WORKER_COUNT", "-1", "WORKER_COUNT=\"-1\": must be a whole number from 0 to 1024"),
        ("VALIDATION_MODE", "lax", "VALIDATION_MODE=\"lax\": must be one of default, flexible, strict"),
        ("DURABILITY", "maybe", "DURABILITY=\"maybe\": must be one of full, normal"),
        ("JOB_LEASE", "1ms", "JOB_LEASE=\"1ms\": must be a duration from 500ms to 1day, such as 30s"),
        (
            "JOB_RETENTION",
            "300000years",
            "JOB_RETENTION=\"300000years\": must be a duration from 1min to 100years, such as 7d",
        ),
        (
            "IDEMPOTENCY_RETENTION",
            "101years",
            "IDEMPOTENCY_RETENTION=\"101years\": must be a duration from 1min to 100years, such as 1d",
        ),
        ("JWT_SECRET", "hunter2", "JWT_SECRET=[not shown]: must be at least 32 bytes long"),
    ] {
        assert_eq!(refused(&scene, &[(variable, value)]), (2, line.to_owned()));
    }
    let (code, line) = refused(&scene, &[("DATABASE_URL", ":memory:")]);
    assert_eq!(code, 2);
    assert!(line.starts_with("DATABASE_URL="), "{line}");
    for url in ["x.db?mode=ro", "sqlite://x.db?mode=ro", "x.db?"] {
        let line = "DATABASE_URL=[not shown]: a SQLite database takes no parameters: leave out what begins with ?";
        assert_eq!(refused(&scene, &[("DATABASE_URL", url)]), (2, line.to_owned()), "{url}");
    }
    assert!(scene.is_untouched());
}

#[test]
fn a_port_in_use_is_named_before_a_database_is_made() {
    let scene = Scene::empty();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let (code, line) = refused(&scene, &[("PORT", &taken.port().to_string())]);
    assert_eq!(code, 1);
    assert!(line.starts_with(&format!("cannot listen on {taken}: ")), "{line}");
    assert!(scene.is_untouched());
}

#[test]
fn a_second_start_on_the_same_file_finds_what_the_first_one_stored() {
    let scene = Scene::new();
    let first = scene.start::<&str>(&[]);
    assert_eq!(Connection::open(first.address()).unwrap().sign_up("taro@example.com").unwrap().status, 201);
    assert_success(first.stop().status);

    let second = scene.start::<&str>(&[]);
    let mut connection = Connection::open(second.address()).unwrap();
    let answer = connection.get("/users/1", Some(&scene.token("users:read"))).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap()["email"], "taro@example.com");
    assert_eq!(connection.sign_up("TARO@example.com").unwrap().status, 409);
    assert_success(second.stop().status);
}
