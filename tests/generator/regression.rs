//! The server of the regression spec, which `tests/regression` compiles and talks to: what is committed must be what the
//! generator makes.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::runs::generator;
use crate::{checksum, document, gate, generate, hints, sdk};

const FOLDER: &str = "openapi/generator/tests";

/// Set this to put what is made in place.
const REFRESH: &str = "REFRESH_REGRESSION";

fn spec() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join("regression.yaml");
    document::parse(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_gate_lets_every_supported_construct_pass() {
    assert_eq!(gate::findings(&spec()), Vec::<String>::new());
}

#[test]
fn the_regression_server_is_what_the_generator_makes_of_its_spec() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (spec, scratch) = (spec(), TempDir::new().unwrap());
    generate::server(root, &generator().unwrap(), &spec, scratch.path()).unwrap();
    let made = scratch.path().join("out/server");
    fs::write(made.join("openapi.json"), document::to_json(&spec).unwrap()).unwrap();
    fs::write(made.join("openapi.yaml"), document::to_yaml(&spec).unwrap()).unwrap();
    let committed = root.join(FOLDER).join("generated");
    if env::var_os(REFRESH).is_some() {
        generate::put_in_place(&made, &committed).unwrap();
    }
    let contents = |folder: &Path| -> Vec<(String, String)> {
        let files = checksum::files(folder).unwrap();
        let name = |file: &Path| file.strip_prefix(folder).unwrap().display().to_string();
        files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
    };
    let (made, committed) = (contents(&made), contents(&committed));
    let differs: Vec<&str> = made.iter().filter(|file| !committed.contains(file)).map(|(name, _)| &**name).collect();
    let stale = made.len() != committed.len() || !differs.is_empty();
    assert!(!stale, "{differs:?} in {FOLDER}/generated: run  {REFRESH}=1 cargo test --test generator regression");
}

/// The spec with what the service writes for every problem, whatever a spec says of it; the SDKs read just that.
fn spec_of_sdks(root: &Path) -> Value {
    let mut spec = spec();
    let contract = document::of_mode(root, "default").unwrap();
    for name in ["Problem", "Violation", "ViolationIn"] {
        spec["components"]["schemas"][name] = contract["components"]["schemas"][name].clone();
    }
    spec
}

/// Runs a tool that the tests install, in a folder; what it says is the failure.
fn run(tool: &str, folder: &Path, arguments: &[&str]) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools").join(tool);
    assert!(program.exists(), "this test needs .tools/{tool}: run  make test-tools");
    let run = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

/// What each construct becomes in TypeScript is right at least for its compiler.
#[test]
fn the_sdk_of_the_regression_spec_compiles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (spec, scratch) = (spec_of_sdks(root), TempDir::new().unwrap());
    generate::typescript(root, &generator().unwrap(), &spec, &spec, scratch.path()).unwrap();
    run("sdk/node_modules/.bin/tsc", &scratch.path().join("out/sdk/typescript"), &["--project", "."]);
}

/// What each construct becomes in Python has types that hold together, and comes back as it was written.
#[test]
fn the_python_sdk_of_the_regression_spec_reads_what_it_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (spec, scratch) = (spec_of_sdks(root), TempDir::new().unwrap());
    generate::python(root, &generator().unwrap(), &spec, &spec, scratch.path()).unwrap();
    let package = scratch.path().join("out/sdk/python/src");
    run("sdk-python/bin/mypy", &package, &["--strict", "--python-version", "3.10", "--cache-dir", ".mypy", "keiyaku"]);
    run("sdk-python/bin/python", &package, &["-c", include_str!("round_trip.py")]);
}

/// The JSON pointers to every place in a document.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{}", escaped(name)), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// Whatever is written in a place, a person is told what is wrong with it, or the templates get their hints.
#[test]
fn no_document_is_too_strange_for_the_gate() {
    let spec = spec();
    let mut found = Vec::new();
    places(&spec, "", &mut found);
    let strange = [
        json!(null),
        json!(true),
        json!("kind"),
        json!([{"type": "null"}]),
        json!({"$ref": "#/components/schemas/Pet"}),
        json!({"$ref": "#/components/schemas/Nobody"}),
        json!({"type": "string", "enum": ["a"], "default": "b"}),
        json!({"allOf": [{"$ref": "#/components/schemas/Employee"}, {}]}),
    ];
    let itself = ("/components/schemas/Named/properties/name".to_owned(), strange.len() - 1);
    for (place, which) in
        found.into_iter().enumerate().map(|(index, place)| (place, index % strange.len())).chain([itself])
    {
        let mut document = spec.clone();
        *document.pointer_mut(&place).unwrap() = strange[which].clone();
        if gate::findings(&document).is_empty() {
            hints::annotate(&document);
            // It has an error of its own, for what the flexible document may not open.
            let _ = sdk::typescript::annotate(&document, &document);
            let _ = sdk::python::annotate(&document, &document);
        }
    }
}
