//! The contract and the document of each validation mode.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::overlay;

/// The modes: the contract as it is, and as each overlay changes it.
pub const MODES: [&str; 3] = ["default", "flexible", "strict"];

/// The document of `mode`: `openapi.yaml`, changed by `overlays/{mode}.yaml` unless the mode is the default.
pub fn of_mode(root: &Path, mode: &str) -> Result<Value, String> {
    let mut document = read(&root.join("openapi/openapi.yaml"))?;
    if mode != "default" {
        let file = root.join(format!("openapi/overlays/{mode}.yaml"));
        overlay::apply(&mut document, &read(&file)?).map_err(|reason| format!("{}: {reason}", file.display()))?;
    }
    Ok(document)
}

/// Reads a YAML file as JSON: members keep their order, integers stay exact.
fn read(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    parse(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Parses YAML 1.2: only `true` and `false` are booleans, so that an enum may hold a bare `on` or `no`.
pub fn parse(yaml: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| error.to_string())
}

/// Writes a document as YAML.
pub fn to_yaml(document: &Value) -> Result<String, String> {
    serde_saphyr::to_string(document).map_err(|error| format!("cannot write YAML: {error}"))
}

/// Writes a document as JSON for people to read and for git to compare.
pub fn to_json(document: &Value) -> Result<String, String> {
    let json = serde_json::to_string_pretty(document).map_err(|error| format!("cannot write JSON: {error}"))?;
    Ok(json + "\n")
}
