//! `readOnly` and `writeOnly`: what clients may not send is not in the types of requests, and what they may not be sent
//! is not in the types of answers, so that no handler can read the one or give away the other.
//!
//! A component that is part of both has two types where they differ: `Account` in answers, `AccountRequest` in requests.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Lowered, answer_schemas, component_name, inner, reachable, reference, request_schemas, schemas_mut};
use crate::hints::{items, members, operations, resolve};

/// Takes from each component what its direction may not carry.
pub(super) fn split(lowered: &mut Lowered) {
    let original = lowered.document.clone();
    let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
    request_schemas(&original).for_each(|schema| reachable(&original, schema, &mut sent));
    answer_schemas(&original).for_each(|schema| reachable(&original, schema, &mut received));
    let both: BTreeSet<&str> = sent.intersection(&received).copied().filter(|name| differs(&original, name)).collect();
    for (name, schema) in super::schemas(&original) {
        let mut request = schema.clone();
        refer_to_requests(&mut request, &both);
        remove(&mut request, "readOnly");
        if both.contains(name) {
            let description = request["description"].as_str().unwrap_or_default();
            request["description"] = format!("`{name}` as clients send it. {description}").into();
            lowered.add(&in_requests(name), request, &format!("`{name}` as a part of requests"));
        } else if sent.contains(name)
            && let Some(schemas) = schemas_mut(&mut lowered.document)
        {
            schemas[name] = request;
            continue;
        }
        if let Some(schemas) = schemas_mut(&mut lowered.document) {
            remove(&mut schemas[name], "writeOnly");
        }
    }
    rewire(&mut lowered.document, &original, &both);
}

/// What a component that is also part of answers is called in requests.
fn in_requests(name: &str) -> String {
    format!("{name}Request")
}

/// Whether requests and answers see different members anywhere below a component.
fn differs(document: &Value, name: &str) -> bool {
    let mut below = BTreeSet::from([name]);
    let schema = &document["components"]["schemas"][name];
    inner(schema).for_each(|inner| reachable(document, inner, &mut below));
    let one_way = |property: &Value| property["readOnly"] == true || property["writeOnly"] == true;
    below.iter().any(|name| {
        members(&document["components"]["schemas"][*name]["properties"]).any(|(_, property)| one_way(property))
    })
}

/// Takes out the properties that are marked with `keyword`.
fn remove(schema: &mut Value, keyword: &str) {
    let marked: Vec<String> = members(&schema["properties"])
        .filter(|(_, property)| property[keyword] == true)
        .map(|(name, _)| name.to_owned())
        .collect();
    if marked.is_empty() {
        return;
    }
    let is_marked = |name: &str| marked.iter().any(|marked| marked == name);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !is_marked(name));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !name.as_str().is_some_and(is_marked));
    }
}

/// Points every reference below `schema` to what requests call its target.
fn refer_to_requests(schema: &mut Value, both: &BTreeSet<&str>) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(|inner| refer_to_requests(inner, both));
            if let Some(name) = component_name(schema).filter(|name| both.contains(name)).map(in_requests) {
                schema["$ref"] = reference(&name)["$ref"].clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| refer_to_requests(inner, both)),
        _ => {}
    }
}

/// Writes bodies, parameters and payloads in place, with the types of requests.
fn rewire(document: &mut Value, original: &Value, both: &BTreeSet<&str>) {
    for (path, method, operation) in operations(original) {
        let target = &mut document["paths"][path][method];
        if operation["requestBody"].is_object() {
            target["requestBody"] = resolve(original, &operation["requestBody"]).clone();
            refer_to_requests(&mut target["requestBody"], both);
        }
        let parameters = items(&operation["parameters"]).map(|parameter| resolve(original, parameter).clone());
        target["parameters"] = parameters.collect();
        refer_to_requests(&mut target["parameters"], both);
    }
    if let Some(job_types) = document.get_mut("x-job-types") {
        refer_to_requests(job_types, both);
    }
}
