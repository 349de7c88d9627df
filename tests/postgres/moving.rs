//! `keiyaku migrate-to`: from a SQLite file to PostgreSQL, beside a server and after it.

use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::postgres::{PASSWORD, PASSWORD_IN_URL, free_port};
use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::{Scene, eventually};

const OLD: (&str, &str) = ("DATABASE_URL", "old.db");
const FLEXIBLE: (&str, &str) = ("VALIDATION_MODE", "flexible");
/// With numbers and texts that somebody's JSON library would change.
const TARO: &str = r#"{"email":"Taro@example.com","age":25,"name":"太郎 🍵","nul":"\u0000","exact":1.50,"huge":123456789012345678901234567890,"tiny":1e-400,"e\u0301":"\\ \ud83c\udf75 ' \" \t"}"#;
const REPORT: &str = r#"{"job_type":"data_analysis","payload":{},"queue":"reports"}"#;

/// The command on the file of this scene.
fn on_old(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = scene.command(arguments);
    command.envs([OLD]);
    command
}

/// Runs what has nothing to say that matters.
fn done(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Moves, and gives what is said of it.
fn moved(scene: &Scene) -> Value {
    let output = on_old(scene, &["migrate-to", &scene.url(), "--json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is said of one table.
fn table<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["tables"].as_array().unwrap().iter().find(|table| table["table"] == name).unwrap()
}

/// The one line of a command that does nothing and shows no password.
fn refused(output: &Output, code: i32) -> String {
    let all = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{all}");
    for secret in [PASSWORD, PASSWORD_IN_URL, "p@ss", "w:rd"] {
        assert!(!all.contains(secret), "{all}");
    }
    let line = all.strip_prefix("keiyaku: ").unwrap().strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{line}");
    line.to_owned()
}

fn old_sql(scene: &Scene, sql: &str) {
    let path = scene.path("old.db");
    SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

fn status_of(client: &Client, job: &Value) -> Value {
    client.get(&format!("/jobs/{}", job["id"])).body["status"].clone()
}

/// Jobs that stay as they are until the mail server is back, or for ever; with no mail server, those that send mail fail.
fn make_jobs_of_every_kind(scene: &Scene, client: &Client) {
    let mail = |rest: Value| {
        let mut job = json!({"job_type": "send_welcome_email", "payload": {"user_id": 1}});
        job.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let created = client.post("/jobs", &job);
        assert_eq!(created.status, 201, "{created:?}");
        created.body
    };
    let settle = |job: &Value, status: &str| {
        eventually(&format!("a job is {status}"), || (status_of(client, job) == status).then_some(()));
    };
    settle(&mail(json!({"max_retries": 0})), "failed");
    let held = mail(json!({"queue": "held", "unique_key": "only one"}));
    settle(&held, "retry_pending");
    done(on_old(scene, &["queues", "pause", "held"]));
    settle(&held, "retry_pending");
    done(on_old(scene, &["queues", "limit", "reports", "--max-running", "2"]));
    mail(json!({"scheduled_at": "2999-01-01T00:00:00.000001Z", "priority": -7}));
    let cancelled = mail(json!({"scheduled_at": "2999-01-01T00:00:00Z"}));
    let cancel = format!("/jobs/{}/cancel", cancelled["id"]);
    assert_eq!(client.post(&cancel, &json!({})).body["status"], "cancelled");
    settle(&client.post_once("/jobs", "a report", REPORT).body, "completed");
}

/// Whatever can be seen of a service that does nothing by itself.
fn seen(scene: &Scene, environment: &[(&str, &str)]) -> Vec<Value> {
    let server = scene.spawn(&["serve", "--no-worker"], environment);
    let client = scene.client(&server);
    let jobs = client.get("/jobs?limit=100").body;
    let each = jobs["items"].as_array().unwrap().iter().map(|job| format!("/jobs/{}", job["id"]));
    let lists =
        ["/users?limit=100", "/users/1/profile", "/jobs/stats", "/queues", "/analytics/signups"].map(str::to_owned);
    let all = lists.into_iter().chain(each).map(|path| client.get(&path).body).collect();
    server.stop().assert_untroubled();
    all
}

/// Signs users up on the old service while a copy is made of it, and leaves it with jobs that run. The id of the last one.
fn copied_beside_a_busy_server(scene: &Scene) -> i64 {
    // It takes connections and never greets, so whoever sends mail waits.
    let mail_server = TcpListener::bind("127.0.0.1:0").unwrap();
    let smtp = format!("smtp://{}", mail_server.local_addr().unwrap());
    let busy =
        [OLD, FLEXIBLE, ("SMTP_URL", &smtp), ("SMTP_TIMEOUT", "1min"), ("JOB_LEASE", "2s"), ("WORKER_COUNT", "2")];
    let server = scene.start(&busy);
    let client = scene.client(&server);
    let stop = AtomicBool::new(false);
    let report = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let client = scene.client(&server);
            (0..).take_while(|_| !stop.load(Ordering::SeqCst)).for_each(|user| {
                assert_eq!(client.sign_up(&format!("load{user}@example.com")).status, 201);
            });
        });
        let report = moved(scene);
        stop.store(true, Ordering::SeqCst);
        load.join().unwrap();
        report
    });
    assert_eq!((&report["complete"], &table(&report, "users")["removed"]), (&json!(false), &json!(0)), "{report}");
    assert!(table(&report, "users")["rows"].as_i64().unwrap() >= 5, "{report}");
    let early = refused(&scene.command(&["serve"]).output().unwrap(), 1);
    assert!(early.contains("is an unfinished copy: finish it with `keiyaku migrate-to`"), "{early}");

    // Two users go, one of whom is in the copy and the other has the last id.
    let last = client.sign_up("last@example.com").body["id"].as_i64().unwrap();
    for gone in [2, last] {
        assert_eq!(client.delete(&format!("/users/{gone}")).status, 204);
    }
    eventually("jobs run", || {
        (client.get("/jobs/stats").body["by_status"]["processing"].as_i64() >= Some(2)).then_some(())
    });
    // Killed with its jobs in hand.
    drop(server);
    last
}

