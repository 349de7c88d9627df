//! One server and several worker processes on one file.
//!
//! `KEIYAKU_LONG=1` lets the load last 30 s instead of 9 s.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use crate::database::is_postgres;
use crate::support::database::Database;
use crate::support::http::Connection;
use crate::support::load::{Load, SignUps};
use crate::support::process::Process;
use crate::support::{Scene, assert_success, binary, drained_within, eventually, is_long, percentile};

const CONNECTIONS: usize = 16;
const WORKERS: usize = 3;
/// Time from one kill to the next.
const KILL_EVERY: u64 = 3;
/// Jobs that a killed worker held are claimed again after two seconds.
const SETTINGS: [(&str, &str); 2] = [("WORKER_COUNT", "3"), ("JOB_LEASE", "2s")];
/// What 99 of 100 sign-ups, and 99 of 100 jobs on their way to an idle worker, may take.
const BOUND: Duration = Duration::from_millis(50);

#[test]
fn beside_workers_that_are_killed_the_server_answers_and_every_job_counts_once() {
    let seconds = if is_long() { 30 } else { 9 };
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let mut workers: Vec<_> = (0..WORKERS).map(|_| scene.spawn_worker(&SETTINGS)).collect();
    workers.iter().for_each(|worker| drop(worker.logged("working")));

    let load = Load::start(server.address(), CONNECTIONS, "user");
    let (mut logs, mut database, mut per_second) = (Vec::new(), scene.open(), Vec::new());
    for second in 1..=seconds {
        let before = completed(&mut database);
        thread::sleep(Duration::from_secs(1));
        per_second.push(completed(&mut database) - before);
        if second % KILL_EVERY == 0 {
            logs.extend(kill_at_work(workers.remove(0), &mut database));
            workers.push(scene.spawn_worker(&SETTINGS));
        }
    }
    let sent = load.finish();
    println!("{seconds} s: {} sign-ups, jobs in each second: {per_second:?}", sent.created.len());
    let started = Instant::now();
    drained_within(&server, Duration::from_secs(10 * seconds));
    println!("the rest was done after {:?}", started.elapsed());
    workers.iter().for_each(|worker| drop(worker.logged("working")));
    for process in workers.into_iter().chain([server]) {
        let ended = process.stop();
        assert_success(ended.status);
        logs.extend(ended.log.into_iter().chain(ended.errors));
    }

    assert_answered_in_time(&sent);
    assert!(per_second.iter().all(|jobs| *jobs > 0), "the workers stood still: {per_second:?}");
    let locked: Vec<_> = logs.iter().filter(|line| line.contains("locked") || line.contains("busy")).collect();
    assert!(locked.is_empty(), "{locked:#?}");
    assert_eq!(database.emails(), sent.created.into_iter().collect::<BTreeSet<_>>());
    database.assert_every_user_checked_in_once();
    let twice = "job_queue WHERE attempts <> 1 + (SELECT count(*) FROM job_attempts WHERE job_id = id)";
    assert_eq!(database.count(twice), 0, "jobs that were not completed by one attempt beside those on record");
    let otherwise = "job_attempts WHERE outcome <> 'lost'";
    assert_eq!(database.count(otherwise), 0, "attempts that ended otherwise");
    let lost = database.count("job_attempts WHERE outcome = 'lost'");
    println!("{lost} attempts were lost with their workers");
    assert!(lost >= i64::try_from(seconds / KILL_EVERY).unwrap(), "each kill struck while a job ran");
}

/// SIGKILL while it holds jobs; returns the log.
fn kill_at_work(worker: Process, database: &mut Database) -> Vec<String> {
    let held = held_by(worker.id());
    eventually("the worker holds jobs", || {
        worker.freeze();
        let holds = database.count(&held) > 0;
        if !holds {
            worker.thaw();
        }
        holds.then_some(())
    });
    worker.kill().log
}

