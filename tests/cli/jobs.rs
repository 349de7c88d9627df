//! `keiyaku jobs list|show|enqueue|stats`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::http::Connection;
use crate::support::{Scene, assert_refused, eventually, json, keiyaku, mail_job, put_in, ran};

fn get(scene: &Scene, connection: &mut Connection, path: &str) -> Value {
    serde_json::from_slice(&connection.get(path, Some(&scene.token("jobs:read"))).unwrap().body).unwrap()
}

#[test]
fn lists_and_counts_are_those_of_the_api() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let jobs: Vec<Value> = (1..=120).map(|user| mail_job(if user % 2 == 0 { "mail" } else { "later" }, user)).collect();
    put_in(&scene, &server, &jobs);
    let mut api = Connection::open(server.address()).unwrap();
    for (arguments, path) in [
        ("", "/jobs"),
        ("--limit 3 --oldest", "/jobs?limit=3&order=oldest"),
        ("--queue mail --status pending --limit 7", "/jobs?queue=mail&status=pending&limit=7"),
        ("--type send_welcome_email --user 5", "/jobs?job_type=send_welcome_email&user_id=5"),
        ("--text \"user_id\":11 --limit 100", "/jobs?text=%22user_id%22:11&limit=100"),
        ("--status failed", "/jobs?status=failed"),
    ] {
        assert_eq!(json(&scene, &format!("jobs list --json {arguments}")), get(&scene, &mut api, path), "{arguments}");
    }
    assert_eq!(json(&scene, "jobs stats --json"), get(&scene, &mut api, "/jobs/stats"));
    assert_eq!(json(&scene, "jobs show 7 --json"), get(&scene, &mut api, "/jobs/7"));

    // A list may be longer than a page of the API.
    for (arguments, expected) in [("--limit 110", 110), ("--all", 120), ("--all --queue mail", 60)] {
        let list = json(&scene, &format!("jobs list --json {arguments}"));
        assert_eq!(list["items"].as_array().unwrap().len(), expected, "{arguments}");
    }
    let first = json(&scene, "jobs list --json --limit 110");
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = json(&scene, &format!("jobs list --json --all --cursor {cursor}"));
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (10, &Value::Null));
    assert_refused(
        &keiyaku(&scene, "jobs list --cursor abc"),
        2,
        "Parameter validation failed for 'cursor': it is not one that this list gave",
    );
}

