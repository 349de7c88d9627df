//! What a schema may say so that its Rust type is right.

use std::collections::HashSet;

use serde_json::Value;

use super::{Gate, escape, strings};
use crate::hints::{items, lookup, members, resolve};
use crate::lower::in_place::{is_enum, or_null};
use crate::rust_type::{identifier, is_nullable, pascal_case, type_name};

/// Keywords that change which Rust type a value needs, and that no template knows.
const UNKNOWN_TO_TEMPLATES: [(&str, &str); 10] = [
    ("oneOf", "in place it may only let a `$ref` be null; make a choice a component with a `discriminator`"),
    ("anyOf", "write a component with `oneOf` and a `discriminator`; for null, `type: [string, 'null']`"),
    ("allOf", "in place it has no name; make it a component"),
    ("discriminator", "it belongs beside the `oneOf` of a component"),
    ("nullable", "in OpenAPI 3.1 it is `type: [string, 'null']`"),
    ("patternProperties", "use `additionalProperties`"),
    ("unevaluatedProperties", "use `additionalProperties`"),
    ("prefixItems", "use `items`"),
    ("unevaluatedItems", "use `items`"),
    ("$dynamicRef", "use `$ref`"),
];

/// What may stand beside a choice between a reference and `null`.
const BESIDE_A_CHOICE: [&str; 9] =
    ["oneOf", "anyOf", "title", "description", "default", "example", "examples", "readOnly", "writeOnly"];

/// Names that mean something else where the models are.
const TAKEN: [&str; 12] =
    ["Option", "Vec", "String", "Box", "Result", "Self", "Serialize", "Deserialize", "Validate", "Some", "None", "Ok"];

impl<'a> Gate<'a> {
    pub(super) fn components(&mut self) {
        let document = self.document;
        let schemas = &document["components"]["schemas"];
        self.distinct(members(schemas).map(|(name, _)| name), pascal_case, "/components/schemas");
        for (name, schema) in members(schemas) {
            let place = format!("/components/schemas/{}", escape(name));
            self.refuse_if(pascal_case(name) != name, &place, "a schema is named in PascalCase, as its Rust type is");
            self.refuse_if(TAKEN.contains(&name), &place, format!("`{name}` is taken in Rust; choose another name"));
            self.one_way(schema, &place, false);
            if is_enum(schema) || schema["enum"].is_array() {
                self.enumeration(schema, &place);
            } else if schema["allOf"].is_array() {
                self.composition(name, schema, &place);
            } else if schema["oneOf"].is_array() {
                self.union(schema, &place);
            } else if schema["properties"].is_object() {
                self.object(schema, &place);
                let endless = self.requires_itself(name, schema);
                self.refuse_if(endless, &place, "requires itself, so no value could ever end");
            } else {
                self.schema(schema, &place);
                let circle = schema["$ref"].is_string() && self.resolved(schema).is_null();
                self.refuse_if(circle, &place, "stands for itself");
            }
        }
    }

    fn enumeration(&mut self, schema: &'a Value, place: &str) {
        self.unknown_keywords(schema, place, &[]);
        self.refuse_if(type_name(schema) != "string", place, "an enum is of type string");
        if schema["enum"].is_array() {
            let null = items(&schema["enum"]).any(Value::is_null);
            let both = null == is_nullable(schema);
            self.refuse_if(!both, place, "`null` must be in both `type` and `enum`, or in neither");
            let strange = items(&schema["enum"]).any(|value| !value.is_null() && !value.is_string());
            let empty = items(&schema["enum"]).all(Value::is_null);
            self.refuse_if(strange || empty, place, "an enum has strings, and at least one");
        }
        let values = strings(&schema["enum"]).chain(schema["const"].as_str());
        self.distinct(values, pascal_case, &format!("{place}/enum"));
    }

    fn object(&mut self, schema: &'a Value, place: &str) {
        self.unknown_keywords(schema, place, &[]);
        self.refuse_if(type_name(schema) != "object", place, "what has `properties` is of `type: object`");
        let additional = &schema["additionalProperties"];
        self.refuse_if(
            additional.is_object(),
            place,
            "beside `properties`, `additionalProperties` must be true or false",
        );
        self.fields(schema, place);
        self.properties(schema, place);
    }

    /// The members of an object, however it was composed, as the fields of a struct.
    pub(super) fn fields(&mut self, object: &Value, place: &str) {
        let properties = &object["properties"];
        let reserved = (object["additionalProperties"] == true).then_some("additional_properties");
        let names = members(properties).map(|(name, _)| name).chain(reserved);
        self.distinct(names, identifier, &format!("{place}/properties"));
        for name in strings(&object["required"]) {
            let missing = properties[name].is_null();
            self.refuse_if(missing, place, format!("`required` names `{name}`, which is not in `properties`"));
        }
    }

    pub(super) fn properties(&mut self, schema: &'a Value, place: &str) {
        for (name, property) in members(&schema["properties"]) {
            let place = format!("{place}/properties/{}", escape(name));
            self.one_way(property, &place, true);
            self.schema(property, &place);
        }
    }