#[test]
fn a_service_moves_with_all_that_it_has_and_goes_on() {
    let scene = Scene::new();
    let no_mail = format!("smtp://127.0.0.1:{}", free_port());
    let server = scene.start(&[OLD, FLEXIBLE, ("SMTP_URL", &no_mail)]);
    let client = scene.client(&server);
    let taro = client.post_once("/users", "sign-up", TARO);
    assert_eq!(taro.status, 201, "{taro:?}");
    (0..4).for_each(|user| assert_eq!(client.sign_up(&format!("user{user}@example.com")).status, 201));
    make_jobs_of_every_kind(&scene, &client);
    server.stop();

    let last = copied_beside_a_busy_server(&scene);
    let before = seen(&scene, &[OLD, FLEXIBLE]);
    let report = moved(&scene);
    assert_eq!((&report["complete"], scene.count("users WHERE id = 2")), (&json!(true), 0), "{report}");
    assert!(table(&report, "users")["removed"].as_i64() >= Some(1), "{report}");
    let statuses = scene.texts("SELECT DISTINCT status AS value FROM job_queue ORDER BY 1");
    assert_eq!(statuses, ["cancelled", "completed", "failed", "pending", "processing", "retry_pending"]);
    scene.assert_counts_are_right();
    // Readers of changes go on with what has completed on the old one.
    let unlisted = "job_queue j WHERE status = 'completed' AND NOT EXISTS (SELECT FROM job_ends e WHERE e.version = j.version AND j.id = ANY(e.jobs))";
    assert_eq!(scene.count(unlisted), 0);
    assert_eq!(seen(&scene, &[FLEXIBLE]), before);
    let again = refused(&on_old(&scene, &["migrate-to", &scene.url()]).output().unwrap(), 1);
    assert!(again.ends_with("has been moved to already: set DATABASE_URL to it, or name an empty database"), "{again}");

    let server = scene.start(&[FLEXIBLE]);
    let client = scene.client(&server);
    let replayed = client.post_once("/users", "sign-up", TARO);
    assert_eq!((replayed.header("idempotency-replayed").as_str(), &replayed.body), ("true", &taro.body));
    assert_eq!(client.post_once("/jobs", "a report", REPORT).header("idempotency-replayed"), "true");
    let follower = Client::new(server.address(), &taro.header("job-token"));
    assert_eq!(follower.get(&format!("/jobs/{}", taro.header("job-id"))).status, 200);
    let jobs = scene.number("SELECT max(id) AS value FROM job_queue");
    assert_eq!(client.sign_up("new@example.com").body["id"], last + 1, "an id is not given twice");
    assert!(
        client.post("/jobs", &json!({"job_type": "data_analysis", "payload": {}})).body["id"].as_i64() > Some(jobs)
    );

    assert_eq!(client.post("/queues/held/resume", &json!({})).status, 200);
    eventually("all that is due is done", || {
        let counts = client.get("/jobs/stats").body["by_status"].clone();
        let [pending, running, waiting] =
            ["pending", "processing", "retry_pending"].map(|status| counts[status].as_i64());
        ((pending, running, waiting) == (Some(1), Some(0), Some(0))).then_some(())
    });
    let users = scene.count("users");
    assert_eq!((scene.count("user_profiles"), scene.count("users WHERE email LIKE 'last@%'")), (users, 0));
    server.stop();
    scene.assert_counts_are_right();
}

