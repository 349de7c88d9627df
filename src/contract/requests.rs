//! The document as requests see it. What is compiled here is only ever held against what clients send.

use serde_json::{Map, Value};

use super::ContractError;
use super::document::Node;
use super::validators::Compiler;

/// Keywords that decide which members count as known by more than `properties` and `allOf`.
const OTHER_KNOWLEDGE: [&str; 9] = [
    "additionalProperties",
    "patternProperties",
    "oneOf",
    "anyOf",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "$dynamicRef",
];

/// Rewrites schemas so that they say of requests what they mean, in the words that give the best violations.
pub(super) fn prepare(document: &mut Value) {
    let original = document.clone();
    prepare_below(document, &original);
}

/// Fails on the default of a member that the contract itself would refuse: generated models take it unseen.
pub(super) fn check_defaults(compiler: &Compiler<'_>, root: &Node<'_>) -> Result<(), ContractError> {
    let schemas = root.member("components").and_then(|components| components.member("schemas"));
    schemas.map_or(Ok(()), |schemas| check_below(compiler, &schemas))
}

fn check_below(compiler: &Compiler<'_>, node: &Node<'_>) -> Result<(), ContractError> {
    for (_, property) in node.member("properties").iter().flat_map(Node::members) {
        if let Some(default) = property.value().get("default").filter(|_| !property.flag("readOnly"))
            && !compiler.compile(&property)?.is_valid(default)
        {
            return Err(property.unsupported("its default does not fit its schema"));
        }
    }
    node.items().chain(node.members().map(|(_, inner)| inner)).try_for_each(|inner| check_below(compiler, &inner))
}

fn prepare_below(value: &mut Value, original: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| prepare_below(item, original)),
        Value::Object(schema) => {
            require_nothing_read_only(schema);
            close(schema, original);
            schema.values_mut().for_each(|inner| prepare_below(inner, original));
        }
        _ => {}
    }
}

/// Lifts the requirement of members that are `readOnly`: OpenAPI means it for answers alone.
fn require_nothing_read_only(schema: &mut Map<String, Value>) {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let read_only = properties.filter(|(_, property)| property["readOnly"] == true).map(|(name, _)| name.clone());
    let read_only: Vec<String> = read_only.collect();
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !read_only.iter().any(|read_only| name == read_only));
    }
}

/// Writes `unevaluatedProperties: false` beside `allOf` as `additionalProperties: false`, with the members of the branches
/// named. In JSON Schema a branch that fails has evaluated nothing, so a member with a wrong value would be called one that
/// is not allowed as well.
fn close(schema: &mut Map<String, Value>, original: &Value) {
    if schema.get("unevaluatedProperties") != Some(&Value::Bool(false)) || !schema.contains_key("allOf") {
        return;
    }
    let mut names = Vec::new();
    let composed = Value::Object(schema.clone());
    if !known_members(&composed, original, 16, &mut names) {
        return;
    }
    schema.shift_remove("unevaluatedProperties");
    schema.insert("additionalProperties".to_owned(), false.into());
    let properties = schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    for name in names {
        if let Some(properties) = properties.as_object_mut() {
            properties.entry(name).or_insert(true.into());
        }
    }
}

/// Collects the members that a composed schema knows; false if that depends on more than their names.
fn known_members(schema: &Value, original: &Value, depth: usize, names: &mut Vec<String>) -> bool {
    let target = schema["$ref"].as_str().and_then(|target| original.pointer(target.strip_prefix('#')?));
    if depth == 0 || OTHER_KNOWLEDGE.iter().any(|keyword| schema.get(keyword).is_some()) {
        return false;
    }
    names.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    let branches = schema["allOf"].as_array().into_iter().flatten().chain(target);
    branches.into_iter().all(|branch| known_members(branch, original, depth - 1, names))
}
