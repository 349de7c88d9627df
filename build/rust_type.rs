//! Which Rust type a schema becomes, and what serde and `validator` are told about it.

use serde_json::{Map, Value};

/// The component schemas, to follow references with.
pub struct Schemas(Map<String, Value>);

/// The Rust side of one schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The type as `models.rs` names it, without `Option`.
    name: String,
    kind: Kind,
    nullable: bool,
    /// The schema's limits in the words of `#[validate(…)]`.
    bounds: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Deserialized leniently, because JSON Schema calls `6.0` an integer and serde doesn't.
    Integer,
    /// A struct of `models.rs`, or a list of them.
    Nested,
    /// An enum of `models.rs`.
    Enum,
    Other,
}

impl Schemas {
    pub fn of(document: &Value) -> Schemas {
        Schemas(document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default())
    }

    /// The schema behind a `$ref`, however many steps away.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match self.target(schema) {
            Some((_, target)) => self.resolve(target),
            None => schema,
        }
    }

    fn target(&self, schema: &Value) -> Option<(&str, &Value)> {
        let name = schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")?;
        self.0.get_key_value(name).map(|(name, schema)| (name.as_str(), schema))
    }

    /// The Rust side of `schema`.
    pub fn shape(&self, schema: &Value) -> Shape {
        if let Some((name, target)) = self.target(schema) {
            return match self.named_kind(target) {
                Some(kind) => Shape { name: name.to_owned(), kind, nullable: is_nullable(target), bounds: None },
                // An alias such as `Email` has no Rust type of its own.
                None => self.shape(target),
            };
        }
        let (kind, name) = match type_name(schema) {
            "integer" if schema["format"] == "int32" => (Kind::Integer, "i32".to_owned()),
            "integer" => (Kind::Integer, "i64".to_owned()),
            "number" => (Kind::Other, "f64".to_owned()),
            "boolean" => (Kind::Other, "bool".to_owned()),
            "string" => (Kind::Other, string_type(schema).to_owned()),
            "array" => {
                let item = self.shape(&schema["items"]);
                (item.kind, format!("Vec<{}>", item.field(true)))
            }
            _ => match &schema["additionalProperties"] {
                value @ Value::Object(keywords) if !keywords.is_empty() => {
                    let value = self.shape(value);
                    (value.kind, format!("std::collections::BTreeMap<String, {}>", value.field(true)))
                }
                _ => (Kind::Other, "crate::json::Object".to_owned()),
            },
        };
        Shape { bounds: bounds(schema, &name), name, kind, nullable: is_nullable(schema) }
    }

    fn named_kind(&self, component: &Value) -> Option<Kind> {
        match component {
            component if component["enum"].is_array() => Some(Kind::Enum),
            component if component["properties"].is_object() => Some(Kind::Nested),
            _ => None,
        }
    }
}

impl Shape {
    /// The type of a field: absent is `None`, `null` is `None`, and where both can be, absent is the outer one.
    pub fn field(&self, required: bool) -> String {
        match (required, self.nullable) {
            (true, false) => self.name.clone(),
            (true, true) | (false, false) => format!("Option<{}>", self.name),
            (false, true) => format!("Option<Option<{}>>", self.name),
        }
    }

    /// The type as files other than `models.rs` name it.
    pub fn outside(&self) -> String {
        match self.kind {
            Kind::Nested | Kind::Enum => match self.name.strip_prefix("Vec<") {
                Some(item) => format!("Vec<models::{item}"),
                None => format!("models::{}", self.name),
            },
            _ => self.name.clone(),
        }
    }

    /// The arguments of `#[serde(…)]` for a field of a derived `Deserialize`, if it needs any.
    pub fn serde(&self, rename: Option<&str>, required: bool) -> Option<String> {
        let reader = match (self.kind, required, self.nullable) {
            (Kind::Integer, true, false) => Some("integer"),
            (Kind::Integer, true, true) | (Kind::Integer, false, false) => Some("optional_integer"),
            (Kind::Integer, false, true) => Some("double_optional_integer"),
            (_, false, true) => Some("double_option"),
            _ => None,
        };
        let mut arguments = Vec::new();
        arguments.extend(rename.map(|name| format!("rename = {name:?}")));
        if !required {
            arguments.extend(reader.map(|_| "default".to_owned()));
        }
        arguments.extend(reader.map(|reader| format!("deserialize_with = \"crate::json::{reader}\"")));
        if !required {
            arguments.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        (!arguments.is_empty()).then(|| arguments.join(", "))
    }

    /// The expression that takes a member of an open model out of `members`.
    pub fn take(&self, name: &str, required: bool) -> String {
        let method = if required { "required" } else { "optional" };
        let (read, unwrap) = match (self.kind, required, self.nullable) {
            (Kind::Integer, true, false) => (format!("::<crate::json::Int<{}>>", self.name), ".0"),
            (Kind::Integer, true, true) => {
                (format!("::<Option<crate::json::Int<{}>>>", self.name), ".map(|int| int.0)")
            }
            (Kind::Integer, false, false) => (format!("::<crate::json::Int<{}>>", self.name), ".map(|int| int.0)"),
            (Kind::Integer, false, true) => {
                (format!("::<Option<crate::json::Int<{}>>>", self.name), ".map(|int| int.map(|int| int.0))")
            }
            _ => (String::new(), ""),
        };
        format!("members.{method}{read}({name:?})?{unwrap}")
    }

    /// The arguments of `#[validate(…)]`, if the schema bounds the value.
    pub fn validate(&self) -> Option<String> {
        let nested = (self.kind == Kind::Nested).then_some("nested");
        let rules: Vec<&str> = self.bounds.as_deref().into_iter().chain(nested).collect();
        (!rules.is_empty()).then(|| rules.join(", "))
    }
}

/// The name of a schema's type, not counting `null`.
pub fn type_name(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default(),
        name => name.as_str().unwrap_or_default(),
    }
}