/// Fills the file with so many users, a job each, and an attempt of every other one.
fn fill(scene: &Scene, users: usize) {
    done(on_old(scene, &["migrate"]));
    let numbers = format!("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {users})");
    let at = "'2026-01-02 03:04:05.678901'";
    old_sql(
        scene,
        &format!(
            "INSERT INTO users {numbers} SELECT i, 'u' || i || '@x.jp', 'u' || i || '@x.jp', 7, NULL, NULL, 1, NULL, {at}, {at} FROM n;
             INSERT INTO job_queue (job_type, queue, payload, user_id, status, priority, max_retries, retry_count, attempts,
                 scheduled_at, completed_at, created_at, version, claimable, unique_key)
             {numbers} SELECT 'data_analysis', 'q' || (i % 3), '{{}}', i, iif(i % 2, 'completed', 'pending'), 0, 3, 0, i % 2, {at},
                 iif(i % 2, {at}, NULL), {at}, i, NOT i % 2, 'key ' || i FROM n;
             INSERT INTO job_attempts {numbers} SELECT i, 1, 'completed', 'w', NULL, {at}, {at} FROM n WHERE i % 2;
             UPDATE job_versions SET last = {users};"
        ),
    );
}

#[test]
fn a_move_that_was_killed_is_finished_by_the_next() {
    const USERS: usize = 15_000;
    let scene = Scene::new();
    fill(&scene, USERS);
    done(scene.command(&["migrate"]));
    let first: Server = scene.spawn(&["migrate-to", &scene.url()], &[OLD]);
    eventually("some rows are there", || (scene.count("job_queue") > 0).then_some(()));
    drop(first);
    eventually("its last transaction ends", || {
        (scene.count("pg_stat_activity WHERE datname = current_database() AND application_name = 'keiyaku'") == 0)
            .then_some(())
    });
    assert!(scene.count("job_queue") < i64::try_from(USERS).unwrap(), "it was killed too late");
    let early = refused(&scene.command(&["jobs", "list"]).output().unwrap(), 1);
    assert!(early.contains("unfinished copy"), "{early}");

    // What was brought has changed since: unique values have gone from the last rows to the first and back, and rows are gone.
    old_sql(
        &scene,
        "UPDATE users SET email_key = 'none' WHERE id = 1; UPDATE users SET email_key = 'u1@x.jp' WHERE id = 900;
         UPDATE users SET email_key = 'u900@x.jp' WHERE id = 1;
         UPDATE job_queue SET unique_key = NULL WHERE id = 2; UPDATE job_queue SET unique_key = 'key 2' WHERE id = 800;
         UPDATE job_queue SET unique_key = 'key 800' WHERE id = 2; PRAGMA foreign_keys = ON; DELETE FROM users WHERE id = 3;
         DELETE FROM job_queue WHERE id = 4",
    );
    let report = moved(&scene);
    assert_eq!(report["complete"], true);
    let users = table(&report, "users");
    assert_eq!(
        (&users["rows"], &users["copied"], &users["removed"]),
        (&json!(USERS - 1), &json!(2), &json!(3)),
        "{report}"
    );
    let jobs = table(&report, "job_queue");
    assert!(jobs["copied"].as_u64() < Some(USERS as u64 - 1) && jobs["rows"] == USERS - 1, "{report}");
    assert_eq!(table(&report, "job_attempts")["rows"], USERS / 2);
    assert_eq!(scene.count("users WHERE id = 1 AND email_key = 'u900@x.jp' OR id = 900 AND email_key = 'u1@x.jp'"), 2);
    scene.assert_counts_are_right();
}

