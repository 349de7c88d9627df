//! Refuses what the templates would turn into a wrong Rust type or a wrong decoding.
//!
//! Each finding names the construct and its JSON pointer, and all of them come at once. A keyword that only the
//! run-time validators judge needs no entry here.

use std::collections::HashSet;

use serde_json::Value;

use crate::hints::{items, lookup, members};

#[path = "gate/operations.rs"]
mod operations;
#[path = "gate/schemas.rs"]
mod schemas;

/// Everything in `document` that the generator cannot do right, as sentences for the person who wrote it.
pub fn findings(document: &Value) -> Vec<String> {
    let mut gate = Gate { document, findings: Vec::new() };
    gate.components();
    gate.operations();
    gate.job_types();
    gate.closed_requests();
    gate.findings
}

struct Gate<'a> {
    document: &'a Value,
    findings: Vec<String>,
}

impl<'a> Gate<'a> {
    fn refuse(&mut self, pointer: &str, why: impl AsRef<str>) {
        self.findings.push(format!("#{pointer}: {}", why.as_ref()));
    }

    fn refuse_if(&mut self, wrong: bool, pointer: &str, why: impl AsRef<str>) {
        if wrong {
            self.refuse(pointer, why);
        }
    }

    /// Follows a reference of any kind; one that leads nowhere is refused.
    fn follow(&mut self, value: &'a Value, pointer: &str) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else {
            return value;
        };
        match lookup(self.document, reference).filter(|target| !target["$ref"].is_string()) {
            Some(target) => target,
            None => {
                self.refuse(pointer, format!("`$ref: {reference}` must lead to a component of this document"));
                &Value::Null
            }
        }
    }

    /// Two names of the contract must not become one name in Rust.
    fn distinct<'n>(&mut self, names: impl Iterator<Item = &'n str>, rust: fn(&str) -> String, pointer: &str) {
        let mut seen = HashSet::new();
        for name in names {
            let identifier = rust(name);
            let valid = identifier.trim_start_matches("r#").starts_with(|first: char| first.is_alphabetic());
            self.refuse_if(!valid, pointer, format!("`{name}` gives no Rust name; begin it with a letter"));
            // Names end up inside string literals.
            let plain = !name.contains(['"', '\\']) && !name.contains(char::is_control);
            self.refuse_if(!plain, pointer, format!("`{}` has a character that no name needs", name.escape_debug()));
            let fresh = seen.insert(identifier.clone());
            self.refuse_if(!fresh, pointer, format!("`{name}` and another name are both `{identifier}` in Rust"));
        }
    }

    fn job_types(&mut self) {
        let document = self.document;
        for (name, job) in members(&document["x-job-types"]) {
            let place = format!("/x-job-types/{}", escape(name));
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            self.refuse_if(!plain, &place, "a job type is named in snake_case");
            self.refuse_if(!job["description"].is_string(), &place, "`description` is missing");
            let place = format!("{place}/payload");
            let payload = self.is_model(&job["payload"]);
            self.refuse_if(!payload, &place, "must be a `$ref` to a component that is an object with `properties`");
        }
    }

    /// What clients send must say whether it is open: left out, JSON Schema takes any member, and the model would
    /// silently drop it.
    fn closed_requests(&mut self) {
        let document = self.document;
        let bodies = crate::hints::operations(document).flat_map(|(_, _, operation)| {
            let body = crate::hints::resolve(document, &operation["requestBody"]);
            members(&body["content"]).map(|(_, media)| &media["schema"])
        });
        let payloads = members(&document["x-job-types"]).map(|(_, job)| &job["payload"]);
        let mut reachable = Vec::new();
        bodies.chain(payloads).for_each(|schema| collect_references(document, schema, &mut reachable));
        for name in reachable {
            let schema = &document["components"]["schemas"][name];
            let unsaid = schema["properties"].is_object() && !schema["additionalProperties"].is_boolean();
            let place = format!("/components/schemas/{}", escape(name));
            self.refuse_if(unsaid, &place, "is part of a request: say `additionalProperties: true` or `false`");
        }
    }
}

/// The names of the component schemas that `schema` leads to, each once.
fn collect_references<'a>(document: &'a Value, schema: &'a Value, found: &mut Vec<&'a str>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.strip_prefix("#/components/schemas/")) {
        if !found.contains(&name) {
            found.push(name);
            collect_references(document, &document["components"]["schemas"][name], found);
        }
        return;
    }
    let properties = members(&schema["properties"]).map(|(_, property)| property);
    properties
        .chain(schema.get("items"))
        .chain(schema.get("additionalProperties"))
        .for_each(|inner| collect_references(document, inner, found));
}

/// A name as a part of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The strings of an array.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    items(value).filter_map(Value::as_str)
}
