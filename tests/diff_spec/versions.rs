//! Whether the version allows what breaks, and what cannot be compared.

use super::{Run, compare, merge, plain};

fn document(version: &str, change: &str) -> String {
    let mut document = plain();
    document["info"]["version"] = version.into();
    merge(&mut document, &serde_json::from_str(change).unwrap());
    document.to_string()
}

/// From one version to another, together with a change that breaks something.
fn breaking(old: &str, new: &str) -> Run {
    compare(&document(old, "{}"), &document(new, r#"{"paths": {"/things": null}}"#))
}

#[test]
fn what_breaks_needs_a_new_major_version() {
    for (old, new) in [("1.2.3", "2.0.0"), ("1.2.3", "2.0.0-rc.1"), ("0.9.0", "1.0.0"), ("0.1.0", "0.2.0")] {
        breaking(old, new).assert(0, &["1 change breaks clients", &format!("it was {old} and is {new}")]);
    }
    for (old, new, next) in [
        ("1.2.3", "1.2.3", "2.0.0"),
        ("1.2.3", "1.3.0", "2.0.0"),
        ("1.2.3", "0.9.0", "2.0.0"),
        ("0.1.0", "0.1.1", "0.2.0"),
        ("0.1.0", "0.1.0", "0.2.0"),
    ] {
        breaking(old, new).assert(1, &[&format!("make it {next}")]);
    }
}

#[test]
fn what_breaks_nobody_needs_no_new_version() {
    let added = r#"{"paths": {"/more": {"get": {"responses": {"204": {}}}}}}"#;
    compare(&document("1.0.0", "{}"), &document("1.0.0", added)).assert(0, &["Nothing breaks", "operation is new"]);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let good = document("1.0.0", "{}");
    compare(&good, "{").assert(2, &["new.json is no JSON"]);
    compare(&good, "[]").assert(2, &["new.json is no document of OpenAPI 3.1"]);
    compare(&good, r#"{"openapi": "3.0.3"}"#).assert(2, &["new.json is no document of OpenAPI 3.1"]);
    compare(&good, &document("one", "{}")).assert(2, &["info.version is 'one'", "1.2.3"]);
    let dangling =
        r##"{"paths": {"/things": {"post": {"requestBody": {"$ref": "#/components/requestBodies/None"}}}}}"##;
    compare(&good, &document("1.0.0", dangling)).assert(2, &["'#/components/requestBodies/None' leads nowhere"]);
}