#[test]
fn what_jobs_have_said_with_a_nul_before_that_was_taken_out_moves_without_it() {
    let scene = Scene::new();
    fill(&scene, 2);
    old_sql(
        &scene,
        "UPDATE job_queue SET error_message = 'no' || char(0) || 'answer', progress = 1, progress_note = char(0, 0) WHERE id = 1;
         UPDATE job_attempts SET error = 'no' || char(0) || 'answer'",
    );
    let report = moved(&scene);
    assert_eq!(report["complete"], true, "{report}");
    let said = "SELECT error_message || progress_note AS value FROM job_queue WHERE id = 1
                UNION ALL SELECT error FROM job_attempts";
    assert_eq!(scene.texts(said), ["no\u{fffd}answer\u{fffd}\u{fffd}", "no\u{fffd}answer"]);
}

#[test]
fn an_empty_service_moves_too() {
    let scene = Scene::new();
    done(on_old(&scene, &["migrate"]));
    let output = on_old(&scene, &["migrate-to", &scene.url()]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.ends_with("compared row by row: set DATABASE_URL to it and start the service\n"), "{said}");
    assert!(said.lines().count() == 11 && !said.contains("keiyaku:"), "{said}");
    let server = scene.start(&[]);
    assert_eq!(scene.client(&server).sign_up("taro@example.com").body["id"], 1);
    server.drained();
    server.stop().assert_untroubled();
    scene.assert_every_user_checked_in_once();
}

#[test]
fn nothing_is_overwritten_and_no_password_is_shown() {
    let scene = Scene::new();
    let to = |target: &str| on_old(&scene, &["migrate-to", target]).output().unwrap();
    let none = refused(&to(&scene.url()), 1);
    assert!(none.starts_with("there is no database old.db: "), "{none}");
    assert_eq!(scene.count("pg_tables WHERE schemaname = 'public'"), 0);
    done(on_old(&scene, &["migrate"]));

    assert_eq!(refused(&to("other.db"), 2), "TARGET: must be postgres://user@host/database");
    let misread = refused(&to(&format!("postgres://keiyaku:{PASSWORD}@127.0.0.1/app")), 2);
    assert!(misread.starts_with("TARGET=[not shown]: must be postgres://"), "{misread}");
    let gone = refused(&to(&format!("postgres://keiyaku:{PASSWORD_IN_URL}@127.0.0.1:{}/app", free_port())), 1);
    assert!(gone.contains("Connection refused"), "{gone}");
    let already = refused(&scene.command(&["migrate-to", &scene.url()]).output().unwrap(), 1);
    assert!(
        already.ends_with("is a PostgreSQL database already: DATABASE_URL names the SQLite database to copy"),
        "{already}"
    );

    old_sql(&scene, "INSERT INTO queues (name, paused) VALUES ('a' || char(0), 0)");
    let nul = refused(&to(&scene.url()), 1);
    assert!(nul.starts_with("queues: a text holds the character NUL, which PostgreSQL cannot store: "), "{nul}");
    let unusual = "INSERT INTO job_minutes VALUES ('2026-01-02 03:04:00.000', 'x', 1, 0, 0, 0)";
    old_sql(&scene, &format!("DELETE FROM queues; {unusual}"));
    let unordered = refused(&to(&scene.url()), 1);
    assert!(unordered.starts_with("job_minutes: a row is not in the order of its column"), "{unordered}");
    scene.execute("UPDATE secrets SET follow_key = 'a new one'; DELETE FROM job_minutes");

    let server = scene.start(&[]);
    let in_use = refused(&to(&scene.url()), 1);
    assert!(in_use.ends_with("is in use by another keiyaku: stop it, and try again"), "{in_use}");
    assert_eq!(scene.client(&server).sign_up("taro@example.com").status, 201);
    server.stop().assert_untroubled();
    let other = refused(&to(&scene.url()), 1);
    assert!(other.ends_with("holds other data: name an empty database"), "{other}");
    assert_eq!(scene.count("users"), 1);
    scene.execute("UPDATE secrets SET follow_key = 'unfinished copy of another'");
    assert!(refused(&to(&scene.url()), 1).ends_with("holds other data: name an empty database"));
    assert_eq!(scene.count("users"), 1);
}
