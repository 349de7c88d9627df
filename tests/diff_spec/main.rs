//! `make diff-spec`: what of the contract changed since a revision, and whom it breaks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod repository;
mod versions;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a command did.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Run {
    #[track_caller]
    fn assert(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        for text in says {
            let found = self.out.contains(text) || self.err.contains(text);
            assert!(found, "this should say {text:?}:\n{}{}", self.out, self.err);
        }
    }
}

/// Compares two texts, as documents.
fn compare(old: &str, new: &str) -> Run {
    let folder = TempDir::new().unwrap();
    let files = [("old.json", old), ("new.json", new)].map(|(name, text)| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    });
    let program = Path::new(ROOT).join("openapi/diff");
    Command::new("python3").arg(program).arg("--files").args(files).output().unwrap().into()
}

/// A document with one operation, to change.
fn plain() -> Value {
    serde_json::json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {"/things": {"post": {
            "operationId": "make",
            "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}},
            "responses": {"200": {"description": "Made.", "content": {"application/json": {"schema": {}}}}},
        }}},
    })
}

/// Puts `change` on top, as a merge patch does, so null takes something out.
fn merge(target: &mut Value, change: &Value) {
    let Value::Object(members) = change else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    for (name, value) in members {
        match value {
            Value::Null => drop(target.as_object_mut().unwrap().remove(name)),
            value => merge(&mut target[name], value),
        }
    }
}
