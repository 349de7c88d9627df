//! A disk that takes nothing for a while: no sign-up is acknowledged then, none is half there, and the service recovers.
//!
//! A small file system of its own is really full, but only root can mount one; a preloaded library serves everyone, and fails
//! syncs, too.

use std::collections::BTreeSet;
use std::fs;

use crate::database::{self as switch, sqlite_only};
use crate::support::database::Database;
use crate::support::disk::Disk;
use crate::support::http::Connection;
use crate::support::load::Load;
use crate::support::{Scene, assert_success, drained, eventually, preload};

#[test]
fn a_full_disk_is_survived_and_nothing_is_acknowledged_meanwhile() {
    sqlite_only!("the disk under its file");
    survives("FAIL_WRITES");
}

#[test]
fn a_disk_that_fails_to_sync_is_survived_and_nothing_is_acknowledged_meanwhile() {
    sqlite_only!("the disk under its file");
    survives("FAIL_SYNCS");
}

#[test]
fn while_a_small_disk_is_full_reads_go_on_and_sign_ups_are_put_off() {
    let scene = Scene::new();
    let Some(disk) = Disk::mount(&scene, "16m") else { return };
    let on_disk = switch::Database::on_disk(disk.folder());
    let server = scene.start(&[("DATABASE_URL", on_disk.url())]);
    let token = scene.token("users:read");
    let load = Load::start(server.address(), 16, "user");
    load.acknowledged(100);
    disk.fill();
    load.refused(50);
    let mut connection = Connection::open(server.address()).unwrap();
    let refused = connection.sign_up("hanako@example.com").unwrap();
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.retry_after.is_some_and(|seconds| seconds > 0), "{refused:?}");
    for path in ["/users/1", "/health"] {
        let answer = connection.get(path, Some(&token)).unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    let mut ready = Connection::open(server.address()).unwrap();
    let mut is_ready = || ready.get("/readyz", None).unwrap().status == 200;
    eventually("a server that can write nothing is not ready", || (!is_ready()).then_some(()));
    let metrics = String::from_utf8(connection.get("/metrics", None).unwrap().body).unwrap();
    assert!(!metrics.contains("db_commits_failed_total 0\n"), "{metrics}");
    disk.free();
    eventually("it is ready again", || is_ready().then_some(()));
    load.acknowledged(300);
    let sent = load.finish();
    assert_eq!(connection.sign_up("hanako@example.com").unwrap().status, 201);
    drained(&server);
    assert_success(server.stop().status);

    assert_eq!(sent.unanswered.len() + sent.cut_off.len(), 0, "{sent:?}");
    assert!(sent.refused.iter().all(|(_, status)| *status == 503), "{:?}", sent.refused);
    let mut database = Database::of(&on_disk);
    let created = sent.created.into_iter().chain(["hanako@example.com".to_owned()]);
    assert_eq!(database.emails(), created.collect::<BTreeSet<_>>());
    database.assert_every_user_checked_in_once();
}

#[test]
fn a_server_that_refuses_sign_ups_for_want_of_room_is_not_ready() {
    const REFUSALS: usize = 20;
    let scene = Scene::new();
    let Some(disk) = Disk::mount(&scene, "16m") else { return };
    let on_disk = switch::Database::on_disk(disk.folder());
    let server = scene.start(&[("DATABASE_URL", on_disk.url())]);
    let mut connection = Connection::open(server.address()).unwrap();
    let load = Load::start(server.address(), 16, "user");
    load.acknowledged(100);
    disk.fill();
    load.refused(50);
    drop(load.finish());
    let mut refused = 0;
    let mut users = 0..;
    eventually("sign-ups are refused, and the server is not ready", || {
        // What the database gives back to the disk, such as a log that it has cut.
        disk.fill();
        let email = format!("late{}@example.com", users.next().unwrap());
        if connection.sign_up(&email).unwrap().status == 503 {
            refused += 1;
            assert_eq!(connection.get("/readyz", None).unwrap().status, 503, "after {refused} refusals");
        }
        (refused == REFUSALS).then_some(())
    });
    disk.free();
    eventually("it is ready again", || (connection.get("/readyz", None).unwrap().status == 200).then_some(()));
    assert_eq!(connection.sign_up("hanako@example.com").unwrap().status, 201);
    assert_success(server.stop().status);
}

fn survives(trouble: &str) {
    let scene = Scene::new();
    let (library, switch) = (preload::compile("fail", scene.folder()), scene.path("trouble"));
    let server = scene.start(&[("LD_PRELOAD", library), (trouble, switch.clone())]);
    let load = Load::start(server.address(), 16, "user");
    load.acknowledged(100);
    fs::write(&switch, "").unwrap();
    load.refused(50);
    fs::remove_file(&switch).unwrap();
    load.acknowledged(300);
    let sent = load.finish();
    drained(&server);
    assert_success(server.stop().status);

    assert_eq!(sent.unanswered.len() + sent.cut_off.len(), 0, "{sent:?}");
    assert!(sent.refused.iter().all(|(_, status)| *status == 503), "{:?}", sent.refused);
    let mut database = scene.open();
    assert_eq!(database.emails(), sent.created.into_iter().collect::<BTreeSet<_>>());
    database.assert_every_user_checked_in_once();
}
