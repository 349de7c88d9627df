//! The document as requests and as answers mean it.

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

/// Who sends what is validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// A client sends it.
    Request,
    /// This service sends it.
    Answer,
}

impl Direction {
    /// The keyword of members that don't go this way, and what to say of one that does. A request with such a member is
    /// refused: to ignore it would let a client believe that it had changed something.
    pub(super) fn refused(self) -> (&'static str, &'static str) {
        match self {
            Direction::Request => ("readOnly", "is set by the server"),
            Direction::Answer => ("writeOnly", "is for the server alone"),
        }
    }

    /// Rewrites schemas so that they say of this direction what they mean, in the words that give the best violations.
    pub(super) fn prepare(self, document: &mut Value) {
        let original = document.clone();
        self.prepare_below(document, &original);
    }

    fn prepare_below(self, value: &mut Value, original: &Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.prepare_below(item, original)),
            Value::Object(schema) => {
                self.lift_requirements(schema);
                close(schema, original);
                schema.values_mut().for_each(|inner| self.prepare_below(inner, original));
            }
            _ => {}
        }
    }

    /// Lifts the requirement of members that don't go this way: OpenAPI means it for the other one alone.
    fn lift_requirements(self, schema: &mut Map<String, Value>) {
        let keyword = self.refused().0;
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let refused = properties.filter(|(_, property)| property[keyword] == true).map(|(name, _)| name.clone());
        let refused: Vec<String> = refused.collect();
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| !refused.iter().any(|refused| name == refused));
        }
    }
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
