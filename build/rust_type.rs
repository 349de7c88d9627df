//! Which Rust type a schema becomes, and what serde and `validator` are told about it.

use serde_json::{Map, Value};

/// The component schemas, to follow references with.
pub struct Schemas(Map<String, Value>);

/// The Rust side of one schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The type as `models.rs` names it, without `Option`.
    name: String,
    /// The type as other files name it.
    outside: String,
    kind: Kind,
    nullable: bool,
    /// The schema's limits in the words of `#[validate(…)]`.
    bounds: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Integers, also in lists and maps: deserialized leniently, because JSON Schema calls `6.0` an integer and serde
    /// doesn't.
    Integer,
    /// A struct or union of `models.rs`, or a list of them.
    Nested,
    /// A map of those. `validator` looks into one, but not into lists of them.
    NestedMap,
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
            let mut shape = match named_kind(target) {
                Some(kind) => Shape {
                    name: name.to_owned(),
                    outside: format!("models::{name}"),
                    kind,
                    nullable: is_nullable(target),
                    bounds: None,
                },
                // An alias such as `Email` has no Rust type of its own.
                None => self.shape(target),
            };
            shape.nullable |= schema["x-null"] == true;
            if schema["x-box"] == true {
                shape.name = format!("Box<{}>", shape.name);
            }
            return shape;
        }
        let (kind, name, outside) = match (type_name(schema), &schema["additionalProperties"]) {
            ("array", _) => self.container(&schema["items"], "Vec<", false),
            ("object", value @ Value::Object(keywords)) if !keywords.is_empty() => {
                self.container(value, "std::collections::BTreeMap<String, ", true)
            }
            (name, _) => {
                let kind = if name == "integer" { Kind::Integer } else { Kind::Other };
                (kind, plain_type(schema).to_owned(), plain_type(schema).to_owned())
            }
        };
        Shape { bounds: bounds(schema, &name), name, outside, kind, nullable: is_nullable(schema) }
    }

    /// A list or map of what `item` describes.
    fn container(&self, item: &Value, opening: &str, is_map: bool) -> (Kind, String, String) {
        let item = self.shape(item);
        let kind = match item.kind {
            Kind::Integer => Kind::Integer,
            Kind::Nested if !item.nullable && is_map => Kind::NestedMap,
            Kind::Nested if !item.nullable => Kind::Nested,
            _ => Kind::Other,
        };
        (kind, format!("{opening}{}>", item.field(true)), format!("{opening}{}>", item.optional(&item.outside, true)))
    }

    /// The default of a schema, if it has one; its own goes before that of the component it refers to.
    pub fn default<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        schema.get("default").or_else(|| self.resolve(schema).get("default"))
    }

    /// A default of the contract as a Rust expression; `None` if its type has none that would be right.
    pub fn literal(&self, schema: &Value, value: &Value) -> Option<String> {
        let nullable = self.shape(schema).nullable;
        match value {
            Value::Null => nullable.then(|| "None".to_owned()),
            value if nullable => Some(format!("Some({})", self.plain_literal(schema, value)?)),
            value => self.plain_literal(schema, value),
        }
    }

    fn plain_literal(&self, schema: &Value, value: &Value) -> Option<String> {
        if let Some((name, target)) = self.target(schema) {
            return match &target["enum"] {
                Value::Array(values) if values.contains(value) => {
                    Some(format!("{name}::{}", pascal_case(value.as_str()?)))
                }
                Value::Array(_) => None,
                _ => self.plain_literal(target, value),
            };
        }
        match plain_type(schema) {
            _ if type_name(schema) == "array" => {
                let items: Option<Vec<String>> =
                    value.as_array()?.iter().map(|item| self.literal(&schema["items"], item)).collect();
                Some(format!("vec![{}]", items?.join(", ")))
            }
            "String" => Some(format!("{:?}.to_owned()", value.as_str()?)),
            "bool" => Some(value.as_bool()?.to_string()),
            "i32" => Some(i32::try_from(value.as_i64()?).ok()?.to_string()),
            "i64" => Some(value.as_i64()?.to_string()),
            "f64" => Some(format!("{:?}", value.as_f64()?)),
            _ => None,
        }
    }
}

