//! What a schema may say so that its Rust type is right.

use std::collections::HashSet;

use serde_json::Value;

use super::{Gate, escape, strings};
use crate::hints::{items, lookup, members, resolve};
use crate::rust_type::{identifier, is_nullable, pascal_case, type_name};

/// Keywords that change which Rust type a value needs, and that no template knows.
const UNKNOWN_TO_TEMPLATES: [(&str, &str); 10] = [
    ("oneOf", "write one schema with all members"),
    ("anyOf", "write one schema with all members; for a value that may be null use `type: [string, 'null']`"),
    ("allOf", "write the members into one schema"),
    ("discriminator", "write one schema with all members"),
    ("nullable", "in OpenAPI 3.1 it is `type: [string, 'null']`"),
    ("patternProperties", "use `additionalProperties`"),
    ("unevaluatedProperties", "use `additionalProperties`"),
    ("prefixItems", "use `items`"),
    ("unevaluatedItems", "use `items`"),
    ("$dynamicRef", "use `$ref`"),
];

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
            if schema["enum"].is_array() {
                self.enumeration(schema, &place);
            } else if schema["properties"].is_object() {
                self.object(schema, &place);
                self.refuse_if(self.contains_itself(name, schema), &place, "contains itself other than in an array");
            } else {
                self.schema(schema, &place);
                let circle = schema["$ref"].is_string() && self.resolved(schema).is_null();
                self.refuse_if(circle, &place, "stands for itself");
            }
        }
    }

    fn enumeration(&mut self, schema: &'a Value, place: &str) {
        self.unknown_keywords(schema, place);
        self.refuse_if(type_name(schema) != "string", place, "an enum is of type string");
        let null = items(&schema["enum"]).any(Value::is_null);
        self.refuse_if(null != is_nullable(schema), place, "`null` must be in both `type` and `enum`, or in neither");
        self.distinct(strings(&schema["enum"]), pascal_case, &format!("{place}/enum"));
    }

    fn object(&mut self, schema: &'a Value, place: &str) {
        self.unknown_keywords(schema, place);
        self.refuse_if(type_name(schema) != "object", place, "what has `properties` is of `type: object`");
        let additional = &schema["additionalProperties"];
        self.refuse_if(
            additional.is_object(),
            place,
            "beside `properties`, `additionalProperties` must be true or false",
        );
        let properties = &schema["properties"];
        let reserved = (additional == true).then_some("additional_properties");
        let names = members(properties).map(|(name, _)| name).chain(reserved);
        self.distinct(names, identifier, &format!("{place}/properties"));
        for name in strings(&schema["required"]) {
            let missing = properties[name].is_null();
            self.refuse_if(missing, place, format!("`required` names `{name}`, which is not in `properties`"));
        }
        for (name, property) in members(properties) {
            self.schema(property, &format!("{place}/properties/{}", escape(name)));
        }
    }

    /// A schema in place: of a property, an item, a parameter, a header.
    pub(super) fn schema(&mut self, schema: &'a Value, place: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let found = reference.starts_with("#/components/schemas/") && lookup(self.document, reference).is_some();
            self.refuse_if(!found, place, format!("`$ref: {reference}` must lead to one of `#/components/schemas`"));
            return;
        }
        self.unknown_keywords(schema, place);
        self.refuse_if(schema["enum"].is_array(), place, "an enum in place has no name; make it a component");
        match type_name(schema) {
            "string" | "boolean" | "number" => {}
            "integer" => self.integer(schema, place),
            "array" => self.elements(&schema["items"], &format!("{place}/items")),
            "object" if schema["properties"].is_object() => {
                self.refuse(place, "an object in place has no name; make it a component");
            }
            "object" if schema["additionalProperties"].as_object().is_some_and(|keywords| !keywords.is_empty()) => {
                self.elements(&schema["additionalProperties"], &format!("{place}/additionalProperties"));
            }
            "object" => {}
            _ => self.refuse(place, "has no `type` that Rust has one for"),
        }
    }

    /// What arrays and maps hold. An integer there would be read by serde alone, which refuses `6.0`.
    fn elements(&mut self, schema: &'a Value, place: &str) {
        self.schema(schema, place);
        let element = self.resolved(schema);
        self.refuse_if(type_name(element) == "integer", place, "integers in an array or a map are not supported yet");
    }

    fn unknown_keywords(&mut self, schema: &Value, place: &str) {
        for (keyword, instead) in UNKNOWN_TO_TEMPLATES {
            let used = schema.get(keyword).is_some();
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
        for keyword in ["minimum", "maximum"] {
            let inside = schema[keyword].as_i64().is_some_and(|bound| (low..=high).contains(&bound));
            let why = format!("an integer needs a `{keyword}` that is an integer from {low} to {high}");
            self.refuse_if(!inside, place, why);
        }
    }

    /// Whether a schema is a `$ref` to an object with properties, which is a struct in Rust.
    pub(super) fn is_model(&self, schema: &Value) -> bool {
        schema["$ref"].is_string() && self.resolved(schema)["properties"].is_object()
    }

    /// The schema behind references; null if they lead nowhere or in a circle.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let target = resolve(self.document, schema);
        if target["$ref"].is_string() { &Value::Null } else { target }
    }

    /// Whether a struct would hold itself without a list or map in between, which no finite size fits.
    fn contains_itself(&self, name: &str, schema: &Value) -> bool {
        let target = format!("#/components/schemas/{name}");
        let mut seen = HashSet::new();
        let mut waiting: Vec<&Value> = members(&schema["properties"]).map(|(_, property)| property).collect();
        while let Some(reference) = waiting.pop().map(|property| property["$ref"].as_str().unwrap_or_default()) {
            if reference == target {
                return true;
            }
            if seen.insert(reference) {
                let inner = lookup(self.document, reference).unwrap_or(&Value::Null);
                waiting.extend(members(&inner["properties"]).map(|(_, property)| property));
                waiting.extend(inner.get("$ref").map(|_| inner));
            }
        }
        false
    }
}
