//! SIGTERM: what has begun ends well, requests and jobs alike, and within the limit.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::http::{Connection, sign_up_head, user};
use crate::support::load::Load;
use crate::support::process::Process;
use crate::support::stall::Stall;
use crate::support::{Scene, assert_success, drained, eventually};

#[test]
fn under_load_no_accepted_request_is_cut_off_and_no_job_loses_an_attempt() {
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "8"), ("SHUTDOWN_TIMEOUT", "10s")]);
    let load = Load::start(server.address(), 64, "user");
    load.acknowledged(400);
    let ended = server.stop();
    let sent = load.ended();

    assert_success(ended.status);
    assert!(ended.took < Duration::from_secs(10), "{:?}", ended.took);
    assert_eq!(ended.errors, [""; 0]);
    assert_eq!(sent.refused, [], "sign-ups that were answered with an error");
    assert_eq!(sent.cut_off, [""; 0], "answers that were cut off");
    let mut database = scene.open();
    // Equal, not only contained: what was stored without a whole 201 was an accepted request that was cut off.
    assert_eq!(database.emails(), sent.created.into_iter().collect::<BTreeSet<_>>());
    assert_eq!(database.count("job_queue WHERE retry_count > 0"), 0, "jobs that lost an attempt");
    assert_handed_back_or_finished(&scene);

    assert_the_rest_is_done(&scene);
}

#[test]
fn a_request_that_has_begun_is_answered_in_full() {
    let scene = Scene::new();
    let server = scene.start::<&str>(&[]);
    let mut idle = Connection::open(server.address()).unwrap();
    assert_eq!(idle.sign_up("idle@example.com").unwrap().status, 201);
    let mut begun = Connection::open(server.address()).unwrap();
    let body = user("begun@example.com");
    begun.send(&format!("{}expect: 100-continue\r\n\r\n", sign_up_head(&body))).unwrap();
    // The server asks for the body: it has accepted the request.
    assert_eq!(begun.receive().unwrap().status, 100);

    server.terminate();
    server.logged("stopping");
    begun.send(&body).unwrap();
    let answer = begun.receive().unwrap();
    assert_eq!(answer.status, 201);
    assert!(answer.last, "the client is told that the connection ends");
    // The idle connection does not hold the server up.
    assert_success(server.ended().status);
    assert_eq!(scene.open().emails().len(), 2);
}

#[test]
fn a_request_that_never_ends_is_given_up_when_the_limit_is_over() {
    let scene = Scene::new();
    let server = scene.start(&[("SHUTDOWN_TIMEOUT", "1s"), ("REQUEST_TIMEOUT", "60s")]);
    let mut begun = Connection::open(server.address()).unwrap();
    begun.send(&format!("{}expect: 100-continue\r\n\r\n", sign_up_head(&user("begun@example.com")))).unwrap();
    assert_eq!(begun.receive().unwrap().status, 100);

    let ended = server.stop();
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(ended.errors, ["keiyaku: requests were still running when SHUTDOWN_TIMEOUT was over"]);
    assert!(ended.took < Duration::from_secs(2), "{:?}", ended.took);
}

#[test]
fn running_jobs_may_finish_within_the_limit() {
    let scene = Scene::new();
    let stall = Stall::new(&scene);
    let server = start_with_four_jobs_running(&scene, &stall, "20s");
    server.terminate();
    server.logged("the workers are stopping");
    stall.end();

    assert_success(server.ended().status);
    let completed = scene.open().count("job_queue WHERE job_type = 'send_welcome_email' AND status = 'completed'");
    assert_eq!(completed, 4);
    assert_handed_back_or_finished(&scene);
    assert_the_rest_is_done(&scene);
}

#[test]
fn jobs_that_outlast_the_limit_are_handed_back_without_losing_an_attempt() {
    let scene = Scene::new();
    let stall = Stall::new(&scene);
    let ended = start_with_four_jobs_running(&scene, &stall, "4s").stop();

    assert_success(ended.status);
    assert!(ended.took < Duration::from_secs(4), "{:?}", ended.took);
    let handed_back = scene.open().count("job_attempts WHERE outcome = 'handed_back'");
    assert!(handed_back >= 4, "{handed_back} handed back");
    assert_handed_back_or_finished(&scene);
    assert_eq!(scene.mails().len(), 0);

    stall.end();
    assert_the_rest_is_done(&scene);
    assert_eq!(scene.mails().len(), 8);
}

/// A server with four executors and a stalled mail in the hands of each; more jobs wait.
fn start_with_four_jobs_running(scene: &Scene, stall: &Stall, limit: &str) -> Process {
    let settings = [("WORKER_COUNT", "4"), ("SHUTDOWN_TIMEOUT", limit)];
    let server = scene.start(&[&settings[..], &stall.environment()[..]].concat());
    let mut connection = Connection::open(server.address()).unwrap();
    for number in 0..8 {
        assert_eq!(connection.sign_up(&format!("user-{number}@example.com")).unwrap().status, 201);
    }
    stall.holds(4);
    server
}

/// Asserts what a stopped server leaves: every job is completed, or waits and can be claimed at once by anyone.
fn assert_handed_back_or_finished(scene: &Scene) {
    let mut database = scene.open();
    let waits = "status = 'pending' AND claimable AND lease IS NULL AND worker IS NULL AND wake_at IS NULL";
    let neither = format!("job_queue WHERE status <> 'completed' AND NOT ({waits}) OR retry_count > 0");
    assert_eq!(database.count(&neither), 0, "jobs neither completed nor waiting as before");
    let strange = "job_attempts WHERE outcome <> 'handed_back'";
    assert_eq!(database.count(strange), 0, "attempts that ended otherwise");
    let ended =
        "(SELECT count(*) FROM job_attempts WHERE job_id = id) + CASE status WHEN 'completed' THEN 1 ELSE 0 END";
    let unrecorded = &format!("job_queue WHERE attempts <> {ended}");
    assert_eq!(database.count(unrecorded), 0, "claims without a record of their end");
}

/// Starts another server on the same file and lets it do what is left.
fn assert_the_rest_is_done(scene: &Scene) {
    let server = scene.start(&[("WORKER_COUNT", "8")]);
    drained(&server);
    assert_success(server.stop().status);
    scene.open().assert_every_user_checked_in_once();
}

#[test]
fn a_service_whose_log_nobody_reads_any_more_goes_on_and_stops_when_it_is_told() {
    let scene = Scene::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = scene.command(&["serve"]);
    command.env("PORT", port.to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().unwrap();
    // Every write to either ends with a broken pipe from here on.
    drop((server.stdout.take(), server.stderr.take()));
    let address = ([127, 0, 0, 1], port).into();
    let mut connection = eventually("it listens", || Connection::open(address).ok());
    for number in 0..5 {
        assert_eq!(connection.get("/livez", None).unwrap().status, 200);
        assert_eq!(connection.sign_up(&format!("{number}@example.com")).unwrap().status, 201);
    }
    let terminate = format!("kill -TERM {}", server.id());
    assert!(Command::new("sh").args(["-c", &terminate]).status().unwrap().success());
    assert_success(eventually("it stops", || server.try_wait().unwrap()));
    assert_eq!(scene.open().emails().len(), 5);
}
