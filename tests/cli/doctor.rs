//! `keiyaku doctor`.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::database::{is_postgres, sqlite_only};
use crate::support::database::change;
use crate::support::{Scene, eventually, keiyaku, mail_job, put_in, ran};

/// What each check came to, by its name; and the exit code.
fn examined(command: &mut Command) -> (Option<i32>, BTreeMap<String, (String, String)>) {
    let ran = ran(command);
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!(report["ok"], ran.code == Some(0), "{ran:?}");
    let text = |check: &Value, member: &str| check[member].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    (ran.code, checks.map(|check| (text(check, "name"), (text(check, "result"), text(check, "message")))).collect())
}

fn doctor(scene: &Scene) -> Command {
    scene.command(&["doctor", "--json"])
}

/// Asserts that one check comes to this, and says so.
#[track_caller]
fn assert_found(command: &mut Command, name: &str, result: &str, said: &str) {
    let (code, checks) = examined(command);
    let (found, message) = &checks[name];
    assert!(found == result && message.contains(said), "{name} {found}: {message}");
    assert_eq!(code, Some(i32::from(result == "fail")), "{checks:?}");
}

#[test]
fn all_is_well_beside_a_server_that_works() {
    let scene = Scene::new();
    let server = scene.start::<&str>(&[]);
    let port = server.address().port().to_string();
    eventually("the worker has said that it is there", || (scene.open().count("workers") == 1).then_some(()));
    let (code, checks) = examined(doctor(&scene).env("PORT", &port));
    assert_eq!(code, Some(0), "{checks:?}");
    let names: Vec<&str> = checks.keys().map(String::as_str).collect();
    let expected = [
        "clock",
        "configuration",
        "database",
        "disk",
        "folder",
        "integrity",
        "language",
        "mail",
        "port",
        "queues",
        "tokens",
        "workers",
        "writing",
    ];
    // The disk of PostgreSQL is that of another machine, and SQLite speaks English.
    let is_looked_at = |name: &&str| match is_postgres() {
        true => !["disk", "folder"].contains(name),
        false => *name != "language",
    };
    assert_eq!(names, expected.into_iter().filter(is_looked_at).collect::<Vec<_>>());
    for (name, (result, message)) in checks.iter().filter(|(name, _)| *name != "disk") {
        assert_eq!(result, "ok", "{name}: {message}");
    }
    assert!(checks["port"].1.contains("the service answers"), "{checks:?}");
    let shown = ran(scene.command(&["doctor"]).env("PORT", &port)).out;
    assert!(shown.contains("\nok    writing        the database takes writes\n"), "{shown}");
}

#[test]
fn before_the_first_start_nothing_is_wrong_and_nothing_is_made() {
    let scene = Scene::empty();
    let said = format!("there is no database {}", scene.database_name());
    assert_found(&mut doctor(&scene), "database", "warn", &said);
    assert!(scene.is_untouched());
}

#[test]
fn every_variable_that_is_not_allowed_is_named() {
    let scene = Scene::new();
    let said = ran(scene.command(&["doctor"]).env("PORT", "x").env("BODY_LIMIT", "1").env("JWT_SECRET", "short")).out;
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("fail  configuration  ")).collect();
    assert!(lines.len() == 3 && lines.iter().any(|line| line.contains("JWT_SECRET=[not shown]: must be")), "{said}");
}

#[test]
fn a_port_that_somebody_else_has_is_a_failure() {
    let scene = Scene::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || other.incoming().for_each(drop));
    assert_found(doctor(&scene).env("PORT", port), "port", "fail", "127.0.0.1:");
}

#[test]
fn a_server_that_answers_and_is_not_this_service_is_a_failure() {
    let scene = Scene::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        for stream in other.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            // The request is small, and comes in one piece.
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
        }
    });
    assert_found(doctor(&scene).env("PORT", &port), "port", "fail", "another program answers on 127.0.0.1:");
    let said = "another program answers on 127.0.0.1:";
    let checked = ran(scene.command(&["healthcheck"]).env("PORT", port));
    assert!(checked.code == Some(1) && checked.said.contains(said), "{checked:?}");
}

#[test]
fn a_database_that_may_not_be_written_keeps_nothing_else_from_being_checked() {
    sqlite_only!("the permissions of a file");
    let scene = Scene::new();
    scene.run(&["migrate"]);
    fs::set_permissions(scene.database(), Permissions::from_mode(0o444)).unwrap();
    assert_found(&mut doctor(&scene), "database", "fail", "users.db");
    let (_, checks) = examined(&mut doctor(&scene));
    let names: Vec<&str> = checks.keys().map(String::as_str).collect();
    assert_eq!(names, ["configuration", "database", "disk", "folder", "mail", "port", "tokens"]);
}

#[test]
fn a_mail_folder_that_cannot_be_made_is_a_failure() {
    let scene = Scene::new();
    assert_found(doctor(&scene).env("MAIL_DIR", "new/outbox"), "mail", "ok", "which the start of the service makes");
    // Nobody makes a folder there, whoever it is.
    assert_found(doctor(&scene).env("MAIL_DIR", "/proc/new/outbox"), "mail", "fail", "/proc/new/outbox cannot be made");
    std::os::unix::fs::symlink("nowhere/at/all", scene.path("link")).unwrap();
    assert_found(doctor(&scene).env("MAIL_DIR", "link"), "mail", "fail", "link cannot be made");
    assert!(!scene.path("new").exists());
}