    /// `readOnly` and `writeOnly` decide whether a struct has a field, so they say nothing elsewhere.
    pub(super) fn one_way(&mut self, schema: &Value, place: &str, is_property: bool) {
        let (read, write) = (schema["readOnly"] == true, schema["writeOnly"] == true);
        self.refuse_if((read || write) && !is_property, place, "`readOnly` and `writeOnly` belong on a property");
        self.refuse_if(read && write, place, "is `readOnly` and `writeOnly`, so nobody may send it");
    }

    /// A schema in place: of a property, an item, a parameter, a header.
    pub(super) fn schema(&mut self, schema: &'a Value, place: &str) {
        if let Some(target) = or_null(schema) {
            let strange = members(schema).map(|(keyword, _)| keyword);
            let strange: Vec<_> = strange.filter(|name| !BESIDE_A_CHOICE.contains(name)).collect();
            self.refuse_if(!strange.is_empty(), place, format!("`{}` beside a choice with null", strange.join("`, `")));
            return self.schema(target, place);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let found = reference.starts_with("#/components/schemas/") && lookup(self.document, reference).is_some();
            self.refuse_if(!found, place, format!("`$ref: {reference}` must lead to one of `#/components/schemas`"));
            return;
        }
        if is_enum(schema) || schema["enum"].is_array() {
            return self.enumeration(schema, place);
        }
        self.unknown_keywords(schema, place, &[]);
        match type_name(schema) {
            "string" | "boolean" | "number" => {}
            "integer" => self.integer(schema, place),
            "array" => self.element(&schema["items"], &format!("{place}/items")),
            "object" if schema["properties"].is_object() => {
                self.refuse(place, "an object in place has no name; make it a component");
            }
            "object" if schema["additionalProperties"].as_object().is_some_and(|keywords| !keywords.is_empty()) => {
                self.element(&schema["additionalProperties"], &format!("{place}/additionalProperties"));
            }
            "object" => {}
            _ => self.refuse(place, "has no `type` that Rust has one for"),
        }
    }

    /// What arrays and maps hold.
    fn element(&mut self, schema: &'a Value, place: &str) {
        self.one_way(schema, place, false);
        self.schema(schema, place);
    }

    pub(super) fn unknown_keywords(&mut self, schema: &Value, place: &str, known: &[&str]) {
        let list = schema.get("enum").is_none_or(Value::is_array);
        self.refuse_if(!list, place, "`enum` must be a list");
        for (keyword, instead) in UNKNOWN_TO_TEMPLATES {
            let used = schema.get(keyword).is_some() && !known.contains(&keyword);
            self.refuse_if(used, place, format!("`{keyword}` is not supported: {instead}"));
        }
        let types = items(&schema["type"]).filter(|name| **name != "null").count();
        self.refuse_if(types > 1, place, "a value has one type, or one and 'null'");
    }

    /// A format alone bounds nothing, so both bounds must lie inside the Rust type.
    fn integer(&mut self, schema: &Value, place: &str) {
        let (low, high) = match schema["format"].as_str() {
            Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Some("int64") => (i64::MIN, i64::MAX),
            _ => return self.refuse(place, "an integer needs `format: int32` or `int64`"),
        };
        for (keyword, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            let inside = |keyword| schema[keyword].as_i64().is_some_and(|bound| (low..=high).contains(&bound));
            let inside = inside(keyword) || (schema[keyword].is_null() && inside(exclusive));
            let why = format!("an integer needs a `{keyword}` that is an integer from {low} to {high}");
            self.refuse_if(!inside, place, why);
        }
    }

    /// Whether a schema is a `$ref` to a component that is a struct or a union in Rust.
    pub(super) fn is_model(&self, schema: &Value) -> bool {
        schema["$ref"].is_string() && (self.is_object(schema) || self.resolved(schema)["oneOf"].is_array())
    }

    /// Whether a schema is an object with properties, written so or composed of such.
    pub(super) fn is_object(&self, schema: &Value) -> bool {
        let schema = self.resolved(schema);
        schema["properties"].is_object() || schema["allOf"].is_array()
    }

    /// The schema behind references; null if they lead nowhere or in a circle.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let target = resolve(self.document, schema);
        if target["$ref"].is_string() { &Value::Null } else { target }
    }

    /// Whether every value of this component would have to hold another one.
    fn requires_itself(&self, name: &str, schema: &'a Value) -> bool {
        let required = |schema: &'a Value| {
            strings(&schema["required"]).map(|name| schema["properties"][name]["$ref"].as_str().unwrap_or_default())
        };
        let target = format!("#/components/schemas/{name}");
        let mut seen = HashSet::new();
        let mut waiting: Vec<&str> = required(schema).collect();
        while let Some(reference) = waiting.pop() {
            if reference == target {
                return true;
            }
            if seen.insert(reference) {
                waiting.extend(lookup(self.document, reference).into_iter().flat_map(required));
            }
        }
        false
    }
}