#[test]
fn a_list_for_people_is_a_table() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let none = keiyaku(&scene, "jobs list");
    assert_eq!((none.code, none.out.as_str(), none.said.as_str()), (Some(0), "", "no jobs\n"));
    scene.run(&["jobs", "enqueue", "data_analysis", "--priority", "-3"]);
    let at = ["--at", "2030-01-01T00:00:00+09:00", "--queue", "mail", "--max-retries", "0"];
    scene.run(&[&["jobs", "enqueue", "send_welcome_email", "--payload", r#"{"user_id":7}"#][..], &at].concat());
    let table = keiyaku(&scene, "jobs list").out;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "ID  TYPE                QUEUE    STATUS   PRIORITY  RETRIES  DUE                   ERROR");
    assert_eq!(lines[1], " 2  send_welcome_email  mail     pending         0  0/0      2029-12-31T15:00:00Z");
    assert!(lines[2].starts_with(" 1  data_analysis       default  pending        -3  0/3      2"), "{table}");
    assert!(lines.len() == 3 && !table.contains('\u{1b}'), "no colour in a pipe: {table:?}");
}

#[test]
fn a_job_that_is_put_in_is_done_by_the_server_beside() {
    let scene = Scene::new();
    let _server = scene.start::<&str>(&[]);
    let job =
        json(&scene, r#"jobs enqueue data_analysis --json --payload {"since":"2020-01-01T00:00:00Z"} --timeout 2min"#);
    assert_eq!((&job["id"], &job["timeout_seconds"]), (&json!(1), &json!(120)));
    let done = eventually("the job is completed", || {
        let job = json(&scene, "jobs show 1 --json");
        (job["status"] == "completed").then_some(job)
    });
    assert_eq!((done["attempts"].as_array().unwrap().len(), done["output"].is_object()), (1, true));
    let shown = keiyaku(&scene, "jobs show 1").out;
    for part in [
        "status       completed\n",
        "\npayload\n{\n  \"since\": \"2020-01-01T00:00:00Z\"\n}\n",
        "\noutput\n",
        "\nattempts\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
}

#[test]
fn a_payload_comes_from_the_line_a_file_or_standard_input() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    // The very text is kept, as over HTTP.
    fs::write(scene.path("payload.json"), r#"{"user_id": 7.0}"#).unwrap();
    scene.run(&["jobs", "enqueue", "send_welcome_email", "--payload", "@payload.json"]);
    let mut child = scene
        .command(&["jobs", "enqueue", "send_welcome_email", "--payload", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(br#"{"user_id":8}"#).unwrap();
    assert!(child.wait().unwrap().success());
    let payloads = scene.open().texts("SELECT payload AS value FROM job_queue ORDER BY id");
    assert_eq!(payloads, [r#"{"user_id":7.0}"#, r#"{"user_id":8}"#]);
    assert_eq!(scene.open().numbers("SELECT user_id AS value FROM job_queue ORDER BY id"), [7, 8]);
}

#[test]
fn a_unique_key_finds_the_job_there_is() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let enqueue = ["jobs", "enqueue", "data_analysis", "--unique-key", "night"];
    assert!(scene.run(&enqueue).starts_with("job 1 is put in: data_analysis in queue default, due "));
    assert!(scene.run(&enqueue).starts_with("job 1 was there already, with this unique key: "));
    assert_eq!(scene.open().count("job_queue"), 1);
}

#[test]
fn what_does_not_fit_the_contract_is_told_with_its_place_and_nothing_is_put_in() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    let enqueue =
        |job_type: &str, more: &[&str]| ran(&mut scene.command(&[&["jobs", "enqueue", job_type], more].concat()));
    for (job_type, more, said) in [
        ("send_welcome_email", &[][..], "/payload/user_id: is required"),
        (
            "send_welcome_email",
            &["--payload", r#"{"user_id":"x","more":1}"#],
            "/payload/user_id: must be an integer; /payload/more: is not allowed",
        ),
        (
            "data_analysis",
            &["--max-retries", "101", "--queue", "a b"],
            "/queue: has an invalid format; /max_retries: must be at most 100",
        ),
        (
            "send_welcome_email",
            &["--payload", "{"],
            "--payload JSON: is not well-formed JSON: EOF while parsing an object (line 1, column 1)",
        ),
        (
            "send_welcome_email",
            &["--payload", "@gone.json"],
            "--payload @gone.json: No such file or directory (os error 2)",
        ),
    ] {
        let refused = enqueue(job_type, more);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert_eq!(refused.said, format!("keiyaku: {said}\n"));
    }
    let unknown = enqueue("nothing", &[]).said;
    assert!(unknown.starts_with("keiyaku: /job_type: must be one of user_created, "), "{unknown}");
    assert_eq!(scene.open().count("job_queue"), 0);
}

#[test]
fn without_a_database_nothing_is_made() {
    let scene = Scene::empty();
    let name = scene.database_name();
    let said = format!(
        "there is no database {name}: set DATABASE_URL to the one that is meant, or make it with `keiyaku migrate`"
    );
    assert_refused(&keiyaku(&scene, "jobs list"), 1, &said);
    assert!(scene.is_untouched());
    assert_refused(
        &keiyaku(&scene, "jobs show 0"),
        2,
        "invalid value '0' for '<ID>': 0 is not in 1..9223372036854775807 (--help says more)",
    );
    scene.run(&["migrate"]);
    assert_refused(&keiyaku(&scene, "jobs show 1"), 1, "Job not found");
}
