//! A server that does not speak English: what it says of waits is understood all the same.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::postgres::{PASSWORD, admin};
use crate::support::{Scene, eventually};

/// A locale in which the server of the tests speaks Japanese (`server.sh`).
const JAPANESE: &str = "C.UTF-8";

impl Scene {
    /// What every session in its database begins with.
    fn set(&self, name: &str, value: &str) {
        admin().batch_execute(&format!("ALTER DATABASE {} SET {name} = '{value}'", self.database().name())).unwrap();
    }
}

/// A sign-up that waits for a lock is put off, and a job whose effects do is tried again at no cost.
fn waits_are_nobodys_fault(scene: &Scene) {
    let server = scene.start(&[]);
    let client = scene.client(&server);
    let mut holder = scene.connect();
    holder.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").unwrap();
    let refused = client.sign_up("taro@example.com");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");

    holder.batch_execute("ROLLBACK; BEGIN; LOCK TABLE user_profiles IN ACCESS EXCLUSIVE MODE").unwrap();
    assert_eq!(client.sign_up("taro@example.com").status, 201);
    let given_up = || {
        let metrics = client.text("/metrics");
        let count = metrics.lines().find_map(|line| line.strip_prefix("db_commits_failed_total "))?;
        count.parse::<u64>().ok().filter(|count| *count >= 3)
    };
    eventually("the job's effects have been tried and tried again", given_up);
    holder.batch_execute("ROLLBACK").unwrap();
    server.drained();
    let job = client.get("/jobs/1").body;
    let outcomes: Vec<&Value> = job["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["outcome"]).collect();
    assert_eq!((&job["retry_count"], outcomes), (&json!(0), vec![&json!("completed")]), "{job}");
    assert_eq!(server.stop().code, Some(0));
    scene.assert_every_user_checked_in_once();
}

#[test]
fn a_wait_for_a_lock_is_known_in_whatever_language_the_server_has() {
    let scene = Scene::new();
    scene.set("lc_messages", JAPANESE);
    scene.set("lock_timeout", "1s");
    waits_are_nobodys_fault(&scene);
}

#[test]
fn the_doctor_names_a_role_to_whom_the_server_speaks_another_language() {
    let scene = Scene::new();
    assert!(scene.command(&["migrate"]).status().unwrap().success());
    let mut session = scene.connect();
    session.batch_execute(&format!("SET lc_messages = '{JAPANESE}'")).unwrap();
    if session.batch_execute("SELECT 1 / 0").unwrap_err().to_string() == "division by zero" {
        return println!("skipped, the server here is installed without its translations");
    }
    let role = format!("plain_{}", scene.database().name());
    scene.execute(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT ALL ON SCHEMA public TO {role};
         GRANT pg_read_all_data, pg_write_all_data TO {role}; ALTER ROLE {role} SET lc_messages = '{JAPANESE}'"
    ));
    let url = scene.url().replace("//keiyaku:", &format!("//{role}:"));
    let language = || {
        let output = scene.command(&["doctor", "--json"]).env("DATABASE_URL", &url).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut checks = report["checks"].as_array().unwrap().iter();
        checks.find(|check| check["name"] == "language").unwrap_or_else(|| panic!("{report}")).clone()
    };
    let found = language();
    assert_eq!(found["result"], "warn", "{found}");
    let remedy = format!("ALTER ROLE {role} SET lc_messages = 'C'");
    assert!(found["advice"].as_str().unwrap().contains(&remedy), "{found}");
    scene.execute(&remedy);
    assert_eq!(language()["result"], "ok");
    scene.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}
