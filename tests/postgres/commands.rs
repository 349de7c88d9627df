//! The command line on PostgreSQL; what it prints is shown by the tests of `cli`.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::Scene;

/// The JSON that a command prints which is given this on standard input.
fn json(scene: &Scene, arguments: &str, input: &str) -> Value {
    let mut command = scene.command(&arguments.split(' ').chain(["--json"]).collect::<Vec<_>>());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that reads nothing may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_commands_work_beside_a_server_and_make_no_database() {
    let scene = Scene::new();
    let early = scene.command(&["jobs", "list"]).output().unwrap();
    let said = String::from_utf8(early.stderr).unwrap();
    assert!(early.status.code() == Some(1) && said.starts_with("keiyaku: there is no database postgres://"), "{said}");
    assert_eq!(scene.count("pg_tables WHERE schemaname = 'public'"), 0);

    let server = scene.start(&[]);
    let job = json(&scene, "jobs enqueue data_analysis", "");
    server.drained();
    let done = json(&scene, &format!("jobs show {}", job["id"]), "");
    assert_eq!(done["status"], "completed");
    let users: String = (0..2500).map(|user| format!("{{\"email\":\"u{user}@example.com\",\"age\":7}}\n")).collect();
    assert_eq!(json(&scene, "users import -", &users)["imported"], 2500);
    assert_eq!(json(&scene, "users import -", &users)["already_there"], 2500);
    assert_eq!(scene.count("users JOIN user_profiles ON user_id = users.id"), 2500);

    json(&scene, "queues limit held --max-running 1", "");
    json(&scene, "queues pause held", "");
    for user in 1..=3 {
        json(&scene, "jobs enqueue send_welcome_email --queue held --payload -", &format!("{{\"user_id\":{user}}}"));
    }
    assert_eq!(json(&scene, "jobs cancel --all-matching --queue held --yes", "")["changed"], 3);
    assert_eq!(json(&scene, "jobs list --queue held --text user_id", "")["items"].as_array().unwrap().len(), 3);
    assert_eq!(json(&scene, "doctor", "")["ok"], true);
    server.stop().assert_untroubled();
}