/// The jobs that the process with this number holds: by their rows, or by the lists of PostgreSQL.
pub fn held_by(process: u32) -> String {
    let held = format!("status = 'processing' AND worker LIKE '{process}-%'");
    if !is_postgres() {
        return format!("job_queue WHERE {held}");
    }
    let listed = format!("SELECT unnest(jobs) FROM jobs_ahead WHERE worker LIKE '{process}-%'");
    format!("job_queue WHERE {held} OR claimable AND id IN ({listed})")
}

fn completed(database: &mut Database) -> i64 {
    database.number("SELECT CAST(coalesce(sum(jobs), 0) AS BIGINT) AS value FROM job_counts WHERE status = 'completed'")
}

fn assert_answered_in_time(sent: &SignUps) {
    assert_eq!(sent.refused, [], "sign-ups that were answered with an error");
    assert_eq!(sent.unanswered.len() + sent.cut_off.len(), 0, "{:?} {:?}", sent.unanswered, sent.cut_off);
    let (p50, p99) = (percentile(&sent.took, 50), percentile(&sent.took, 99));
    println!("sign-ups: p50 {p50:?}, p99 {p99:?}, the longest {:?}", percentile(&sent.took, 100));
    // A build without optimisations says nothing about speed, and nor do a few seconds.
    if is_long() && binary().is_some() {
        assert!(p99 < BOUND, "p99 {p99:?}");
    }
}

#[test]
fn an_idle_worker_hears_of_a_job_of_another_process_at_once() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let worker = scene.spawn_worker(&SETTINGS);
    worker.logged("working");
    let (mut connection, mut database) = (Connection::open(server.address()).unwrap(), scene.open());
    for number in 0..50 {
        assert_eq!(connection.sign_up(&format!("user-{number}@example.com")).unwrap().status, 201);
        eventually("the worker is idle again", || {
            (database.count("job_queue WHERE completed_at IS NULL") == 0).then_some(())
        });
    }
    [worker, server].into_iter().for_each(|process| assert_success(process.stop().status));

    let microseconds = match is_postgres() {
        true => "SELECT CAST(round(extract(epoch FROM started_at - created_at) * 1000000) AS BIGINT) AS value",
        false => "SELECT cast(round((julianday(started_at) - julianday(created_at)) * 86400e6) AS INTEGER) AS value",
    };
    let waits = database.numbers(&format!("{microseconds} FROM job_queue WHERE job_type = 'user_created'"));
    let waits: Vec<_> = waits.into_iter().map(|wait| Duration::from_micros(wait.try_into().unwrap())).collect();
    assert_eq!(waits.len(), 50);
    let (p50, p99) = (percentile(&waits, 50), percentile(&waits, 99));
    println!("from sign-up to start: p50 {p50:?}, p99 {p99:?}, the longest {:?}", percentile(&waits, 100));
    if binary().is_some() {
        assert!(p99 < BOUND, "p99 {p99:?}");
    }
    // Far below the second after which the worker would have looked by itself.
    assert!(p50 < BOUND, "p50 {p50:?}");
}

#[test]
fn a_job_whose_time_has_passed_is_due_when_it_is_put_in() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let mut connection = Connection::open(server.address()).unwrap();
    let token = scene.token("jobs:write");
    let report = r#"{"job_type":"data_analysis","payload":{},"scheduled_at":"2000-01-01T00:00:00Z"}"#;
    for body in [report.to_owned(), format!(r#"{{"jobs":[{report},{report}]}}"#)] {
        let path = if body == report { "/jobs" } else { "/jobs/batch" };
        assert!([200, 201].contains(&connection.post(path, &token, &body).unwrap().status));
    }
    // No later than everything else of the row, on a clock that goes on meanwhile.
    assert_eq!(scene.open().count("job_queue WHERE claimable AND scheduled_at = created_at"), 3);
    assert_success(server.stop().status);
}
