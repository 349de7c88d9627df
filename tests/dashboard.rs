//! The operator's dashboard and the API's docs in a real browser, served by the real binary.
//!
//! The tests themselves are JavaScript, in tests/dashboard; here their databases are filled, and they are run.
//!
//! `KEIYAKU_LONG=1` also shows the pages among a million jobs, `KEIYAKU_BIN` names the binary, which should be optimised then.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::SqliteConnection;
use diesel::connection::{Connection, SimpleConnection};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CHROMIUM: &str = "/usr/bin/chromium";

/// An hour in which nine attempts a minute failed.
const MINUTES: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 59),
    types (job_type, failed, wait_us, run_us) AS (
        VALUES ('user_created', 9, 4000, 12000), ('send_welcome_email', 0, 8000, 90000), ('data_analysis', 0, 2000, 5000)
    )
    INSERT INTO job_minutes (minute, job_type, completed, failed, wait_us, run_us)
    SELECT strftime('%Y-%m-%d %H:%M:00', 'now', '-' || n || ' minutes'), job_type, 40 + n * 7 % 30, failed,
        40 * wait_us * (1 + n % 5), 40 * run_us
    FROM numbers, types;";

/// Finished jobs, and some that are due in a year, in the types and queues that there are. One has a payload like no other.
const JOBS: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000),
    rows AS (
        SELECT n, strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (100000 - n) || ' seconds') AS at,
            CASE WHEN n % 50 = 0 THEN 'failed' WHEN n % 77 = 0 THEN 'cancelled' WHEN n % 500 = 1 THEN 'pending' ELSE 'completed' END AS status
        FROM numbers
    )
    INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, error_message,
        scheduled_at, started_at, completed_at, created_at, version, claimable, wake_at)
    SELECT
        CASE n % 3 WHEN 0 THEN 'user_created' WHEN 1 THEN 'send_welcome_email' ELSE 'data_analysis' END,
        CASE WHEN n % 10 = 0 THEN 'mail' WHEN n % 10 = 1 THEN 'reports' ELSE 'default' END,
        CASE n WHEN 4711 THEN '{\"user_id\":4711,\"additional_props\":{\"hobby\":\"needlework\"}}'
            ELSE '{\"user_id\":' || n || '}' END,
        status, 0, 3, 0, 1, CASE status WHEN 'failed' THEN 'The mail server does not answer' END,
        CASE status WHEN 'pending' THEN strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 year') ELSE at END,
        CASE status WHEN 'pending' THEN NULL ELSE at END, CASE status WHEN 'pending' THEN NULL ELSE at END, at, n, FALSE,
        CASE status WHEN 'pending' THEN strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 year') END
    FROM rows;
    UPDATE job_versions SET last = 100000;";

/// So many that a report on all of them takes some time.
const USERS: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 500000)
    INSERT INTO users (email, email_key, age, is_active, created_at, updated_at)
    SELECT 'user-' || n || '@example.com', 'user-' || n || '@example.com', n % 90, TRUE, '2025-12-31 00:00:00',
        '2025-12-31 00:00:00'
    FROM numbers;";

#[test]
fn an_operator_at_the_dashboard_and_a_developer_at_the_docs() {
    run("dashboard", &[JOBS, MINUTES, USERS]);
}

#[test]
fn an_operator_among_a_million_jobs() {
    if std::env::var_os("KEIYAKU_LONG").is_some_and(|value| value != "0") {
        run("million", &[include_str!("dashboard/million.sql")]);
    }
}

/// Runs `{name}.test.mjs` in a folder of its own, on a database with this in it.
fn run(name: &str, rows: &[&str]) {
    let modules = Path::new(ROOT).join(".tools/dashboard-test/node_modules");
    assert!(
        modules.exists() && Path::new(CHROMIUM).exists(),
        "this test needs Chromium and what drives it: run  make test-tools"
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // The first time there is none.
    let _ = fs::remove_dir_all(&folder);
    copy_tests(&folder);
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).unwrap();
    fill(&folder, rows);
    let shots = target().join("dashboard-shots");
    let output = Command::new("node")
        .arg("--test")
        .arg(format!("{name}.test.mjs"))
        .current_dir(&folder)
        .env("KEIYAKU_BIN", binary())
        .env("CHROMIUM", CHROMIUM)
        .env("SHOTS", shots)
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    println!("{said}");
}

/// Cargo's own build, or what is tested in its place.
fn binary() -> PathBuf {
    std::env::var_os("KEIYAKU_BIN")
        .map_or_else(|| env!("CARGO_BIN_EXE_keiyaku").into(), |path| std::path::absolute(path).unwrap())
}

fn copy_tests(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for entry in fs::read_dir(Path::new(ROOT).join("tests/dashboard")).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

/// A database with these rows, where the service looks for it.
fn fill(folder: &Path, rows: &[&str]) {
    let migrated = Command::new(binary()).arg("migrate").current_dir(folder).output().unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let mut database = SqliteConnection::establish(folder.join("users.db").to_str().unwrap()).unwrap();
    database.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN").unwrap();
    rows.iter().for_each(|sql| database.batch_execute(sql).unwrap());
    database.batch_execute("COMMIT").unwrap();
}

/// Where cargo builds.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}
