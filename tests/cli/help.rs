//! What the binary says of itself: help, manual pages, completions, the document; and how it refuses wrong usage.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Scene, assert_refused, keiyaku, ran};

/// Every command, with those that it consists of, such as `jobs list`.
fn commands(scene: &Scene, above: &str) -> Vec<String> {
    let help = keiyaku(scene, &format!("{above} --help")).out;
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return vec![above.to_owned()] };
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().filter(|_| !line.starts_with("   ")));
    names.filter(|name| *name != "help").flat_map(|name| commands(scene, format!("{above} {name}").trim())).collect()
}

#[test]
fn every_command_has_an_example_and_names_the_variables_that_it_reads() {
    let scene = Scene::new();
    let commands = commands(&scene, "");
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let help = keiyaku(&scene, &format!("{command} --help")).out;
        assert!(
            help.contains(&format!("\n  keiyaku {command}")) || help.contains(&format!("keiyaku {command}\n")),
            "{help}"
        );
        let reads_none = ["completions", "man"].contains(&command.as_str());
        assert!(help.contains("\nVariables: ") != reads_none, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 130), "{help}");
    }
}

#[test]
fn help_teaches() {
    let scene = Scene::new();
    let help = |arguments| keiyaku(&scene, arguments).out;
    insta::assert_snapshot!("keiyaku", help("--help"));
    insta::assert_snapshot!("jobs", help("jobs --help"));
    insta::assert_snapshot!("enqueue", help("jobs enqueue --help"));
    insta::assert_snapshot!("restore", help("restore --help"));
}

#[test]
fn wrong_usage_is_one_line() {
    let scene = Scene::new();
    for (arguments, said) in [
        ("jbos", "unrecognized subcommand 'jbos' tip: a similar subcommand exists: 'jobs' (--help says more)"),
        ("jobs list --xyz", "unexpected argument '--xyz' found (--help says more)"),
        (
            "jobs list --limit 0",
            "invalid value '0' for '--limit <LIMIT>': 0 is not in 1..=4294967295 (--help says more)",
        ),
        ("backup", "the following required arguments were not provided: <FILE> (--help says more)"),
        (
            "openapi --mode lax",
            "invalid value 'lax' for '--mode <MODE>': must be default, flexible or strict (--help says more)",
        ),
    ] {
        assert_refused(&keiyaku(&scene, arguments), 2, said);
    }
    let configuration = ran(scene.command(&["jobs", "list"]).env("PORT", "x"));
    assert_refused(&configuration, 2, "PORT=\"x\": must be a port from 0 to 65535");
}

#[test]
fn the_document_is_that_of_the_mode() {
    let scene = Scene::new();
    for mode in ["default", "flexible", "strict"] {
        let document: Value =
            serde_json::from_str(&keiyaku(&scene, &format!("openapi --mode {mode} --json")).out).unwrap();
        let generated = fs::read_to_string(format!("generated/openapi/{mode}.json")).unwrap();
        assert_eq!(document, serde_json::from_str::<Value>(&generated).unwrap());
        let running = ran(scene.command(&["openapi"]).env("VALIDATION_MODE", mode));
        assert_eq!(running.out, fs::read_to_string(format!("generated/openapi/{mode}.yaml")).unwrap());
    }
}

#[test]
fn there_is_a_manual_page_for_each_command_and_completions_for_each_shell() {
    let scene = Scene::new();
    let page = scene.run(&["man"]);
    assert!(page.contains(".TH keiyaku 1") && page.contains("keiyaku\\-jobs(1)"), "{page}");
    let folder = scene.path("man1");
    fs::create_dir(&folder).unwrap();
    scene.run(&["man", "man1"]);
    let pages: BTreeSet<String> =
        folder.read_dir().unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    for command in commands(&scene, "") {
        assert!(pages.contains(&format!("keiyaku-{}.1", command.replace(' ', "-"))), "{command}: {pages:?}");
    }
    let gone = keiyaku(&scene, "man nowhere");
    assert_refused(&gone, 1, "cannot write to nowhere: No such file or directory (os error 2)");

    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = scene.run(&["completions", shell]);
        assert!(script.contains("enqueue") && script.contains("max-running"), "{shell}");
    }
    fs::write(scene.path("keiyaku.bash"), scene.run(&["completions", "bash"])).unwrap();
    assert!(Command::new("bash").arg("-n").arg(scene.path("keiyaku.bash")).status().unwrap().success());
}

#[test]
fn a_reader_that_goes_is_no_failure() {
    let scene = Scene::new();
    scene.run(&["migrate"]);
    for arguments in [
        &["openapi"][..],
        &["completions", "bash"],
        &["man"],
        &["jobs", "stats"],
        &["queues", "list", "--json"],
        &["doctor"],
    ] {
        let mut child = scene.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0), "{arguments:?}: {ended:?}");
    }
}
