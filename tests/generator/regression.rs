//! The server of the regression spec, which `tests/regression` compiles and talks to: what is committed must be what the
//! generator makes.

use std::env;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::runs::generator;
use crate::{checksum, document, gate, generate};

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
