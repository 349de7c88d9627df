//! `ops/` and `/metrics` fit each other, and promtool finds both without reproach.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Scene;
use crate::support::http::Connection;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ops")
}

/// Runs promtool with this as its input.
fn promtool(arguments: &[&str], input: &str) {
    let mut promtool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("promtool is needed: run  make test-tools  ({error})"));
    promtool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
}

/// What a query names besides its functions, labels and words.
fn names(query: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let outside_of_labels: String = query
        .split('{')
        .enumerate()
        .map(|(place, part)| if place == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) })
        .collect();
    let words = outside_of_labels.split(|letter| !is_part(letter)).filter(|word| word.contains('_'));
    let no_metrics = ["histogram_quantile", "job_type"];
    words.filter(|word| !no_metrics.contains(word)).map(str::to_owned).collect()
}

/// Every query of the alerts and of the dashboard.
fn queries() -> Vec<String> {
    let rules = fs::read_to_string(folder().join("prometheus/keiyaku.rules.yaml")).unwrap();
    let of_rules = rules.lines().filter_map(|line| Some(line.trim().strip_prefix("expr: ")?.to_owned()));
    let dashboard: Value =
        serde_json::from_str(&fs::read_to_string(folder().join("grafana/keiyaku.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    of_rules.chain(targets.map(|target| target["expr"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_metric_that_alerts_and_dashboard_name_exists_and_promtool_finds_no_fault() {
    let scene = Scene::new();
    let server = scene.start::<&str>(&[("CHECK_RESPONSES", "all")]);
    let mut connection = Connection::open(server.address()).unwrap();
    assert_eq!(connection.sign_up("taro@example.com").unwrap().status, 201);
    assert_eq!(connection.sign_up("nobody").unwrap().status, 400);
    let metrics = crate::support::eventually("the jobs are done", || {
        let answer = connection.get("/metrics", None).unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        text.contains(r#"jobs_processed_total{job_type="send_welcome_email",status="success"} 1"#).then_some(text)
    });
    promtool(&["check", "metrics"], &metrics);
    promtool(&["check", "rules", folder().join("prometheus/keiyaku.rules.yaml").to_str().unwrap()], "");

    let queries = queries();
    assert!(queries.len() > 20, "{queries:?}");
    for name in queries.iter().flat_map(|query| names(query)) {
        // A recorded rate is a name of the rules' own.
        let exists = name.starts_with("keiyaku:")
            || metrics
                .lines()
                .any(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} ")));
        assert!(exists, "{name} is not in:\n{metrics}");
    }
    server.stop();
}
