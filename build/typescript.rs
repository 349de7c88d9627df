//! Which TypeScript type a schema becomes. An `int64` is a `number`, which is what JavaScript makes of it in JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::hints::{deprecation, items};
use crate::rust_type::is_open;
use crate::sdk::shape::{self, Component, Member, Shape, Typed, described, typing};

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
        Types { document, sent: shape::sent(document), called: Box::new(called) }
    }

    /// The type of a value.
    pub fn of_schema(&self, schema: &Value) -> String {
        self.of_value(&shape::typed(self.document, schema))
    }

    fn of_value(&self, value: &Typed<'_>) -> String {
        let name = match &value.shape {
            Shape::Named { name, .. } => (self.called)(name),
            Shape::List(item) => match self.of_value(item) {
                choice if choice.contains(' ') => format!("({choice})[]"),
                item => format!("{item}[]"),
            },
            Shape::Map(Some(value)) => format!("Record<string, {}>", self.of_value(value)),
            Shape::Map(None) => "Record<string, unknown>".to_owned(),
            Shape::Integer | Shape::Number => "number".to_owned(),
            Shape::Boolean => "boolean".to_owned(),
            Shape::Text(_) => "string".to_owned(),
            Shape::Anything => "unknown".to_owned(),
        };
        if value.nullable { format!("{name} | null") } else { name }
    }

    /// What the template writes of a component: nothing if it has no type of its own.
    pub fn component(&self, name: &str) -> Vec<Value> {
        let schema = &self.document["components"]["schemas"][name];
        let doc = comment(marked(described(schema, &format!("The contract's `{name}`.")), deprecation(schema)));
        let alias = |branches: Vec<String>| vec![json!({"doc": doc, "name": name, "alias": branches.join(" | ")})];
        let fields = match shape::component(self.document, name) {
            None => return Vec::new(),
            Some(Component::Enum(values)) => {
                return alias(values.into_iter().map(|value| value.map_or("null".to_owned(), quoted)).collect());
            }
            Some(Component::Union(branches)) => {
                return alias(branches.into_iter().map(|branch| self.of_schema(branch)).collect());
            }
            Some(Component::Object(fields)) => fields,
        };
        let Some(typing) = typing(schema) else {
            return vec![json!({"doc": doc, "name": name, "fields": self.fields(name, schema, &fields, None)})];
        };
        let one = json!({
            "doc": comment(format!("A {{@link {name}}} of one type.")),
            "name": format!("{name}Of<Type extends keyof JobPayloads>"),
            "fields": self.fields(name, schema, &fields, Some(typing)),
        });
        let mut models = alias(vec![format!("{{ [Type in keyof JobPayloads]: {name}Of<Type> }}[keyof JobPayloads]")]);
        models.push(one);
        models
    }

    fn fields(&self, name: &str, schema: &Value, fields: &[Member<'_>], typing: Option<(&str, &str)>) -> Vec<Value> {
        let field = |field: &Member<'_>| {
            let of_type = match typing {
                Some((payload, _)) if payload == field.name => "JobPayloads[Type]".to_owned(),
                Some((_, job_type)) if job_type == field.name => "Type".to_owned(),
                _ => self.of_schema(field.schema),
            };
            json!({
                "doc": comment(marked(field.doc.clone(), deprecation(field.schema))),
                "field": self.member(field.name, &of_type, field.required, self.sent.contains(name)),
            })
        };
        let mut fields: Vec<Value> = fields.iter().map(field).collect();
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

fn member_name(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '$';
    let bare = name.chars().all(plain) && !name.starts_with(|first: char| first.is_ascii_digit());
    if bare { name.to_owned() } else { quoted(name) }
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The text for what may be deprecated, with the tag for which editors strike its name out.
pub fn marked(text: String, deprecation: Option<String>) -> String {
    match deprecation {
        Some(words) => format!("{}\n\n@deprecated {words}", text.trim()),
        None => text,
    }
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
