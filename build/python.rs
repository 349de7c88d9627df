//! Which Python type a schema becomes: frozen dataclasses, literals for enums, `datetime` for times.
//!
//! Dataclasses, because they need no library, have attributes that editors complete, and refuse a misspelt member when it
//! is written and when it is run.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::hints::{deprecation, members};
use crate::rust_type::{identifier, is_open, pascal_case};
use crate::sdk::shape::{self, Component, Member, Shape, Typed, described, typing};

/// How long a line may be.
pub const WIDTH: usize = 120;

/// What a name of the contract may not be in Python: the words of the language, and what generated code calls by name
/// where members, arguments or functions have their names.
const RESERVED: &str = "\
    aclose and answer answers as assert async await bool break class close codec continue datetime def del dict elif \
    else except extras field finally float for from global if import in int is item lambda list models nonlocal not \
    options or pass raise return self str try while with yield";

/// The types of one lowered document.
pub struct Types<'a> {
    document: &'a Value,
    /// The components that are part of a request.
    sent: BTreeSet<&'a str>,
    /// What comes before the name of a component where the types are written.
    prefix: &'static str,
}

impl<'a> Types<'a> {
    pub fn of(document: &'a Value, prefix: &'static str) -> Types<'a> {
        Types { document, sent: shape::sent(document), prefix }
    }

    /// The type of a value. One that is sent may be of any kind of sequence or mapping, and of their subtypes.
    pub fn of_schema(&self, schema: &Value, sent: bool) -> String {
        self.of_value(&shape::typed(self.document, schema), sent)
    }

    fn of_value(&self, value: &Typed<'_>, sent: bool) -> String {
        let map = if sent { "Mapping" } else { "dict" };
        let name = match &value.shape {
            Shape::Named { name, .. } => format!("{}{name}", self.prefix),
            Shape::List(item) => {
                format!("{}[{}]", if sent { "Sequence" } else { "list" }, self.of_value(item, sent))
            }
            Shape::Map(Some(value)) => format!("{map}[str, {}]", self.of_value(value, sent)),
            Shape::Map(None) => format!("{map}[str, Any]"),
            Shape::Integer => "int".to_owned(),
            Shape::Number => "float".to_owned(),
            Shape::Boolean => "bool".to_owned(),
            Shape::Text(Some("date-time")) => "datetime.datetime".to_owned(),
            Shape::Text(Some("date")) => "datetime.date".to_owned(),
            Shape::Text(_) => "str".to_owned(),
            Shape::Anything => return "Any".to_owned(),
        };
        if value.nullable { format!("{name} | None") } else { name }
    }

    /// What the template writes of a component: nothing if it has no type of its own.
    pub fn component(&self, name: &str) -> Vec<Value> {
        let schema = &self.document["components"]["schemas"][name];
        let doc = marked(&described(schema, &format!("The contract's `{name}`.")), "\n\n", deprecation(schema));
        match shape::component(self.document, name) {
            None => Vec::new(),
            Some(Component::Enum(values)) => {
                vec![literal(name, &values, &doc)]
            }
            Some(Component::Union(branches)) => {
                let branches: Vec<String> = branches.into_iter().map(|branch| self.of_schema(branch, false)).collect();
                vec![union(name, &branches, &doc)]
            }
            Some(Component::Object(fields)) => match typing(schema) {
                None => vec![class(name, "", &doc, self.fields(name, schema, &fields))],
                Some((payload, job_type)) => self.by_type(name, schema, fields, payload, job_type),
            },
        }
    }

    /// A job, whose payload's type is that of its job type: a class for each, on top of what they have in common.
    fn by_type(
        &self,
        name: &str,
        schema: &Value,
        mut fields: Vec<Member<'_>>,
        payload: &str,
        job_type: &str,
    ) -> Vec<Value> {
        let doc_of = |name: &str| {
            fields.iter().find(|field| field.name == name).map(|field| field.doc.clone()).unwrap_or_default()
        };
        let (payload_doc, type_doc) = (doc_of(payload), doc_of(job_type));
        fields.retain(|field| field.name != payload && field.name != job_type);
        let base = format!("{name}Of");
        let common = class(&base, "", &format!("What a `{name}` of any type has."), self.fields(name, schema, &fields));
        let mut models = vec![common];
        let mut branches = Vec::new();
        for (value, job) in members(&self.document["x-job-types"]) {
            let branch = job_class(value, name);
            let of_type = format!("Literal[{}]", quoted(value));
            let own = vec![
                self.field(payload, &self.of_schema(&job["payload"], true), "", &payload_doc),
                self.field(job_type, &of_type, &quoted(value), &type_doc),
            ];
            models.push(class(&branch, &base, job["description"].as_str().unwrap_or_default(), own));
            branches.push(branch);
        }
        models.push(union(name, &branches, &described(schema, name)));
        models
    }

    /// A request that the flexible document opens, on top of the closed one.
    pub fn opened(&self, name: &str) -> Value {
        let schema = &self.document["components"]["schemas"][name];
        let doc = described(schema, &format!("The contract's `{name}`."));
        class(name, &format!("models.{name}"), &doc, vec![extras()])
    }

    fn fields(&self, name: &str, schema: &Value, fields: &[Member<'_>]) -> Vec<Value> {
        let field = |field: &Member<'_>| {
            let value = shape::typed(self.document, field.schema);
            let takes_null = value.nullable || matches!(value.shape, Shape::Named { has_null: true, .. });
            let of_type = self.of_value(&value, self.sent.contains(name));
            let (of_type, default) = match (field.required, takes_null) {
                (true, _) => (of_type, ""),
                (false, false) => (format!("{of_type} | None"), "None"),
                (false, true) => (format!("{of_type} | Unset"), "UNSET"),
            };
            self.field(field.name, &of_type, default, &marked(&field.doc, "\n\n", deprecation(field.schema)))
        };
        let extras = is_open(schema).then(extras);
        fields.iter().map(field).chain(extras).collect()
    }

    fn field(&self, name: &str, of_type: &str, default: &str, doc: &str) -> Value {
        let field = field(name, of_type, default);
        json!({"field": field, "doc": docstring(doc, 4)})
    }
}

