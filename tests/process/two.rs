//! Two processes on one file: each job is done once, whoever does it.

use crate::support::http::Connection;
use crate::support::load::Load;
use crate::support::process::Process;
use crate::support::stall::Stall;
use crate::support::{Scene, assert_success, drained, eventually};

#[test]
fn two_servers_share_the_load_and_the_jobs_without_an_error() {
    let scene = Scene::new();
    let servers = [scene.start(&[("WORKER_COUNT", "4")]), scene.start(&[("WORKER_COUNT", "4")])];
    let loads = ["one", "two"].iter().zip(&servers).map(|(label, server)| Load::start(server.address(), 8, label));
    let loads: Vec<_> = loads.collect();
    loads.iter().for_each(|load| load.acknowledged(150));
    let mut users = 0;
    for sent in loads.into_iter().map(Load::finish) {
        assert_eq!(sent.refused, [], "sign-ups that were answered with an error");
        assert_eq!(sent.unanswered.len() + sent.cut_off.len(), 0, "{sent:?}");
        users += sent.created.len();
    }
    servers.iter().for_each(drained);
    servers.into_iter().for_each(|server| assert_success(server.stop().status));

    let mut database = scene.open();
    assert_eq!(database.emails().len(), users);
    database.assert_every_user_checked_in_once();
    assert_eq!(database.count("job_attempts"), 0, "attempts that were in vain");
    let workers = database.number("SELECT count(DISTINCT worker) AS value FROM job_queue");
    assert_eq!(workers, 2, "both servers worked");
    assert_eq!(scene.mails().len(), users, "one welcome mail for each user");
}

#[test]
fn the_jobs_of_a_killed_server_are_taken_over_by_the_other() {
    let scene = Scene::new();
    let stall = Stall::new(&scene);
    let stalled = scene.start(&[&[("WORKER_COUNT", "2"), ("JOB_LEASE", "1s")], &stall.environment()[..]].concat());
    let mut connection = Connection::open(stalled.address()).unwrap();
    assert_eq!(connection.sign_up("taro@example.com").unwrap().status, 201);
    stall.holds(1);

    let other = scene.start(&[("WORKER_COUNT", "2")]);
    stalled.kill();
    drained(&other);
    assert_success(other.stop().status);
    let mut database = scene.open();
    database.assert_every_user_checked_in_once();
    assert_eq!(database.count("job_attempts WHERE outcome = 'lost'"), 1);
    assert_eq!(scene.mails().len(), 1);
}

#[test]
fn a_server_that_wakes_up_late_changes_nothing() {
    let scene = Scene::new();
    let stall = Stall::new(&scene);
    let late = scene.start(&[&[("WORKER_COUNT", "2"), ("JOB_LEASE", "1s")], &stall.environment()[..]].concat());
    let mut connection = Connection::open(late.address()).unwrap();
    assert_eq!(connection.sign_up("taro@example.com").unwrap().status, 201);
    stall.holds(1);
    freeze_outside_a_write(&late, &scene);

    let other = scene.start(&[("WORKER_COUNT", "2")]);
    drained(&other);
    late.thaw();
    stall.end();
    late.logged("the lease was lost; this attempt counts for nothing");
    [late, other].into_iter().for_each(|server| assert_success(server.stop().status));

    let mut database = scene.open();
    database.assert_every_user_checked_in_once();
    assert_eq!(database.count("job_attempts"), 1);
    assert_eq!(database.count("job_attempts WHERE outcome = 'lost'"), 1);
    assert_eq!(scene.mails().len(), 1, "both have sent the same mail");
}

/// What freezes in the middle of a write keeps every other process from writing.
fn freeze_outside_a_write(server: &Process, scene: &Scene) {
    eventually("the server is not in the middle of a write", || {
        server.freeze();
        let frozen = !scene.is_being_written();
        if !frozen {
            server.thaw();
        }
        frozen.then_some(())
    });
}

#[test]
fn processes_that_start_at_once_make_the_database_together() {
    let scene = Scene::empty();
    let migrate = |_| Process::spawn(&mut scene.command(&["migrate"]));
    let processes: Vec<_> = (0..8).map(migrate).collect();
    for process in processes {
        let ended = process.ended();
        assert_eq!(ended.errors, [""; 0]);
        assert_success(ended.status);
    }
    scene.open().assert_sound();
}