impl Shape {
    /// The type of a field: absent is `None`, `null` is `None`, and where both can be, absent is the outer one.
    pub fn field(&self, required: bool) -> String {
        self.optional(&self.name, required)
    }

    fn optional(&self, name: &str, required: bool) -> String {
        match (required, self.nullable) {
            (true, false) => name.to_owned(),
            (true, true) | (false, false) => format!("Option<{name}>"),
            (false, true) => format!("Option<Option<{name}>>"),
        }
    }

    /// The type of a field as files other than `models.rs` name it.
    pub fn outside(&self, required: bool) -> String {
        self.optional(&self.outside, required)
    }

    /// The arguments of `#[serde(…)]` for a field of a derived `Deserialize`, if it needs any. `default` is the function
    /// that makes the value of an absent member.
    pub fn serde(&self, rename: Option<&str>, required: bool, default: Option<&str>) -> Option<String> {
        let reader = match (self.kind, required, self.nullable) {
            (Kind::Integer, true, false) => Some("integer"),
            (Kind::Integer, true, true) | (Kind::Integer, false, false) => Some("optional_integer"),
            (Kind::Integer, false, true) => Some("double_optional_integer"),
            (_, false, true) => Some("double_option"),
            _ => None,
        };
        let mut arguments = Vec::new();
        arguments.extend(rename.map(|name| format!("rename = {name:?}")));
        match default {
            Some(function) => arguments.push(format!("default = {function:?}")),
            None if !required => arguments.extend(reader.map(|_| "default".to_owned())),
            None => {}
        }
        arguments.extend(reader.map(|reader| format!("deserialize_with = \"crate::json::{reader}\"")));
        if !required {
            arguments.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        (!arguments.is_empty()).then(|| arguments.join(", "))
    }

    /// The expression that takes a member of an open model out of `members`.
    pub fn take(&self, name: &str, required: bool, default: Option<&str>) -> String {
        let integer = self.kind == Kind::Integer;
        let read = if integer { format!("::<crate::json::Int<{}>>", self.field(true)) } else { String::new() };
        let unwrapped = if integer { ".map(|int| int.0)" } else { "" };
        match default {
            Some(function) => format!("members.optional{read}({name:?})?{unwrapped}.unwrap_or_else({function})"),
            None if required => {
                format!("members.required{read}({name:?})?{}", if integer { ".0" } else { "" })
            }
            None => format!("members.optional{read}({name:?})?{unwrapped}"),
        }
    }

    /// The arguments of `#[validate(…)]`, if the schema bounds the value.
    pub fn validate(&self) -> Option<String> {
        let nested = matches!(self.kind, Kind::Nested | Kind::NestedMap).then_some("nested");
        let rules: Vec<&str> = self.bounds.as_deref().into_iter().chain(nested).collect();
        (!rules.is_empty()).then(|| rules.join(", "))
    }
}

/// The kind of a component that has a Rust type of its own.
fn named_kind(component: &Value) -> Option<Kind> {
    match component {
        component if component["enum"].is_array() => Some(Kind::Other),
        component if component["properties"].is_object() || component["oneOf"].is_array() => Some(Kind::Nested),
        _ => None,
    }
}

/// The Rust type of a single value, or of an object that says nothing of its members.
fn plain_type(schema: &Value) -> &'static str {
    match (type_name(schema), schema["format"].as_str()) {
        ("integer", Some("int32")) => "i32",
        ("integer", _) => "i64",
        ("number", _) => "f64",
        ("boolean", _) => "bool",
        ("string", Some("date-time")) => "chrono::DateTime<chrono::Utc>",
        ("string", Some("date")) => "chrono::NaiveDate",
        ("string", Some("uuid")) => "uuid::Uuid",
        ("string", _) => "String",
        _ => "crate::json::Object",
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

/// The bounds that `validator` judges exactly as JSON Schema does: lengths in characters or items, and inclusive or
/// exclusive limits. What it would judge differently (formats, patterns) stays with the run-time validators.
fn bounds(schema: &Value, rust_type: &str) -> Option<String> {
    let (rule, keywords): (_, &[_]) = match type_name(schema) {
        "string" if rust_type == "String" => ("length", &[("minLength", "min"), ("maxLength", "max")]),
        "array" => ("length", &[("minItems", "min"), ("maxItems", "max")]),
        "integer" | "number" => (
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