/// The class of a job of one type.
pub fn job_class(job_type: &str, name: &str) -> String {
    format!("{}{name}", pascal_case(job_type))
}

/// A field of a dataclass; its metadata says what the contract calls it, if that is something else.
pub fn field(name: &str, of_type: &str, default: &str) -> String {
    let attribute = python_name(name);
    let default = match (attribute == name, default) {
        (true, "") => String::new(),
        (true, default) => format!(" = {default}"),
        (false, "") => format!(" = field(metadata={{\"name\": {}}})", quoted(name)),
        (false, default) => format!(" = field(default={default}, metadata={{\"name\": {}}})", quoted(name)),
    };
    format!("{attribute}: {of_type}{default}")
}

fn extras() -> Value {
    json!({
        "field": "extras: Mapping[str, Any] = field(default_factory=dict, metadata={\"extras\": True})",
        "doc": docstring("Members that the contract does not declare, by name.", 4),
    })
}

/// What the template writes of a dataclass.
pub fn class(name: &str, base: &str, doc: &str, fields: Vec<Value>) -> Value {
    let base = if base.is_empty() { String::new() } else { format!("({base})") };
    json!({"is_class": true, "name": name, "base": base, "doc": docstring(doc, 4), "fields": fields})
}

/// What the template writes of an enum.
fn literal(name: &str, values: &[Option<&str>], doc: &str) -> Value {
    let null = if values.contains(&None) { " | None" } else { "" };
    let values: Vec<String> = values.iter().flatten().map(|value| quoted(value)).collect();
    let line = format!("{name}: TypeAlias = Literal[{}]{null}", values.join(", "));
    let lines = match line.len() <= WIDTH {
        true => vec![line],
        false => several(name, "Literal[", values.iter().map(|value| format!("    {value},")), &format!("]{null}")),
    };
    json!({"name": name, "alias": lines, "doc": docstring(doc, 0)})
}

/// What the template writes of a type that is one of several.
pub fn union(name: &str, branches: &[String], doc: &str) -> Value {
    let line = format!("{name}: TypeAlias = {}", branches.join(" | "));
    let lines = match line.len() <= WIDTH {
        true => vec![line],
        false => {
            let bars = ["    "].into_iter().chain(std::iter::repeat("    | "));
            several(name, "(", bars.zip(branches).map(|(bar, branch)| format!("{bar}{branch}")), ")")
        }
    };
    json!({"is_union": true, "name": name, "alias": lines, "doc": docstring(doc, 0)})
}

fn several(name: &str, opening: &str, choices: impl Iterator<Item = String>, closing: &str) -> Vec<String> {
    [format!("{name}: TypeAlias = {opening}")].into_iter().chain(choices).chain([closing.to_owned()]).collect()
}

/// What a name of the contract is called in Python.
pub fn python_name(name: &str) -> String {
    let name = identifier(name).trim_start_matches("r#").to_owned();
    match RESERVED.split_whitespace().any(|reserved| reserved == name) {
        true => format!("{name}_"),
        false => name,
    }
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    json!(text).to_string()
}

/// The text for what may be deprecated, and behind a separator that it is.
pub fn marked(text: &str, separator: &str, deprecation: Option<String>) -> String {
    match deprecation {
        Some(words) => format!("{}{separator}Deprecated. {words}", text.trim()),
        None => text.to_owned(),
    }
}

/// The lines of a docstring, which no text can end.
pub fn docstring(text: &str, indent: usize) -> Vec<String> {
    let text = text.trim().replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let text = text.strip_suffix('"').map(|rest| format!("{rest}\\\"")).unwrap_or(text);
    // The first line has the quotes before it.
    let mut lines = wrapped(&format!("\"\"\"{text}"), WIDTH - indent);
    match lines.as_mut_slice() {
        [line] if line.len() + 3 <= WIDTH - indent => line.push_str("\"\"\""),
        _ => lines.push("\"\"\"".to_owned()),
    }
    let indented = |line: String| if line.is_empty() { line } else { format!("{}{line}", " ".repeat(indent)) };
    lines.into_iter().map(indented).collect()
}

/// The lines of a text. What is too much for one goes on in the next, unless a paragraph or an item of a list begins there.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut carried = String::new();
    for line in text.lines().map(str::trim_end) {
        let begins = line.is_empty() || [" ", "- ", "* ", "```"].iter().any(|mark| line.starts_with(mark));
        if begins && !carried.is_empty() {
            lines.push(std::mem::take(&mut carried));
        }
        let mut rest = if carried.is_empty() { line.to_owned() } else { format!("{carried} {line}") };
        carried.clear();
        while rest.chars().count() > width {
            let end = rest.char_indices().nth(width + 1).map_or(rest.len(), |(end, _)| end);
            let Some(space) = rest[..end].rfind(' ').filter(|space| !rest[..*space].trim().is_empty()) else {
                break;
            };
            lines.push(rest[..space].trim_end().to_owned());
            carried = rest[space..].trim_start().to_owned();
            rest = carried.clone();
        }
        if carried.is_empty() {
            lines.push(rest);
        }
    }
    lines.extend(Some(carried).filter(|carried| !carried.is_empty()));
    lines
}