#[test]
fn a_mail_server_that_is_not_there_is_a_failure() {
    let scene = Scene::new();
    assert_found(doctor(&scene).env("SMTP_URL", "smtp://127.0.0.1:1"), "mail", "fail", "Connection refused");
    fs::write(scene.path("outbox"), "no folder").unwrap();
    assert_found(&mut doctor(&scene), "mail", "fail", "outbox cannot be written to");
}

#[test]
fn a_certificate_is_looked_at_for_its_dates() {
    let scene = Scene::new();
    let checked = |from: i32, until: i32| {
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        fs::write(scene.path("cert.pem"), parameters.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(scene.path("key.pem"), key.serialize_pem()).unwrap();
        let mut command = doctor(&scene);
        command.env("TLS_CERT", "cert.pem").env("TLS_KEY", "key.pem");
        command
    };
    assert_found(&mut checked(2020, 2021), "certificate", "fail", "expired since 2021-01-01T00:00:00Z");
    assert_found(&mut checked(2990, 2999), "certificate", "fail", "not valid before 2990-01-01T00:00:00Z");
    assert_found(&mut checked(2020, 2999), "certificate", "ok", "valid until 2999-01-01T00:00:00Z");
}

#[test]
fn a_clock_that_is_behind_what_is_stored_is_a_failure() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    scene.run(&["jobs", "enqueue", "data_analysis"]);
    scene.change("UPDATE job_queue SET created_at = '2990-01-01 00:00:00', status = 'completed', claimable = FALSE");
    assert_found(&mut doctor(&scene), "clock", "fail", "later than now");
}

#[test]
fn a_database_of_another_release_is_no_success() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let newest = "(SELECT max(version) FROM __diesel_schema_migrations)";
    scene.change(
        &format!(
            "CREATE TEMP TABLE gone AS SELECT {newest} AS v; DELETE FROM __diesel_schema_migrations WHERE version = (SELECT v FROM gone)"
        ),
    );
    assert_found(&mut doctor(&scene), "database", "warn", "was made by an older keiyaku");
    assert!(keiyaku(&scene, "jobs list").said.contains("`keiyaku migrate`"));
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
    scene.change(&format!("{newer}; UPDATE schema_serves SET oldest = '29990101000000'"));
    assert_found(&mut doctor(&scene), "database", "fail", "was made by a newer keiyaku");
}

#[test]
fn a_database_with_a_fault_is_a_failure() {
    sqlite_only!("pages of its file; PostgreSQL looks after its own");
    let damaged = Scene::new();
    damaged.run(&["migrate"]);
    let jobs: Vec<String> = (0..200).map(|job| format!("({job}, 'x', 'q', '{}', 'completed', 0, 0, 0, 0, '2020-01-01 00:00:00', '2020-01-01 00:00:00', 0, FALSE)", "p".repeat(200))).collect();
    let columns = "id, job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at, created_at, version, claimable";
    change(
        &damaged.database(),
        &format!("PRAGMA journal_mode = DELETE; INSERT INTO job_queue ({columns}) VALUES {}", jobs.join(",")),
    );
    let mut bytes = fs::read(damaged.database()).unwrap();
    let last = bytes.len() - 3 * 4096;
    bytes[last..last + 4096].fill(0x55);
    fs::write(damaged.database(), bytes).unwrap();
    assert_found(&mut doctor(&damaged), "integrity", "fail", "damaged");
}

#[test]
fn jobs_that_nobody_does_are_a_failure_and_a_queue_that_holds_them_is_named() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("mail", 1)]);
    assert_found(&mut doctor(&scene), "workers", "fail", "jobs wait, and no worker has been there lately");
    let lost =
        "status = 'processing', attempts = 1, claimable = FALSE, lease = 1, worker = 'gone', started_at = created_at";
    scene.change(&format!("UPDATE job_queue SET {lost}; INSERT INTO job_leases VALUES (1, '2020-01-01 00:00:00')"));
    assert_found(&mut doctor(&scene), "workers", "fail", "jobs whose workers are gone are taken up by nobody");
    scene.change("UPDATE job_leases SET ends_at = '2999-01-01 00:00:00'");
    assert_found(&mut doctor(&scene), "workers", "warn", "no worker has been there lately");
    scene.change(
        "UPDATE job_queue SET status = 'pending', attempts = 0, claimable = TRUE, lease = NULL, worker = NULL, started_at = NULL",
    );
    scene.run(&["queues", "pause", "mail"]);
    let (_, checks) = examined(&mut doctor(&scene));
    assert_eq!(checks["queues"], ("warn".to_owned(), "paused with jobs in them: mail".to_owned()));
}

#[test]
fn a_postgresql_server_that_says_nothing_is_given_up() {
    let scene = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/app", silent.local_addr().unwrap());
    let run = ran(scene.command(&["jobs", "list"]).env("DATABASE_URL", url));
    assert!(run.said.starts_with("keiyaku: cannot open the database postgres://127.0.0.1:"), "{run:?}");
    assert_eq!(run.code, Some(1));
}
