//! The Python SDK as those who install it have it: the wheel is built, installed into an environment of its own, checked with
//! `mypy --strict`, and talks to the real service.
//!
//! The tests themselves are Python, in tests/sdk-python. Those in `_async` are run twice: for the client without `async` they
//! are made into what that client itself is made into. `accepted.py` has the types to be accepted and refused.

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
#[path = "../build/sdk/python/twin.rs"]
mod twin;

use package::{copy, run, write_snippets};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The oldest Python that the package is for.
const OLDEST: &str = "3.10";

/// The folder with the tests and the environment that they run in, or why there is none, which every test then says.
static INSTALLED: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let tools = tools();
    if !tools.join("installed").exists() {
        return Err("this test needs mypy, pytest and httpx: run  make test-tools".to_owned());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk-python");
    // The first time there is none.
    let _ = fs::remove_dir_all(&folder);
    let (package, tests) = (folder.join("package"), folder.join("tests"));
    copy(&Path::new(ROOT).join("generated/sdk/python"), &package);
    copy(&Path::new(ROOT).join("tests/sdk-python"), &tests);
    twin::write(&tests).unwrap();
    write_snippets(&package.join("README.md"), ("python", "py"), &tests, "example_readme_");
    write_snippets(&Path::new(ROOT).join("docs/sdks.md"), ("python", "py"), &tests, "example_docs_");
    let python = tools.join("bin/python");
    run(Command::new(&python)
        .args(["-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir"])
        .arg(&folder)
        .arg(&package))?;
    run(Command::new(&python).args(["-m", "venv"]).arg(folder.join("venv")))?;
    let wheel =
        checksum::files(&folder).unwrap().into_iter().find(|file| file.extension().is_some_and(|end| end == "whl"));
    run(Command::new(folder.join("venv/bin/python"))
        .args(["-m", "pip", "install", "--no-index", "--find-links"])
        .arg(tools.join("wheels"))
        .arg(wheel.ok_or("there is no wheel")?)
        .args(["pytest", "trio"]))?;
    Ok(folder)
});

fn tools() -> PathBuf {
    Path::new(ROOT).join(".tools/sdk-python")
}

/// Runs something in the folder with the tests.
fn check(command: impl FnOnce(&Path) -> Command) {
    let done = INSTALLED.clone().and_then(|folder| {
        let mut command = command(&folder);
        run(command.current_dir(folder.join("tests")).env("KEIYAKU_BIN", env!("CARGO_BIN_EXE_keiyaku")))
    });
    done.unwrap_or_else(|reason| panic!("{reason}"));
}

fn pytest(files: &'static [&str]) {
    check(|folder| {
        let mut pytest = Command::new(folder.join("venv/bin/python"));
        pytest.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--import-mode=importlib"]).args(files);
        pytest.env("PYTHONPATH", folder.join("tests"));
        pytest
    });
}

#[test]
fn every_file_with_tests_is_run() {
    let tests = Path::new(ROOT).join("tests/sdk-python");
    let mut files: Vec<String> = checksum::files(&tests)
        .unwrap()
        .iter()
        .filter_map(|file| Some(file.strip_prefix(&tests).ok()?.to_str()?.to_owned()))
        .filter(|file| file.contains("test_"))
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["_async/test_retry.py", "_async/test_service.py", "_async/test_stream.py", "test_parser.py", "test_readme.py"]
    );
}

#[test]
fn types_accept_what_is_right_and_refuse_what_is_not() {
    for version in [OLDEST, "3.13"] {
        check(|folder| {
            let mut mypy = Command::new(tools().join("bin/mypy"));
            mypy.args(["--strict", "--explicit-package-bases", "--python-version", version, "--python-executable"]);
            mypy.arg(folder.join("venv/bin/python")).args([".", "../package/src/keiyaku"]);
            mypy
        });
    }
}

#[test]
fn the_package_is_as_a_linter_wants_it() {
    check(|_| {
        let mut ruff = Command::new(tools().join("bin/ruff"));
        ruff.args(["check", "--no-cache", "../package"]);
        ruff
    });
}

#[test]
fn event_streams_are_parsed_wherever_they_are_cut() {
    pytest(&["test_parser.py"]);
}

#[test]
fn what_can_be_repeated_is_repeated_as_the_service_asks() {
    pytest(&["_async/test_retry.py", "_sync/test_retry.py"]);
}

#[test]
fn the_service_is_spoken_to_in_its_own_types() {
    pytest(&["_async/test_service.py", "_sync/test_service.py"]);
}

#[test]
fn streams_of_events_go_on_after_a_break() {
    pytest(&["_async/test_stream.py", "_sync/test_stream.py"]);
}

#[test]
fn the_examples_of_the_readme_run() {
    pytest(&["test_readme.py"]);
}
