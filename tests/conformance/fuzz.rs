//! Schemathesis: requests made from the served document, right ones and wrong ones, alone and in the sequences that the
//! contract's links allow, and every answer checked.

use std::path::Path;
use std::process::Command;

use keiyaku::contract::ValidationMode;

use crate::support::{ALL_SCOPES, Server, token};

#[test]
fn schemathesis_finds_nothing_in_default_mode() {
    schemathesis(ValidationMode::Default);
}

#[test]
fn schemathesis_finds_nothing_in_flexible_mode() {
    schemathesis(ValidationMode::Flexible);
}

#[test]
fn schemathesis_finds_nothing_in_strict_mode() {
    schemathesis(ValidationMode::Strict);
}

/// Runs all phases and all checks. What is left out stands in `schemathesis.toml`, with the reason.
fn schemathesis(mode: ValidationMode) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join(".tools/schemathesis/bin/schemathesis");
    assert!(program.exists(), "Schemathesis is not installed: run  make test-tools  first");
    let own = root.join("tests/conformance/schemathesis");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(mode, &["serve"]);
    let is_long = std::env::var_os("KEIYAKU_LONG").is_some_and(|value| value != "0");
    let mut command = Command::new(program);
    command.current_dir(folder.path()).env("SCHEMATHESIS_HOOKS", own.join("hooks.py"));
    command.arg("--config-file").arg(own.join("schemathesis.toml")).arg("--no-color");
    command.arg("run").arg(format!("http://{}/openapi.json", server.address));
    command.arg("--header").arg(format!("Authorization: Bearer {}", token(ALL_SCOPES)));
    // Without --checks, which would overrule the file, all of them run. What is planned answers 501 and nothing else.
    command.args(["--exclude-by", "/x-planned==true"]);
    match is_long {
        true => command.args(["--max-examples", "250"]),
        // The same cases each time, so that a change that has nothing to do with it does not fail.
        false => command.args(["--max-examples", "30", "--seed", "1"]),
    };
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{mode} mode: {said}{}", String::from_utf8_lossy(&output.stderr));
    // A run that tests nothing fails nothing.
    let generated = said.lines().find_map(|line| line.trim().split_once(" generated")?.0.parse::<u32>().ok());
    let fewest = if is_long { 2_000 } else { 500 };
    assert!(generated.is_some_and(|cases| cases >= fewest), "only {generated:?} cases: {said}");
    println!("{mode} mode: {said}");
}
