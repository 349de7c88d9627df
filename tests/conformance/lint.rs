//! Redocly's linter on the document of each mode, as `make lint-spec` runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keiyaku::contract::ValidationMode;

/// Whether the linter is content, and what it says.
fn lint(document: &Path) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join(".tools/redocly/node_modules/.bin/redocly");
    assert!(program.exists(), "Redocly's linter is not installed: run  make test-tools  first");
    let mut command = Command::new(program);
    command.arg("lint").arg("--config").arg(root.join("tests/conformance/redocly/redocly.yaml")).arg(document);
    command.envs([("REDOCLY_TELEMETRY", "off"), ("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")]);
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success() && !said.contains("warning was") && !said.contains("Warning was"), said)
}

fn of_mode(mode: ValidationMode) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("generated/openapi/{mode}.yaml"))
}

#[test]
fn the_document_of_every_mode_is_without_reproach() {
    for mode in ValidationMode::ALL {
        let (content, said) = lint(&of_mode(mode));
        assert!(content, "{mode}: {said}");
    }
}

/// The test above shows nothing otherwise.
#[test]
fn the_linter_notices_what_is_wrong() {
    let document = fs::read_to_string(of_mode(ValidationMode::Default)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (right, wrong) in [
        ("operationId: getUser\n", "operationId: listUsers\n"),
        ("summary: Read a user\n", "x-summary: Read a user\n"),
        ("minimum: 1\n", "minimum: one\n"),
        ("#/components/schemas/UserPatch", "#/components/schemas/UserPitch"),
    ] {
        assert!(document.contains(right), "{right:?} is not in the document");
        let changed = folder.path().join("openapi.yaml");
        fs::write(&changed, document.replacen(right, wrong, 1)).unwrap();
        let (content, said) = lint(&changed);
        assert!(!content, "{wrong:?} was not noticed: {said}");
    }
}
