//! The TypeScript SDK as those who install it have it: the package is built, installed, compiled against with the strictest
//! options, and talks to the real service.
//!
//! The tests themselves are TypeScript, in tests/sdk; here they are compiled and run. `types.ts` has the types to be
//! accepted and refused, so it is done when it compiles.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

#[allow(dead_code, reason = "the tests need only the list of files")]
#[path = "../build/checksum.rs"]
mod checksum;
#[path = "sdk/package.rs"]
mod package;

use package::{copy, run, write_snippets};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every file with tests is run by a test here.
const RUN: [&str; 5] = ["parser", "retry", "service", "size", "stream"];

/// The folder with the compiled tests, or why there is none, which every test then says.
static COMPILED: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let tools = Path::new(ROOT).join(".tools/sdk/node_modules");
    if !tools.exists() {
        return Err("this test needs the TypeScript compiler: run  make test-tools".to_owned());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk");
    // The first time there is none.
    let _ = fs::remove_dir_all(&folder);
    let package = folder.join("node_modules/@keiyaku/sdk");
    copy(&Path::new(ROOT).join("generated/sdk/typescript"), &package);
    copy(&Path::new(ROOT).join("tests/sdk"), &folder);
    for name in ["@types", "esbuild"] {
        std::os::unix::fs::symlink(tools.join(name), folder.join("node_modules").join(name)).unwrap();
    }
    write_snippets(&package.join("README.md"), ("ts", "ts"), &folder, "example-readme-");
    write_snippets(&Path::new(ROOT).join("docs/sdks.md"), ("ts", "ts"), &folder, "example-docs-");
    for project in [&package, &folder] {
        run(Command::new(tools.join(".bin/tsc")).arg("--project").arg(project))?;
    }
    Ok(folder.join("compiled"))
});

fn run_tests(name: &str) {
    assert!(RUN.contains(&name));
    let mut node = Command::new("node");
    node.arg("--test").env("KEIYAKU_BIN", env!("CARGO_BIN_EXE_keiyaku"));
    let done = COMPILED.clone().and_then(|folder| run(node.arg(folder.join(format!("{name}.test.js")))));
    done.unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn every_file_with_tests_is_run() {
    let mut files: Vec<String> = fs::read_dir(Path::new(ROOT).join("tests/sdk"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".test.ts").map(str::to_owned))
        .collect();
    files.sort();
    assert_eq!(files, RUN);
}

#[test]
fn event_streams_are_parsed_wherever_they_are_cut() {
    run_tests("parser");
}

#[test]
fn what_can_be_repeated_is_repeated_as_the_service_asks() {
    run_tests("retry");
}

#[test]
fn the_service_is_spoken_to_in_its_own_types() {
    run_tests("service");
}

#[test]
fn a_bundle_has_only_what_it_uses() {
    run_tests("size");
}

#[test]
fn streams_of_events_go_on_after_a_break() {
    run_tests("stream");
}