/// Whether the schema lets a value be `null`.
pub fn is_nullable(schema: &Value) -> bool {
    schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"))
}

/// Whether an object with properties keeps members beyond them.
pub fn is_open(schema: &Value) -> bool {
    schema["additionalProperties"] == true
}

fn string_type(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("date-time") => "chrono::DateTime<chrono::Utc>",
        Some("date") => "chrono::NaiveDate",
        Some("uuid") => "uuid::Uuid",
        _ => "String",
    }
}

/// The bounds that `validator` judges exactly as JSON Schema does: lengths in characters or items, and inclusive or
/// exclusive limits. What it would judge differently (formats, patterns) stays with the run-time validators.
fn bounds(schema: &Value, rust_type: &str) -> Option<String> {
    let (rule, keywords): (_, &[_]) = match type_name(schema) {
        "string" if rust_type == "String" => ("length", &[("minLength", "min"), ("maxLength", "max")]),
        "array" => ("length", &[("minItems", "min"), ("maxItems", "max")]),
        "integer" => ("range", &[("minimum", "min"), ("maximum", "max")]),
        "number" => (
            "range",
            &[
                ("minimum", "min"),
                ("maximum", "max"),
                ("exclusiveMinimum", "exclusive_min"),
                ("exclusiveMaximum", "exclusive_max"),
            ],
        ),
        _ => return None,
    };
    let limits: Vec<String> = keywords
        .iter()
        .filter(|(keyword, _)| !says_nothing(&schema[*keyword], rust_type))
        .map(|(keyword, argument)| match rust_type {
            "f64" => format!("{argument} = {:?}", schema[*keyword].as_f64().unwrap_or_default()),
            _ => format!("{argument} = {}", schema[*keyword]),
        })
        .collect();
    (!limits.is_empty()).then(|| format!("{rule}({})", limits.join(", ")))
}

/// Whether a bound is absent, or one that the Rust type cannot leave anyway.
fn says_nothing(bound: &Value, rust_type: &str) -> bool {
    let limits = match rust_type {
        "i32" => [i64::from(i32::MIN), i64::from(i32::MAX)],
        _ => [i64::MIN, i64::MAX],
    };
    !bound.is_number() || bound.as_i64().is_some_and(|bound| limits.contains(&bound))
}

/// A Rust field or argument name for a name of the contract.
pub fn identifier(name: &str) -> String {
    const RAW: [&str; 46] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
        "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
        "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where",
    ];
    let name = snake_case(name);
    match name.as_str() {
        // These cannot be raw identifiers.
        "self" | "super" | "crate" => format!("{name}_"),
        keyword if RAW.contains(&keyword) => format!("r#{keyword}"),
        _ => name,
    }
}

/// `If-None-Match`, `userId` and `user id` become `if_none_match`, `user_id`, `user_id`.
pub fn snake_case(name: &str) -> String {
    words(name).join("_").to_lowercase()
}

/// `retry_pending` and `createUser` become `RetryPending` and `CreateUser`.
pub fn pascal_case(name: &str) -> String {
    words(name)
        .iter()
        .map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        })
        .collect()
}

/// Splits a name at everything that isn't a letter or digit, and before an upper-case letter that follows a lower-case
/// one or a digit (`ETag` is one word: its `T` follows an upper-case letter).
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut previous = ' ';
    for character in name.chars() {
        let boundary = character.is_uppercase() && (previous.is_lowercase() || previous.is_numeric());
        if boundary || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.push(character);
        }
        previous = character;
    }
    words.retain(|word| !word.is_empty());
    words
}
