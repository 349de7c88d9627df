//! Components that contain themselves without a list or map in between: their Rust types need a `Box`, or no finite size
//! would fit them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{component_name, schemas, schemas_mut};
use crate::hints::{items, members};

/// Marks every property through which a component contains itself with `x-box`.
pub(super) fn mark(document: &mut Value) {
    let held: BTreeMap<String, Vec<String>> = schemas(document)
        .map(|(name, schema)| (name.to_owned(), held_by(schema).map(str::to_owned).collect()))
        .collect();
    for (owner, schema) in schemas_mut(document).into_iter().flatten() {
        for (_, property) in schema["properties"].as_object_mut().into_iter().flatten() {
            if component_name(property).is_some_and(|target| leads_to(&held, target, owner)) {
                property["x-box"] = json!(true);
            }
        }
    }
}

/// The components that a value of this schema holds in itself: those of its properties, the branches of a union, and what
/// an alias stands for.
fn held_by(schema: &Value) -> impl Iterator<Item = &str> {
    let properties = members(&schema["properties"]).map(|(_, property)| property);
    properties.chain(items(&schema["oneOf"])).chain([schema]).filter_map(component_name)
}

fn leads_to(held: &BTreeMap<String, Vec<String>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(name) = waiting.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            waiting.extend(held.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    false
}
