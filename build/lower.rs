//! Writes what the templates have no notion of in words that they have.
//!
//! What comes out is the input of [`hints`](crate::hints) and nothing else: the documents that are served and enforced
//! stay as their author wrote them. A document that has not passed the gate is lowered too, to something; the gate itself
//! asks which names that would take.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::hints::{items, members, resolve};

#[path = "lower/all_of.rs"]
pub mod all_of;
#[path = "lower/boxes.rs"]
mod boxes;
#[path = "lower/directions.rs"]
mod directions;
#[path = "lower/in_place.rs"]
pub mod in_place;

/// A document that needs no more than objects, enums, tagged unions, lists, maps and plain values.
pub struct Lowered {
    /// What the templates are given.
    pub document: Value,
    /// The names that were given to schemas without one although something else has them, each with the reason.
    pub clashes: Vec<String>,
}

/// Lowers a document.
pub fn lower(document: &Value) -> Lowered {
    let mut lowered = Lowered { document: document.clone(), clashes: Vec::new() };
    all_of::flatten(&mut lowered.document);
    in_place::name(&mut lowered);
    directions::split(&mut lowered);
    boxes::mark(&mut lowered.document);
    lowered
}

impl Lowered {
    /// Adds a component that the contract has not written down.
    fn add(&mut self, name: &str, schema: Value, why: &str) {
        let schemas = &mut self.document["components"]["schemas"];
        if schemas.get(name).is_some() {
            self.clashes.push(format!("{why} is called `{name}` in Rust, and so is something else"));
        } else {
            schemas[name] = schema;
        }
    }
}

/// The component schemas.
fn schemas(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    members(&document["components"]["schemas"])
}

fn schemas_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}

/// The component that a reference names.
pub fn component_name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// A reference to a component.
fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The schemas inside a schema, one level down.
pub fn inner(schema: &Value) -> impl Iterator<Item = &Value> {
    values_in(schema).chain(items(&schema["allOf"]))
}

/// Those of them that describe a value of its own.
pub fn values_in(schema: &Value) -> impl Iterator<Item = &Value> {
    let branches = items(&schema["oneOf"]).chain(items(&schema["anyOf"]));
    let properties = members(&schema["properties"]).map(|(_, property)| property);
    properties.chain(branches).chain(schema.get("items")).chain(schema.get("additionalProperties"))
}

/// Adds the names of the components that `schema` leads to.
pub fn reachable<'a>(document: &'a Value, schema: &'a Value, found: &mut BTreeSet<&'a str>) {
    if let Some(name) = component_name(schema)
        && found.insert(name)
    {
        reachable(document, &document["components"]["schemas"][name], found);
    }
    inner(schema).for_each(|inner| reachable(document, inner, found));
}

/// The schemas that clients send: bodies, parameters and payloads of jobs.
pub fn request_schemas(document: &Value) -> impl Iterator<Item = &Value> {
    let of_operations = crate::hints::operations(document).flat_map(move |(path, _, operation)| {
        let parameters = items(&document["paths"][path]["parameters"]).chain(items(&operation["parameters"]));
        let body = resolve(document, &operation["requestBody"]);
        let bodies = members(&body["content"]).map(|(_, media)| &media["schema"]);
        parameters.map(move |parameter| &resolve(document, parameter)["schema"]).chain(bodies)
    });
    of_operations.chain(members(&document["x-job-types"]).map(|(_, job)| &job["payload"]))
}

/// The schemas that clients are sent: the contents of responses, and the data of events.
fn answer_schemas(document: &Value) -> impl Iterator<Item = &Value> {
    crate::hints::operations(document)
        .flat_map(|(_, _, operation)| members(&operation["responses"]))
        .flat_map(move |(_, response)| members(&resolve(document, response)["content"]))
        .flat_map(|(_, media)| members(&media["x-events"]).map(|(_, data)| data).chain([&media["schema"]]))
}
