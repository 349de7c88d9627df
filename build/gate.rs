//! Refuses what the templates would turn into a wrong Rust type or a wrong decoding.
//!
//! Each finding names the construct and its JSON pointer, and all of them come at once. A keyword that only the
//! run-time validators judge needs no entry here.

use std::collections::HashSet;

use serde_json::Value;

use crate::hints::{self, items, lookup, members};
use crate::lower::{self, all_of};
use crate::rust_type::{Schemas, pascal_case};

#[path = "gate/compositions.rs"]
mod compositions;
#[path = "gate/operations.rs"]
mod operations;
#[path = "gate/schemas.rs"]
mod schemas;
#[path = "gate/sdk.rs"]
mod sdk;

/// Everything in `document` that the generator cannot do right, as sentences for the person who wrote it.
pub fn findings(document: &Value) -> Vec<String> {
    let mut gate = Gate { document, findings: Vec::new() };
    gate.skeleton();
    // In a document that is none, the rest would only say so again and again.
    if !gate.findings.is_empty() {
        return gate.findings;
    }
    gate.components();
    gate.operations();
    gate.job_types();
    gate.closed_requests();
    gate.events();
    gate.payload_members();
    // What is made of a document is looked at once the document itself is right.
    if gate.findings.is_empty() {
        gate.lowered();
    }
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

    /// The parts that everything else is found in.
    fn skeleton(&mut self) {
        let document = self.document;
        let known = document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1."));
        self.refuse_if(!known, "/openapi", "must be 3.1.x");
        for pointer in ["", "/paths", "/components", "/components/schemas"] {
            let wrong = document.pointer(pointer).is_none_or(|part| !part.is_object());
            self.refuse_if(wrong, pointer, "must be an object");
        }
        for (path, item) in members(&document["paths"]) {
            let place = format!("/paths/{}", escape(path));
            self.refuse_if(!item.is_object(), &place, "must be an object");
            self.refuse_if(item["$ref"].is_string(), &place, "`$ref` of a whole path is not supported");
        }
        for (path, method, operation) in hints::operations(document) {
            let place = format!("/paths/{}/{method}", escape(path));
            self.refuse_if(!operation.is_object(), &place, "must be an object");
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
            let letter = identifier.trim_start_matches("r#").starts_with(|first: char| first.is_alphabetic());
            let valid = letter && identifier != "Self";
            self.refuse_if(
                !valid,
                pointer,
                format!("`{name}` gives no Rust name; begin it with a letter, and don't call it self"),
            );
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
        let mut reachable = Vec::new();
        lower::request_schemas(document).for_each(|schema| collect_references(document, schema, &mut reachable));
        for name in reachable {
            let schema = &document["components"]["schemas"][name];
            let place = format!("/components/schemas/{}", escape(name));
            let parts = all_of::parts(document, schema);
            if schema["allOf"].is_array() {
                let open = parts.iter().any(|part| part["additionalProperties"] == true);
                let said = open || schema["unevaluatedProperties"].is_boolean();
                self.refuse_if(!said, &place, "is part of a request: say `unevaluatedProperties: true` or `false`");
            } else {
                let unsaid = schema["properties"].is_object() && !schema["additionalProperties"].is_boolean();
                self.refuse_if(unsaid, &place, "is part of a request: say `additionalProperties: true` or `false`");
            }
        }
    }

    /// Names that are made up must be free, and defaults must be values in Rust.
    fn lowered(&mut self) {
        let lowered = lower::lower(self.document);
        lowered.clashes.iter().for_each(|clash| self.refuse("/components/schemas", clash));
        for (_, _, operation) in hints::operations(self.document) {
            let id = pascal_case(operation["operationId"].as_str().unwrap_or_default());
            for suffix in ["PathParams", "QueryParams", "HeaderParams"] {
                let taken = lowered.document["components"]["schemas"].get(format!("{id}{suffix}")).is_some();
                self.refuse_if(taken, "/components/schemas", format!("`{id}{suffix}` is taken by an operation's type"));
            }
        }
        self.sdk_names(&lowered.document);
        let schemas = Schemas::of(&lowered.document);
        for (owner, schema) in members(&lowered.document["components"]["schemas"]) {
            for (name, property) in members(&schema["properties"]) {
                let default = schemas.default(property);
                let literal = default.map(|default| schemas.literal(property, default));
                let place = format!("/components/schemas/{}/properties/{}", escape(owner), escape(name));
                let why =
                    "this `default` is no value of its type; only plain values, enums and lists of those have one";
                self.refuse_if(literal == Some(None), &place, why);
            }
        }
    }
}

/// The names of the component schemas that `schema` leads to, each once. The branches of `allOf` are no values of their
/// own, so they don't count.
fn collect_references<'a>(document: &'a Value, schema: &'a Value, found: &mut Vec<&'a str>) {
    match lower::component_name(schema) {
        Some(name) if found.contains(&name) => {}
        Some(name) => {
            found.push(name);
            for part in all_of::parts(document, &document["components"]["schemas"][name]) {
                lower::values_in(part).for_each(|inner| collect_references(document, inner, found));
            }
        }
        None => lower::values_in(schema).for_each(|inner| collect_references(document, inner, found)),
    }
}

/// A name as a part of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The strings of an array.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    items(value).filter_map(Value::as_str)
}
