//! `allOf` of objects: one object with the members of all.

use serde_json::{Map, Value, json};

use super::{schemas, schemas_mut};
use crate::hints::{items, members, resolve};

/// References deeper than that go in a circle, which the gate refuses.
const DEPTH: usize = 16;

/// Replaces every component that is composed by the object that it comes to.
pub(super) fn flatten(document: &mut Value) {
    let composed: Vec<(String, Value)> = schemas(document)
        .filter(|(_, schema)| schema["allOf"].is_array())
        .map(|(name, schema)| (name.to_owned(), flattened(document, schema)))
        .collect();
    if let Some(schemas) = schemas_mut(document) {
        schemas.extend(composed);
    }
}

/// The object that a schema comes to; a schema without `allOf` is one already.
pub fn flattened(document: &Value, schema: &Value) -> Value {
    let schema = resolve(document, schema);
    let parts = parts(document, schema);
    let mut flat = schema.clone();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in &parts {
        for (name, property) in members(&part["properties"]) {
            properties.entry(name).or_insert_with(|| property.clone());
        }
        required.extend(items(&part["required"]).cloned());
    }
    let open = schema["unevaluatedProperties"] == true || parts.iter().any(|part| part["additionalProperties"] == true);
    if let Some(flat) = flat.as_object_mut() {
        flat.shift_remove("allOf");
        flat.shift_remove("unevaluatedProperties");
    }
    flat["type"] = json!("object");
    flat["properties"] = Value::Object(properties);
    flat["required"] = Value::Array(required);
    flat["additionalProperties"] = json!(open);
    flat
}

/// Everything that a composed schema consists of: the branches, theirs, and last itself.
pub fn parts<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    fn collect<'a>(document: &'a Value, schema: &'a Value, depth: usize, parts: &mut Vec<&'a Value>) {
        let schema = resolve(document, schema);
        if depth > 0 {
            items(&schema["allOf"]).for_each(|branch| collect(document, branch, depth - 1, parts));
        }
        parts.push(schema);
    }
    let mut parts = Vec::new();
    collect(document, schema, DEPTH, &mut parts);
    parts
}
