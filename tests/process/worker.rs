//! `keiyaku worker` by itself: what it makes, what it uses, and how it ends.

use std::thread;
use std::time::Duration;

use crate::support::http::Connection;
use crate::support::stall::Stall;
use crate::support::{Scene, assert_success, binary, drained, is_long};

#[test]
fn on_a_fresh_database_it_works_for_a_server_that_comes_later() {
    let scene = Scene::new();
    let worker = scene.spawn_worker::<&str>(&[]);
    worker.logged("working");
    scene.open().assert_sound();
    assert_eq!(scene.open().count("users"), 0, "the tables are there");

    let server = scene.start_without_workers::<&str>(&[]);
    let answer = Connection::open(server.address()).unwrap().sign_up("taro@example.com").unwrap();
    assert_eq!(answer.status, 201);
    drained(&server);
    [worker, server].into_iter().for_each(|process| assert_success(process.stop().status));
    scene.open().assert_every_user_checked_in_once();
    assert_eq!(scene.mails().len(), 1);
}

#[test]
fn when_it_is_stopped_it_hands_back_what_it_cannot_finish() {
    let scene = Scene::new();
    let stall = Stall::new(&scene);
    let server = scene.start_without_workers::<&str>(&[]);
    let settings = [("WORKER_COUNT", "2"), ("SHUTDOWN_TIMEOUT", "4s")];
    let worker = scene.spawn_worker(&[&settings[..], &stall.environment()[..]].concat());
    let mut connection = Connection::open(server.address()).unwrap();
    for number in 0..4 {
        assert_eq!(connection.sign_up(&format!("user-{number}@example.com")).unwrap().status, 201);
    }
    stall.holds(2);
    let ended = worker.stop();
    assert_success(ended.status);
    assert!(ended.took < Duration::from_secs(4), "{:?}", ended.took);
    assert_eq!(ended.errors, [""; 0]);
    let mut database = scene.open();
    assert!(database.count("job_attempts WHERE outcome = 'handed_back'") >= 2);
    assert_eq!(
        database.count("job_queue WHERE status = 'processing' OR retry_count > 0"),
        0,
        "jobs that lost something"
    );

    stall.end();
    let worker = scene.spawn_worker::<&str>(&[]);
    drained(&server);
    [worker, server].into_iter().for_each(|process| assert_success(process.stop().status));
    database.assert_every_user_checked_in_once();
}

#[test]
fn monitored_it_answers_for_itself_and_nothing_else() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    assert_eq!(Connection::open(server.address()).unwrap().sign_up("taro@example.com").unwrap().status, 201);
    let worker = scene.spawn_monitored_worker::<&str>(&[]);
    let mut connection = Connection::open(worker.address()).unwrap();
    drained(&worker);
    let metrics = String::from_utf8(connection.get("/metrics", None).unwrap().body).unwrap();
    assert!(metrics.contains(r#"jobs_processed_total{job_type="user_created",status="success"} 1"#), "{metrics}");
    assert_eq!(connection.get("/readyz", None).unwrap().status, 200);
    let ready = scene.command(&["healthcheck"]).env("PORT", worker.address().port().to_string()).status().unwrap();
    assert_success(ready);
    for path in ["/users", "/jobs/1", "/openapi.json", "/dashboard"] {
        assert_eq!(connection.get(path, Some(&scene.token("jobs:read"))).unwrap().status, 404, "{path}");
    }
    assert_eq!(connection.sign_up("hana@example.com").unwrap().status, 404);
    [worker, server].into_iter().for_each(|process| assert_success(process.stop().status));
}

#[test]
fn without_workers_it_is_refused_before_anything_is_made() {
    let scene = Scene::new();
    let ended = scene.spawn_worker(&[("WORKER_COUNT", "0")]).ended();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(ended.errors, ["keiyaku: WORKER_COUNT=\"0\": a worker process must have at least 1"]);
    assert_eq!(scene.folder().read_dir().unwrap().count(), 0);
}

#[test]
fn idle_it_uses_next_to_no_processor_time_and_leaves_the_write_lock_alone() {
    let scene = Scene::new();
    // It extends leases, and looks after lost ones, three times a second.
    let worker = scene.spawn_worker(&[("JOB_LEASE", "1s")]);
    worker.logged("working");
    thread::sleep(Duration::from_secs(1));
    // While we hold the lock, whoever tries to take it waits for 5 s and then complains.
    let held = scene.open_for_writing();
    let seconds = if is_long() { 60 } else { 7 };
    let before = worker.processor_time();
    thread::sleep(Duration::from_secs(seconds));
    let used = worker.processor_time() - before;
    drop(held);
    let ended = worker.stop();
    assert_success(ended.status);
    println!("an idle worker used {used:?} in {seconds} s");
    // One part in a hundred of a core, and half of that for a binary with optimisations. The system counts in steps of 10 ms.
    let bound = if binary().is_some() { 5 } else { 10 };
    assert!(used <= Duration::from_millis(bound * seconds), "{used:?}");
    let complaints: Vec<_> = ended.log.iter().filter(|line| !line.contains("\"INFO\"")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
