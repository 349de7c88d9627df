//! Schemas without a name that Rust needs one for: an enum in place is called after its owner and itself, `Cat` and
//! `kind` give `CatKind`. A choice between a reference and `null` becomes a reference that may be null.

use serde_json::{Value, json};

use super::Lowered;
use crate::hints::{items, operations, resolve};
use crate::rust_type::{is_nullable, pascal_case, type_name};

/// Names what has none.
pub(super) fn name(lowered: &mut Lowered) {
    let mut found = Vec::new();
    for (owner, schema) in super::schemas_mut(&mut lowered.document).into_iter().flatten() {
        if let Some(value) = schema["const"].as_str() {
            schema["enum"] = json!([value]);
        }
        for (keyword, name) in [("items", "item"), ("additionalProperties", "value")] {
            if schema[keyword].is_object() {
                hoist(&mut schema[keyword], owner, name, &mut found);
            }
        }
        for (name, property) in schema["properties"].as_object_mut().into_iter().flatten() {
            hoist(property, owner, name, &mut found);
        }
    }
    name_parameters(&mut lowered.document, &mut found);
    for (name, schema, why) in found {
        lowered.add(&name, schema, &why);
    }
}

/// Parameters are written into their operation, which gives their enums the name.
fn name_parameters(document: &mut Value, found: &mut Vec<(String, Value, String)>) {
    let copy = document.clone();
    for (path, method, operation) in operations(&copy) {
        let mut parameters: Vec<Value> = parameters(&copy, path, operation).into_iter().cloned().collect();
        let owner = pascal_case(operation["operationId"].as_str().unwrap_or_default());
        for parameter in &mut parameters {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            hoist(&mut parameter["schema"], &owner, &name, found);
        }
        document["paths"][path][method]["parameters"] = Value::Array(parameters);
    }
}

/// An operation's parameters: those of its path that it doesn't replace, and its own.
pub fn parameters<'a>(document: &'a Value, path: &str, operation: &'a Value) -> Vec<&'a Value> {
    let resolved = |list: &'a Value| items(list).map(|parameter| resolve(document, parameter));
    let own: Vec<&Value> = resolved(&operation["parameters"]).collect();
    let replaces = |shared: &Value| own.iter().any(|own| own["name"] == shared["name"] && own["in"] == shared["in"]);
    let inherited = resolved(&document["paths"][path]["parameters"]).filter(|shared| !replaces(shared));
    inherited.chain(own.iter().copied()).collect()
}

/// Puts a reference in the place of an enum, here or in a list or map of them.
fn hoist(schema: &mut Value, owner: &str, name: &str, found: &mut Vec<(String, Value, String)>) {
    if let Some(target) = or_null(schema).cloned() {
        schema.as_object_mut().map(|schema| schema.shift_remove("oneOf").or(schema.shift_remove("anyOf")));
        schema["$ref"] = target["$ref"].clone();
        schema["x-null"] = json!(true);
    } else if is_enum(schema) {
        let title = owner.to_owned() + &pascal_case(name);
        let values = match &schema["enum"] {
            Value::Array(values) => values.clone(),
            _ => vec![schema["const"].clone()],
        };
        let description = format!("The values of `{name}` in `{owner}`.");
        let component = json!({"type": schema["type"], "enum": values, "description": description});
        let mut reference = super::reference(&title);
        for kept in ["description", "default", "readOnly", "writeOnly"] {
            if let Some(value) = schema.get(kept) {
                reference[kept] = value.clone();
            }
        }
        *schema = reference;
        found.push((title, component, format!("the enum in place at `{name}` of `{owner}`")));
    } else {
        for inner in ["items", "additionalProperties"] {
            if schema[inner].is_object() {
                hoist(&mut schema[inner], owner, name, found);
            }
        }
    }
}

/// Whether a schema is an enum of strings, or the one string that it may be.
pub fn is_enum(schema: &Value) -> bool {
    type_name(schema) == "string" && (schema["enum"].is_array() || schema["const"].is_string())
}

/// Whether a schema, or a list or map of such, would be given a name where it can be.
pub fn has_unnamed(schema: &Value) -> bool {
    let inner = [schema.get("items"), schema.get("additionalProperties")];
    is_enum(schema) || or_null(schema).is_some() || inner.into_iter().flatten().any(has_unnamed)
}

/// The reference in a choice between one and `null`, which is how OpenAPI 3.1 writes that a component may be missing.
pub fn or_null(schema: &Value) -> Option<&Value> {
    let choice = ["oneOf", "anyOf"].into_iter().find_map(|keyword| schema[keyword].as_array())?;
    let null = |branch: &Value| branch["type"] == "null";
    match choice.as_slice() {
        [one, other] if null(other) && one["$ref"].is_string() => Some(one),
        [other, one] if null(other) && one["$ref"].is_string() => Some(one),
        _ => None,
    }
}

/// Whether a schema in place lets a value be `null`.
pub fn allows_null(schema: &Value) -> bool {
    is_nullable(schema) || schema["x-null"] == true || or_null(schema).is_some()
}
