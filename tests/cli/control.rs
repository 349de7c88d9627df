//! `keiyaku jobs retry|cancel`.

use std::process::Stdio;

use serde_json::json;

use crate::support::{Scene, assert_refused, eventually, json, keiyaku, mail_job, put_in};

fn statuses(scene: &Scene) -> Vec<String> {
    scene.open().texts("SELECT status AS value FROM job_queue ORDER BY id")
}

#[test]
fn jobs_are_changed_one_by_one_and_each_that_cannot_be_is_told() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("mail", 1), mail_job("mail", 2), mail_job("mail", 3)]);
    let cancelled = keiyaku(&scene, "jobs cancel 3 9 1 --json");
    assert_eq!((cancelled.code, cancelled.said.as_str()), (Some(1), "keiyaku: job 9: Job not found\n"));
    let list: serde_json::Value = serde_json::from_str(&cancelled.out).unwrap();
    assert_eq!([&list["items"][0]["id"], &list["items"][1]["id"]], [&json!(3), &json!(1)]);
    assert_eq!(statuses(&scene), ["cancelled", "pending", "cancelled"]);

    let again = keiyaku(&scene, "jobs cancel 3");
    let said = "keiyaku: job 3: The job is already cancelled: A cancelled job cannot be cancelled.\n";
    assert_eq!((again.code, again.out.as_str(), again.said.as_str()), (Some(1), "", said));
    assert_eq!(keiyaku(&scene, "jobs retry 3").code, Some(0));
    assert_eq!(statuses(&scene), ["cancelled", "pending", "pending"]);
}

#[test]
fn an_id_that_is_given_twice_is_one() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("mail", 1), mail_job("mail", 2)]);
    let list = json(&scene, "jobs cancel 2 1 2 --json");
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
    assert_eq!(ids, [2, 1]);
}

#[test]
fn all_that_a_filter_finds_are_changed() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    // More than one step of the change.
    let jobs: Vec<_> = (1..=600).map(|user| mail_job(if user % 3 == 0 { "later" } else { "mail" }, user)).collect();
    put_in(&scene, &server, &jobs);
    let changed = json(&scene, "jobs cancel --all-matching --queue mail --yes --json");
    assert_eq!(changed, json!({ "changed": 400, "skipped": 0, "more": false }));
    assert_eq!(scene.open().count("job_queue WHERE status = 'pending' AND queue = 'later'"), 200);
    let one = keiyaku(&scene, "jobs retry --all-matching --status cancelled --user 4 -y");
    assert_eq!((one.code, one.out.as_str()), (Some(0), "1 jobs are put back to waiting\n"));
    assert_eq!(json(&scene, "jobs retry --all-matching --status failed --yes --json")["changed"], 0);
}

#[test]
fn jobs_whose_key_another_has_keep_no_others_from_being_run_again() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    put_in(&scene, &server, &[mail_job("mail", 1)]);
    // Behind several steps of jobs that stay as they are.
    let failed = |count: i64, key: &str| {
        scene.change(&format!(
            "INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
                                    created_at, completed_at, version, claimable, unique_key)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             SELECT 'send_welcome_email', 'mail', '{{}}', 'failed', 0, 3, 3, 3, created_at, created_at, created_at, 0, false, {key}
             FROM n, job_queue WHERE id = 1"
        ));
    };
    failed(10, "NULL");
    failed(2_000, "'one'");
    scene.change("UPDATE job_queue SET unique_key = 'one' WHERE id = 1");
    let retry = ["jobs", "retry", "--all-matching", "--yes", "--json"];
    // So short a time is up at the first look at it.
    let mut retry = scene.command(&retry).env("REQUEST_TIMEOUT", "1ms").stdout(Stdio::piped()).spawn().unwrap();
    let ended = eventually("the retry comes to its end", || retry.try_wait().unwrap());
    let out = std::io::read_to_string(retry.stdout.unwrap()).unwrap();
    assert!(ended.success(), "{out}");
    let done: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(done, json!({ "changed": 10, "skipped": 2_000, "more": false }));
    assert_eq!(scene.open().count("job_queue WHERE status = 'pending'"), 11);
}

#[test]
fn many_are_not_changed_unasked() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    for command in ["retry", "cancel"] {
        let said = "without a terminal to ask on, --all-matching needs --yes";
        assert_refused(&keiyaku(&scene, &format!("jobs {command} --all-matching")), 2, said);
        let both = keiyaku(&scene, &format!("jobs {command} 1 --queue mail"));
        assert_refused(&both, 2, "--type, --queue and --user go with --all-matching, and not with ids");
        assert_eq!(keiyaku(&scene, &format!("jobs {command}")).code, Some(2));
        assert_eq!(keiyaku(&scene, &format!("jobs {command} 1 --all-matching")).code, Some(2));
    }
    assert_eq!(keiyaku(&scene, "jobs cancel --all-matching --status failed").code, Some(2));
}
