//! What a schema of a lowered document is, before a language has its words for it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::hints::{items, lookup, members};
use crate::lower::{self, component_name};
use crate::rust_type::{is_nullable, type_name};

/// A value.
pub struct Typed<'a> {
    pub shape: Shape<'a>,
    /// Whether it may be `null` as well.
    pub nullable: bool,
}

/// A value that is not `null`.
pub enum Shape<'a> {
    /// A component that has a type of its own.
    Named {
        name: &'a str,
        /// Whether `null` is one of its values: an enum's.
        has_null: bool,
    },
    List(Box<Typed<'a>>),
    /// An object whose members have any name, and one type if there is one.
    Map(Option<Box<Typed<'a>>>),
    Integer,
    Number,
    Boolean,
    /// A string, with its format.
    Text(Option<&'a str>),
    Anything,
}

/// What has a type of its own.
pub enum Component<'a> {
    /// Its values; `null` is none.
    Enum(Vec<Option<&'a str>>),
    Union(Vec<&'a Value>),
    Object(Vec<Member<'a>>),
}

/// A member of an object.
pub struct Member<'a> {
    pub name: &'a str,
    pub schema: &'a Value,
    pub required: bool,
    pub doc: String,
}

/// What the value of a schema is.
pub fn typed<'a>(document: &'a Value, schema: &'a Value) -> Typed<'a> {
    let Some(name) = component_name(schema) else {
        return Typed { shape: plain(document, schema), nullable: is_nullable(schema) };
    };
    let component = &document["components"]["schemas"][name];
    let also_null = schema["x-null"] == true;
    if !has_name(component) {
        let alias = typed(document, component);
        return Typed { nullable: alias.nullable || also_null, ..alias };
    }
    let has_null = component["enum"].is_array() && is_nullable(component);
    let nullable = (also_null || is_nullable(component)) && !has_null;
    Typed { shape: Shape::Named { name, has_null }, nullable }
}

fn plain<'a>(document: &'a Value, schema: &'a Value) -> Shape<'a> {
    match type_name(schema) {
        "array" => Shape::List(Box::new(typed(document, &schema["items"]))),
        "object" => match &schema["additionalProperties"] {
            Value::Object(keywords) if !keywords.is_empty() => {
                Shape::Map(Some(Box::new(typed(document, &schema["additionalProperties"]))))
            }
            _ => Shape::Map(None),
        },
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "boolean" => Shape::Boolean,
        "string" => Shape::Text(schema["format"].as_str()),
        _ => Shape::Anything,
    }
}

/// Whether a component has a type of its own; any other is written where it is used.
fn has_name(component: &Value) -> bool {
    component["enum"].is_array() || component["properties"].is_object() || component["oneOf"].is_array()
}

/// A component, if it has a type of its own.
pub fn component<'a>(document: &'a Value, name: &str) -> Option<Component<'a>> {
    let schema = &document["components"]["schemas"][name];
    if schema["enum"].is_array() {
        return Some(Component::Enum(items(&schema["enum"]).map(Value::as_str).collect()));
    }
    if schema["oneOf"].is_array() {
        return Some(Component::Union(items(&schema["oneOf"]).collect()));
    }
    schema["properties"].is_object().then(|| {
        let member = |(name, property): (&'a str, &'a Value)| Member {
            name,
            schema: property,
            required: items(&schema["required"]).any(|required| required == name),
            doc: described(property, &target_description(document, property).unwrap_or_else(|| format!("`{name}`"))),
        };
        Component::Object(members(&schema["properties"]).map(member).collect())
    })
}

/// The components that are part of a request.
pub fn sent(document: &Value) -> BTreeSet<&str> {
    let mut sent = BTreeSet::new();
    lower::request_schemas(document).for_each(|schema| lower::reachable(document, schema, &mut sent));
    sent
}

/// The member of a job that is its payload, and the one that names its type and so decides what the payload is.
pub fn typing(schema: &Value) -> Option<(&str, &str)> {
    members(&schema["properties"]).find_map(|(name, property)| Some((name, property["x-payload-of"].as_str()?)))
}

/// What a schema is described as.
pub fn described(schema: &Value, otherwise: &str) -> String {
    schema["description"].as_str().or(schema["title"].as_str()).unwrap_or(otherwise).to_owned()
}

/// The description of what a property refers to.
fn target_description(document: &Value, property: &Value) -> Option<String> {
    let target = lookup(document, property["$ref"].as_str()?)?;
    target["description"].as_str().map(str::to_owned)
}
