//! `keiyaku restore`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::database::sqlite_only;
use crate::support::database::{Database, change};
use crate::support::http::Connection;
use crate::support::process::Process;
use crate::support::{Scene, assert_refused, json, keiyaku, ran};

fn sign_up(server: &Process, email: &str) {
    assert_eq!(Connection::open(server.address()).unwrap().sign_up(email).unwrap().status, 201);
}

/// A scene with one user and a backup of it.
fn backed_up() -> Scene {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    sign_up(&server, "first@example.com");
    scene.run(&["backup", "backup.db"]);
    scene
}

#[test]
fn the_database_is_as_it_was_and_the_other_is_kept() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    let server = scene.start_without_workers::<&str>(&[]);
    sign_up(&server, "second@example.com");
    let in_use = "users.db is in use: stop every process that has it open, keiyaku or not, and try again";
    assert_refused(&keiyaku(&scene, "restore backup.db --force"), 1, in_use);
    sign_up(&server, "third@example.com");
    // Killed, it leaves its log behind, which belongs to the database that is put aside.
    server.kill();
    assert!(scene.path("users.db-wal").exists());
    let there = "users.db is there already: --force puts it aside, and the backup in its place";
    assert_refused(&keiyaku(&scene, "restore backup.db"), 1, there);
    fs::set_permissions(scene.database(), fs::Permissions::from_mode(0o640)).unwrap();

    let restored = json(&scene, "restore backup.db --force --json");
    assert_eq!((&restored["users"], &restored["jobs"]), (&json!(1), &json!(1)));
    let kept = scene.path(restored["kept"].as_str().unwrap());
    assert_eq!(Database::open(&kept).emails().len(), 3);
    assert_eq!(fs::metadata(scene.database()).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!scene.path("users.db-wal").exists() && !scene.path("users.db.keiyaku-part").exists());
    let mut database = scene.open();
    assert!(database.emails().into_iter().eq(["first@example.com".to_owned()]));
    database.assert_sound();
    drop(database);
    let server = scene.start_without_workers::<&str>(&[]);
    sign_up(&server, "second@example.com");
}

#[test]
fn a_process_that_does_nothing_counts_as_well() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    let mut other = scene.open();
    // No query runs any more when the other looks.
    other.count("users");
    let refused = keiyaku(&scene, "restore backup.db --force");
    assert!(refused.code == Some(1) && refused.said.contains("is in use"), "{refused:?}");
    drop(other);
    assert_eq!(keiyaku(&scene, "restore backup.db --force").code, Some(0));
}

#[test]
fn where_there_was_no_database_there_is_one() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    fs::remove_file(scene.database()).unwrap();
    // Of a database that has gone; taken for the log of the backup, it would spoil it.
    fs::write(scene.path("users.db-wal"), "left over").unwrap();
    assert_eq!(scene.run(&["restore", "backup.db"]), "users.db: 1 users and 1 jobs are back");
    scene.open().assert_sound();
}

#[test]
fn a_database_beyond_repair_is_put_aside_too() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    fs::write(scene.database(), "rubbish, and longer than the head of a file of SQLite is: ".repeat(100)).unwrap();
    scene.run(&["restore", "backup.db", "--force"]);
    scene.open().assert_sound();
}

#[test]
fn what_is_no_sound_backup_changes_nothing() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    let before = fs::read(scene.database()).unwrap();
    let spoilt = |name: &str, spoil: &dyn Fn(&PathBuf)| {
        let file = scene.path(name);
        fs::copy(scene.path("backup.db"), &file).unwrap();
        spoil(&file);
    };
    spoilt("short.db", &|file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    });
    spoilt("text.db", &|file| fs::write(file, "no database at all").unwrap());
    spoilt("empty.db", &|file| fs::write(file, "").unwrap());
    spoilt("newer.db", &|file| {
        change(
            file,
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000'); UPDATE schema_serves SET oldest = '29990101000000'",
        )
    });
    spoilt("foreign.db", &|file| change(file, "DROP TABLE __diesel_schema_migrations"));
    spoilt("orphans.db", &|file| {
        change(
            file,
            "PRAGMA foreign_keys = OFF; INSERT INTO job_attempts (job_id, attempt, outcome, started_at, finished_at) VALUES (99, 1, 'failed', 0, 0)",
        );
    });
    spoilt("counts.db", &|file| change(file, "UPDATE job_counts SET jobs = jobs + 1"));
    spoilt("split.db", &|file| fs::write(file.with_extension("db-wal"), "the rest").unwrap());
    for (name, said) in [
        ("short.db", ""),
        ("text.db", "it is not a SQLite database"),
        ("empty.db", "it is damaged: it is empty"),
        ("newer.db", "a newer keiyaku made it (its schema has 29990101000000): upgrade this binary"),
        ("foreign.db", "it holds the tables of another program"),
        ("orphans.db", "it is damaged: 1 rows belong to rows that are not there"),
        ("counts.db", "it is damaged: it has 1 jobs and counts 2"),
        ("split.db", "a part of it is still in its -wal file; `keiyaku backup` makes backups of one file"),
        ("gone.db", "No such file or directory (os error 2)"),
    ] {
        let refused = keiyaku(&scene, &format!("restore {name} --force"));
        assert_eq!(refused.code, Some(1), "{name}: {refused:?}");
        assert!(refused.said.starts_with(&format!("keiyaku: {name} cannot be restored: {said}")), "{refused:?}");
        assert_eq!(refused.said.lines().count(), 1, "{refused:?}");
    }
    assert_eq!(scene.open().count("users"), 1);
    let names: Vec<_> =
        scene.folder().read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.contains("before") && !name.contains("part")), "{names:?}");
    // Only the mark that says how the file is written may differ.
    assert_eq!(fs::read(scene.database()).unwrap().len(), before.len());
}

#[test]
fn of_a_postgresql_database_it_is_said_how_to_restore_it() {
    let scene = Scene::new();
    let refused = |force: &str| {
        let mut command = scene.command(&["restore", "backup.db"]);
        command.args((!force.is_empty()).then_some(force));
        ran(command.env("DATABASE_URL", "postgres://me:secret@db.example/app"))
    };
    for force in ["", "--force"] {
        let said = "postgres://db.example/app is a PostgreSQL database: restore it with pg_restore";
        assert_refused(&refused(force), 1, said);
    }
}

#[test]
fn a_link_stays_one_and_the_database_stays_where_it_was() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    fs::create_dir(scene.path("volume")).unwrap();
    fs::rename(scene.database(), scene.path("volume/data.db")).unwrap();
    std::os::unix::fs::symlink("volume/data.db", scene.database()).unwrap();
    let restored = json(&scene, "restore backup.db --force --json");
    let kept = PathBuf::from(restored["kept"].as_str().unwrap());
    assert!(fs::symlink_metadata(scene.database()).unwrap().is_symlink());
    assert!(fs::symlink_metadata(&kept).unwrap().is_file() && kept.parent().unwrap().ends_with("volume"), "{kept:?}");
    scene.open().assert_sound();
}

#[test]
fn what_an_aborted_copy_has_left_is_not_emptied_by_restoring_it() {
    sqlite_only!("copies of its file");
    let scene = backed_up();
    fs::rename(scene.path("backup.db"), scene.path("users.db.keiyaku-part")).unwrap();
    let said = "users.db.keiyaku-part is what copies are made in: give it another name first";
    assert_refused(&keiyaku(&scene, "restore users.db.keiyaku-part --force"), 1, said);
    Database::open(&scene.path("users.db.keiyaku-part")).assert_sound();
}
