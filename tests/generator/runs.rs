//! When the generator runs, and what a person is told when it can't. Each test has a copy of the project to itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use crate::{checksum, document, generate};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of what generation reads and writes.
fn project() -> TempDir {
    let copy = TempDir::new().unwrap();
    for place in ["build", "generated", "openapi", "rustfmt.toml"] {
        for file in checksum::files(&Path::new(ROOT).join(place)).unwrap() {
            let target = copy.path().join(file.strip_prefix(ROOT).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(file, target).unwrap();
        }
    }
    copy
}

/// The generator that `make tools` installs. `make test` does that first.
pub fn generator() -> Option<PathBuf> {
    let installed = Path::new(ROOT).join(".tools/openapi-generator/bin/openapi-generator-cli");
    assert!(installed.exists(), "this test needs the generator: run  make tools");
    Some(installed)
}

fn nowhere() -> Option<PathBuf> {
    Some(PathBuf::from("/nowhere/openapi-generator-cli"))
}

fn edit(project: &TempDir, file: &str, change: impl FnOnce(String) -> String) {
    let file = project.path().join(file);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, change(text)).unwrap();
}

fn read(project: &TempDir, file: &str) -> String {
    fs::read_to_string(project.path().join(file)).unwrap()
}

#[test]
fn an_unchanged_project_needs_no_generator() {
    assert_eq!(generate::bring_up_to_date(project().path(), nowhere()), Ok(()));
}

#[test]
fn a_changed_contract_without_a_generator_fails_with_the_one_command() {
    let project = project();
    edit(&project, "openapi/openapi.yaml", |text| text + "# A remark.\n");
    let error = generate::bring_up_to_date(project.path(), nowhere()).unwrap_err();
    assert_eq!(
        error,
        "generated/ must be made anew, because this changed: openapi/openapi.yaml\n\
         OpenAPI Generator (/nowhere/openapi-generator-cli) is not installed.\n\
         This installs what is missing and generates:  make generate"
    );
}

#[cfg(unix)]
#[test]
fn a_generator_without_java_or_of_another_version_is_named_as_the_reason() {
    use std::os::unix::fs::PermissionsExt;

    for (script, reason) in [
        ("echo 'RuntimeError: java runtime is not found in PATH' >&2; exit 1", "finds no Java to run on"),
        ("echo 7.0.0", "is not version 7.26.0: it says \"7.0.0\""),
    ] {
        let project = project();
        edit(&project, "openapi/openapi.yaml", |text| text + "# A remark.\n");
        let fake = project.path().join("generator");
        fs::write(&fake, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
        let error = generate::bring_up_to_date(project.path(), Some(fake)).unwrap_err();
        assert!(error.contains(reason) && error.contains("make generate"), "{error}");
    }
}

#[test]
fn what_the_gate_refuses_never_reaches_the_generator() {
    let project = project();
    edit(&project, "openapi/openapi.yaml", |text| text.replace("operationId: getUser\n", "x-nothing: true\n"));
    let error = generate::bring_up_to_date(project.path(), nowhere()).unwrap_err();
    assert!(error.contains("#/paths/~1users~1{user_id}/get: `operationId` is missing"), "{error}");
}

#[test]
fn generating_from_nothing_gives_what_is_committed() {
    let project = project();
    fs::remove_dir_all(project.path().join("generated")).unwrap();
    generate::bring_up_to_date(project.path(), generator()).unwrap();
    for place in ["generated/checksum", "generated/openapi", "generated/sdk", "generated/server"] {
        for file in checksum::files(&Path::new(ROOT).join(place)).unwrap() {
            let name = file.strip_prefix(ROOT).unwrap().display().to_string();
            assert!(read(&project, &name) == fs::read_to_string(&file).unwrap(), "{name} is not what openapi/ gives");
        }
    }
}

#[test]
fn a_hand_edit_of_generated_code_is_undone() {
    let project = project();
    let before = read(&project, "generated/server/router.rs");
    edit(&project, "generated/server/router.rs", |text| text.replace("/health", "/healthy"));
    fs::write(project.path().join("generated/server/stale.rs"), "// Nobody makes this.\n").unwrap();
    generate::bring_up_to_date(project.path(), generator()).unwrap();
    assert_eq!(read(&project, "generated/server/router.rs"), before);
    assert!(!project.path().join("generated/server/stale.rs").exists());
}

#[test]
fn a_changed_template_regenerates_and_touches_only_what_changed() {
    let project = project();
    let modified = |file: &str| fs::metadata(project.path().join(file)).unwrap().modified().unwrap();
    let untouched = modified("generated/server/models.rs");
    edit(&project, "openapi/generator/rust-axum/router.mustache", |text| text.replace("The router", "The one router"));
    let start = SystemTime::now();
    generate::bring_up_to_date(project.path(), generator()).unwrap();
    assert!(read(&project, "generated/server/router.rs").contains("The one router"));
    assert_eq!(modified("generated/server/models.rs"), untouched);
    assert!(modified("generated/server/router.rs") < start, "or cargo takes it for an edit and compiles twice");
    assert_eq!(generate::bring_up_to_date(project.path(), nowhere()), Ok(()), "and now it is up to date");
}

#[test]
fn two_builds_at_once_both_end_with_the_same_files() {
    let project = project();
    fs::remove_file(project.path().join("generated/checksum")).unwrap();
    let results: Vec<_> = std::thread::scope(|scope| {
        let builds = [0, 1].map(|_| scope.spawn(|| generate::bring_up_to_date(project.path(), generator())));
        builds.into_iter().map(|build| build.join().unwrap()).collect()
    });
    assert_eq!(results, [Ok(()), Ok(())]);
    assert_eq!(generate::bring_up_to_date(project.path(), nowhere()), Ok(()));
}

#[test]
fn the_json_and_the_yaml_of_a_mode_say_the_same() {
    for mode in document::MODES {
        let folder = Path::new(ROOT).join("generated/openapi");
        let json = fs::read_to_string(folder.join(format!("{mode}.json"))).unwrap();
        let yaml = fs::read_to_string(folder.join(format!("{mode}.yaml"))).unwrap();
        let from_json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let bundled = document::of_mode(Path::new(ROOT), mode).unwrap();
        assert!(from_json == bundled, "{mode}.json");
        assert!(document::parse(&yaml).unwrap() == bundled, "{mode}.yaml");
    }
}
