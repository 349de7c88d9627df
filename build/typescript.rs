//! Which TypeScript type a schema becomes. An `int64` is a `number`, which is what JavaScript makes of it in JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::hints::{items, lookup, members};
use crate::lower::{self, component_name};
use crate::rust_type::{is_nullable, is_open, type_name};

/// The types of one lowered document.
pub struct Types<'a> {
    document: &'a Value,
    /// The components that are part of a request.
    sent: BTreeSet<&'a str>,
    /// What a component is called where the types are written.
    called: Box<dyn Fn(&str) -> String + 'a>,
}

impl<'a> Types<'a> {
    pub fn of(document: &'a Value, called: impl Fn(&str) -> String + 'a) -> Types<'a> {
        let mut sent = BTreeSet::new();
        lower::request_schemas(document).for_each(|schema| lower::reachable(document, schema, &mut sent));
        Types { document, sent, called: Box::new(called) }
    }

    /// The type of a value.
    pub fn of_schema(&self, schema: &Value) -> String {
        let (name, nullable) = match component_name(schema) {
            Some(name) => {
                let component = &self.document["components"]["schemas"][name];
                let nullable = schema["x-null"] == true || has_name(component) && is_nullable(component);
                match has_name(component) {
                    // Of an enum, `null` is one of the values.
                    true => ((self.called)(name), nullable && !component["enum"].is_array()),
                    false => (self.of_schema(component), nullable),
                }
            }
            None => (self.plain(schema), is_nullable(schema)),
        };
        if nullable { format!("{name} | null") } else { name }
    }

    fn plain(&self, schema: &Value) -> String {
        match type_name(schema) {
            "array" => match self.of_schema(&schema["items"]) {
                choice if choice.contains(' ') => format!("({choice})[]"),
                item => format!("{item}[]"),
            },
            "object" => match &schema["additionalProperties"] {
                Value::Object(keywords) if !keywords.is_empty() => {
                    format!("Record<string, {}>", self.of_schema(&schema["additionalProperties"]))
                }
                _ => "Record<string, unknown>".to_owned(),
            },
            "integer" | "number" => "number".to_owned(),
            "boolean" => "boolean".to_owned(),
            "string" => "string".to_owned(),
            _ => "unknown".to_owned(),
        }
    }

    /// What the template writes of a component: nothing if it has no type of its own.
    pub fn component(&self, name: &str) -> Vec<Value> {
        let schema = &self.document["components"]["schemas"][name];
        let doc = comment(described(schema, &format!("The contract's `{name}`.")));
        let alias = |text: String| vec![json!({"doc": doc, "name": name, "alias": text})];
        if schema["enum"].is_array() {
            let values = items(&schema["enum"]).map(|value| value.as_str().map_or("null".to_owned(), quoted));
            return alias(values.collect::<Vec<_>>().join(" | "));
        }
        if schema["oneOf"].is_array() {
            let branches = items(&schema["oneOf"]).map(|branch| self.of_schema(branch));
            return alias(branches.collect::<Vec<_>>().join(" | "));
        }
        if !schema["properties"].is_object() {
            return Vec::new();
        }
        let Some(typing) = typing(schema) else {
            return vec![json!({"doc": doc, "name": name, "fields": self.fields(name, schema, None)})];
        };
        let one = json!({
            "doc": comment(format!("A {{@link {name}}} of one type.")),
            "name": format!("{name}Of<Type extends keyof JobPayloads>"),
            "fields": self.fields(name, schema, Some(typing)),
        });
        let mut models = alias(format!("{{ [Type in keyof JobPayloads]: {name}Of<Type> }}[keyof JobPayloads]"));
        models.push(one);
        models
    }

    fn fields(&self, name: &str, schema: &Value, typing: Option<(&str, &str)>) -> Vec<Value> {
        let field = |(field, property): (&str, &Value)| {
            let of_type = match typing {
                Some((payload, _)) if payload == field => "JobPayloads[Type]".to_owned(),
                Some((_, job_type)) if job_type == field => "Type".to_owned(),
                _ => self.of_schema(property),
            };
            let required = items(&schema["required"]).any(|required| required == field);
            let otherwise = target_description(self.document, property).unwrap_or_else(|| format!("`{field}`"));
            json!({
                "doc": comment(described(property, &otherwise)),
                "field": self.member(field, &of_type, required, self.sent.contains(name)),
            })
        };
        let mut fields: Vec<Value> = members(&schema["properties"]).map(field).collect();
        if is_open(schema) {
            let refused = items(&schema["propertyNames"]["not"]["enum"]).filter_map(Value::as_str);
            fields.extend(refused.map(|name| {
                let doc = comment("Refused: the answer has a member of this name.".to_owned());
                json!({"doc": doc, "field": format!("{}?: never", member_name(name))})
            }));
            let doc = comment("Members that the contract does not declare.".to_owned());
            fields.push(json!({"doc": doc, "field": "[name: string]: unknown"}));
        }
        fields
    }

    /// A member of an object. One that may be left out of a request may be `undefined` too, which JSON leaves out.
    pub fn member(&self, name: &str, of_type: &str, required: bool, sent: bool) -> String {
        let name = member_name(name);
        match (required, sent) {
            (true, _) => format!("{name}: {of_type}"),
            (false, true) => format!("{name}?: {of_type} | undefined"),
            (false, false) => format!("{name}?: {of_type}"),
        }
    }
}

/// Whether a component has a type of its own; any other is written where it is used.
fn has_name(component: &Value) -> bool {
    component["enum"].is_array() || component["properties"].is_object() || component["oneOf"].is_array()
}

/// The member of a job that is its payload, and the one that names its type and so decides what the payload is.
pub fn typing(schema: &Value) -> Option<(&str, &str)> {
    members(&schema["properties"]).find_map(|(name, property)| Some((name, property["x-payload-of"].as_str()?)))
}

fn member_name(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '$';
    let bare = name.chars().all(plain) && !name.starts_with(|first: char| first.is_ascii_digit());
    if bare { name.to_owned() } else { quoted(name) }
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn described(schema: &Value, otherwise: &str) -> String {
    schema["description"].as_str().or(schema["title"].as_str()).unwrap_or(otherwise).to_owned()
}

/// The description of what a property refers to.
fn target_description(document: &Value, property: &Value) -> Option<String> {
    let target = lookup(document, property["$ref"].as_str()?)?;
    target["description"].as_str().map(str::to_owned)
}

/// The lines of a doc comment, which no text can end.
pub fn comment(text: String) -> Value {
    let text = text.trim().replace("*/", "*\\/");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    if let [line] = lines.as_slice() {
        return json!([format!("/** {line} */")]);
    }
    let inner = lines.iter().map(|line| format!(" * {line}").trim_end().to_owned());
    ["/**".to_owned()].into_iter().chain(inner).chain([" */".to_owned()]).collect()
}
