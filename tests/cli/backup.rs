//! `keiyaku backup`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::database::sqlite_only;
use crate::support::database::Database;
use crate::support::load::Load;
use crate::support::{Scene, assert_refused, json, keiyaku, ran};

#[test]
fn a_backup_is_one_moment_of_a_server_that_writes_at_full_speed() {
    sqlite_only!("copies of its file");
    let scene = Scene::new();
    let server = scene.start::<&str>(&[]);
    let load = Load::start(server.address(), 8, "load");
    load.acknowledged(200);
    let before = scene.open().count("users");
    let made = json(&scene, "backup backup.db --json");
    let sent = load.finish();
    assert_eq!(sent.refused, [], "sign-ups that were answered with an error");

    let file = scene.path("backup.db");
    let mut backup = Database::open(&file);
    let users = backup.count("users");
    assert!(
        users >= before && users < i64::try_from(sent.created.len()).unwrap(),
        "{before} {users} {}",
        sent.created.len()
    );
    assert_eq!((&made["users"], &made["jobs"]), (&json!(users), &json!(backup.count("job_queue"))));
    // Sign-up and job are one transaction, and so are a job and what follows from it.
    let without =
        "users WHERE NOT EXISTS (SELECT 1 FROM job_queue WHERE user_id = users.id AND job_type = 'user_created')";
    assert_eq!(backup.count(without), 0);
    assert_eq!(
        backup.number("SELECT coalesce(sum(signups), 0) AS value FROM signup_counts"),
        backup.count("user_profiles")
    );
    backup.assert_sound();
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, &made["bytes"]), (0o600, &json!(metadata.len())));
    let left: Vec<_> = scene.folder().read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{left:?}");
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_told_to() {
    sqlite_only!("copies of its file");
    let scene = Scene::new();
    scene.run(&["migrate"]);
    fs::write(scene.path("backup.db"), "something else").unwrap();
    assert_refused(&keiyaku(&scene, "backup backup.db"), 1, "backup.db is there already: --force replaces it");
    assert_eq!(fs::read(scene.path("backup.db")).unwrap(), b"something else");
    assert!(scene.run(&["backup", "backup.db", "--force"]).starts_with("backup.db: 0 users and 0 jobs in "));
    assert_refused(
        &keiyaku(&scene, "backup ./users.db --force"),
        1,
        "./users.db is the database itself: name another file",
    );
    scene.open().assert_sound();
}

#[test]
fn two_do_not_write_one_file_and_what_a_killed_one_has_left_is_in_nobody_s_way() {
    sqlite_only!("copies of its file");
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let left = scene.path("backup.db.keiyaku-part");
    fs::write(&left, "half a backup").unwrap();
    let other = fs::File::open(&left).unwrap();
    other.lock().unwrap();
    let said = "another process is writing backup.db.keiyaku-part: wait for it";
    assert_refused(&keiyaku(&scene, "backup backup.db"), 1, said);
    drop(other);
    scene.run(&["backup", "backup.db"]);
    Database::open(&scene.path("backup.db")).assert_sound();
    assert!(!left.exists());
}

#[test]
fn what_cannot_be_backed_up_is_refused() {
    sqlite_only!("copies of its file");
    let scene = Scene::new();
    let none = keiyaku(&scene, "backup b.db");
    assert!(none.said.starts_with("keiyaku: there is no database users.db: "), "{none:?}");
    scene.run(&["migrate"]);
    let nowhere = keiyaku(&scene, "backup nowhere/b.db");
    assert_refused(&nowhere, 1, "cannot write to nowhere/b.db.keiyaku-part: No such file or directory (os error 2)");
    assert!(!scene.path("b.db").exists());
}

#[test]
fn of_a_postgresql_database_it_is_said_how_to_copy_it() {
    let scene = Scene::new();
    let postgres = ran(scene.command(&["backup", "b.db"]).env("DATABASE_URL", "postgres://me:secret@db.example/app"));
    let said = "postgres://db.example/app is a PostgreSQL database: copy it with pg_dump --format=custom";
    assert_refused(&postgres, 1, said);
    assert!(!scene.path("b.db").exists());
}

#[test]
fn what_is_no_backup_is_not_replaced_whatever_it_is() {
    sqlite_only!("copies of its file");
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let server = scene.start_without_workers(&[("DATABASE_URL", "other.db")]);
    let refused = |file: &str, said: &str| {
        assert_refused(&keiyaku(&scene, &format!("backup {file} --force")), 1, &format!("{file} {said}"));
    };
    refused("other.db", "is a database that a process has open: name another file");
    refused("other.db-wal", "belongs to the database beside it: name another file");
    assert!(server.stop().status.success());
    Database::open(&scene.path("other.db")).assert_sound();
    std::os::unix::fs::symlink("other.db", scene.path("link.db")).unwrap();
    refused("link.db", "is there already and no regular file: name another file");
    refused("/dev/null", "is there already and no regular file: name another file");
    // Where a copy is made, what lies there may be somebody else's.
    fs::hard_link(scene.path("other.db"), scene.path("copy.db.keiyaku-part")).unwrap();
    let said = "cannot write to copy.db.keiyaku-part: it is there already, and no file of its own: remove it";
    assert_refused(&keiyaku(&scene, "backup copy.db"), 1, said);
    fs::remove_file(scene.path("copy.db.keiyaku-part")).unwrap();
    std::os::unix::fs::symlink("other.db", scene.path("copy.db.keiyaku-part")).unwrap();
    assert_refused(&keiyaku(&scene, "backup copy.db"), 1, said);
    Database::open(&scene.path("other.db")).assert_sound();
}

#[test]
fn a_name_that_sqlite_would_read_otherwise_is_a_name() {
    sqlite_only!("copies of its file");
    let scene = Scene::new();
    scene.run(&["migrate"]);
    scene.run(&["backup", "file:odd.db"]);
    Database::open(&scene.path("./file:odd.db")).assert_sound();
    assert!(!scene.path("odd.db").exists() && !scene.path("odd.db.keiyaku-part").exists());
}
