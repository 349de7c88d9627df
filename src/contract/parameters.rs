//! The parameters of a request: found, decoded, turned from text into the type that their schema names, and checked.

mod deep;

use std::borrow::Cow;

use axum::extract::RawPathParams;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};
use jsonschema::Validator;
use percent_encoding::percent_decode;
use serde_json::{Map, Number, Value};

use super::ContractError;
use super::document::Node;
use super::validators::Compiler;
use super::violations::Violations;
use crate::api::models::ViolationIn;
use crate::problem::Problem;
use deep::DeepObject;

/// The parameters of one operation.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    path: Vec<Parameter>,
    query: Vec<Parameter>,
    header: Vec<(HeaderName, Parameter)>,
    deep: Vec<DeepObject>,
    /// Whether a query parameter that nobody declared is refused.
    refuse_undeclared: bool,
}

/// One parameter and how to read it.
#[derive(Debug)]
pub(super) struct Parameter {
    name: String,
    place: ViolationIn,
    required: bool,
    default: Option<Value>,
    shape: Shape,
    validator: Validator,
}

/// How a parameter's text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One value.
    One(Kind),
    /// A list, one value each time that the parameter is given.
    Repeated(Kind),
    /// A list in one value, separated by commas.
    Commas(Kind),
}

/// What a text becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    Integer,
    Number,
    Boolean,
}

impl Parameters {
    /// Reads an operation's own parameters and those that it inherits from its path.
    pub(super) fn read(
        compiler: &Compiler<'_>,
        root: &Node<'_>,
        item: &Node<'_>,
        operation: &Node<'_>,
    ) -> Result<Parameters, ContractError> {
        let refuse_undeclared = match root.text("x-undeclared-query-parameters") {
            Some("refuse") => true,
            Some("ignore") | None => false,
            Some(_) => return Err(root.unsupported("x-undeclared-query-parameters must be ignore or refuse")),
        };
        let mut read = Parameters { refuse_undeclared, ..Parameters::default() };
        let own = operation.member("parameters");
        let inherited = item.member("parameters");
        for node in own.iter().chain(&inherited).flat_map(|list| list.items().collect::<Vec<_>>()) {
            read.add(compiler, &node.resolved()?)?;
        }
        Ok(read)
    }

    fn add(&mut self, compiler: &Compiler<'_>, node: &Node<'_>) -> Result<(), ContractError> {
        let name = node.text("name").ok_or_else(|| node.unsupported("a parameter needs a name"))?;
        let refused = |what: &str| node.unsupported(format!("parameter '{name}': {what}"));
        let (place, known) = match node.text("in") {
            Some("path") => (ViolationIn::Path, &mut self.path),
            Some("query") if node.text("style") == Some("deepObject") => {
                if self.deep.iter().all(|known| !known.is(name)) {
                    self.deep.push(DeepObject::read(compiler, node, name)?);
                }
                return Ok(());
            }
            Some("query") => (ViolationIn::Query, &mut self.query),
            Some("header") => {
                let header = name.parse::<HeaderName>().map_err(|_| refused("not a header's name"))?;
                // OpenAPI ignores parameters of these names: other parts of the document describe the headers.
                if !["accept", "content-type", "authorization"].contains(&header.as_str())
                    && self.header.iter().all(|(known, _)| *known != header)
                {
                    self.header.push((header, Parameter::read(compiler, node, name, ViolationIn::Header)?));
                }
                return Ok(());
            }
            _ => return Err(refused("only path, query and header parameters are supported")),
        };
        // The operation's own come first and replace the path's.
        if known.iter().all(|known| known.name != name) {
            known.push(Parameter::read(compiler, node, name, place)?);
        }
        Ok(())
    }

    /// 428 where the contract requires If-Match and the request has none (RFC 6585): the client is to read first.
    pub(super) fn preconditions(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let lacks = |(name, parameter): &(HeaderName, Parameter)| {
            parameter.required && name == IF_MATCH && !headers.contains_key(name)
        };
        if self.header.iter().any(lacks) { Err(Problem::precondition_required()) } else { Ok(()) }
    }

    /// Whether the path has any, which axum is then asked for.
    pub(super) fn has_path(&self) -> bool {
        !self.path.is_empty()
    }

    /// The headers that are parameters.
    pub(super) fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        self.header.iter().map(|(name, _)| name)
    }

    /// The parameters of the path. axum has matched and decoded them.
    pub(super) fn path(&self, matched: &RawPathParams, violations: &mut Violations) -> Map<String, Value> {
        let mut values = Map::new();
        for parameter in &self.path {
            let text = matched.iter().find(|(name, _)| *name == parameter.name).map(|(_, text)| text.as_bytes());
            parameter.add(text.as_slice(), plain, &mut values, violations);
        }
        values
    }

    /// The parameters of the query string.
    pub(super) fn query(&self, query: &str, violations: &mut Violations) -> Map<String, Value> {
        let mut values = Map::new();
        if self.query.is_empty() && self.deep.is_empty() && !self.refuse_undeclared {
            return values;
        }
        let mut given = vec![Vec::new(); self.query.len()];
        let mut members = vec![Vec::new(); self.deep.len()];
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            let name = form_decoded(name.as_bytes()).unwrap_or(Cow::Borrowed(name));
            if let Some(index) = self.query.iter().position(|parameter| parameter.name == name) {
                given[index].push(text.as_bytes());
            } else if let Some((index, member)) =
                self.deep.iter().enumerate().find_map(|(index, object)| Some((index, object.member(&name)?)))
            {
                members[index].push((member, text.as_bytes()));
            } else if self.refuse_undeclared {
                violations.in_parameter(ViolationIn::Query, &name, "additionalProperties", "is not allowed");
            }
        }
        for (parameter, texts) in self.query.iter().zip(&given) {
            parameter.add(texts, form_decoded, &mut values, violations);
        }
        for (object, members) in self.deep.iter().zip(&members) {
            object.add(members, self.refuse_undeclared, &mut values, violations);
        }
        values
    }

    /// The parameters among the headers.
    pub(super) fn header(&self, headers: &HeaderMap, violations: &mut Violations) -> Map<String, Value> {
        let mut values = Map::new();
        for (header, parameter) in &self.header {
            let texts: Vec<_> = headers.get_all(header).iter().map(|value| value.as_bytes()).collect();
            // A list may come on several lines (RFC 9110, 5.3), and these two are lists although their schema is a text.
            if texts.len() > 1 && [IF_MATCH, IF_NONE_MATCH].contains(header) {
                parameter.add(&[&texts.join(&b", "[..])], plain, &mut values, violations);
            } else {
                parameter.add(&texts, plain, &mut values, violations);
            }
        }
        values
    }
}

impl Parameter {
    fn read(
        compiler: &Compiler<'_>,
        node: &Node<'_>,
        name: &str,
        place: ViolationIn,
    ) -> Result<Parameter, ContractError> {
        let refused = |what: String| node.unsupported(format!("parameter '{name}': {what}"));
        let schema =
            node.member("schema").ok_or_else(|| refused("only parameters with a schema are supported".into()))?;
        let shape = shape_of(node, &schema, place).map_err(refused)?;
        let validator = compiler.compile(&schema)?;
        let default = default_of(&schema)?;
        if default.as_ref().is_some_and(|default| !validator.is_valid(default)) {
            return Err(refused("its default does not fit its schema".into()));
        }
        Ok(Parameter { name: name.to_owned(), place, required: node.flag("required"), default, shape, validator })
    }

    /// Adds the value of this parameter, given as `texts`, or says what is wrong with it.
    fn add(
        &self,
        texts: &[&[u8]],
        decoded: fn(&[u8]) -> Option<Cow<'_, str>>,
        values: &mut Map<String, Value>,
        violations: &mut Violations,
    ) {
        let value = match (texts, &self.default) {
            ([], Some(default)) => Ok(default.clone()),
            ([], None) if self.required => Err(("required", "is required")),
            ([], None) => return,
            (texts, _) => self.coerced(texts, decoded).map_err(|message| ("type", message)),
        };
        match value {
            Ok(value) => {
                violations.check_parameter(&self.validator, &value, self.place, &self.name);
                values.insert(self.name.clone(), value);
            }
            Err((keyword, message)) => violations.in_parameter(self.place, &self.name, keyword, message),
        }
    }

    fn coerced(&self, texts: &[&[u8]], decoded: fn(&[u8]) -> Option<Cow<'_, str>>) -> Result<Value, &'static str> {
        let one = |kind: Kind, text: &[u8]| kind.coerced(decoded(text).ok_or("must be valid UTF-8")?);
        match (self.shape, texts) {
            (Shape::One(kind), [text]) => one(kind, text),
            (Shape::One(_), _) => Err("must be given only once"),
            (Shape::Repeated(kind), texts) => texts.iter().map(|text| one(kind, text)).collect(),
            // Commas separate before anything is decoded: an encoded comma belongs to an item.
            (Shape::Commas(kind), texts) => texts
                .iter()
                .flat_map(|text| text.split(|byte| *byte == b','))
                .map(|text| one(kind, text.trim_ascii()))
                .collect(),
        }
    }
}

impl Kind {
    /// The kind that a schema's `type` names; `null` beside it changes nothing, as no text means null.
    fn of(schema: &Node<'_>) -> Option<Kind> {
        let named = |value: &Value| match value.as_str()? {
            "string" => Some(Kind::String),
            "integer" => Some(Kind::Integer),
            "number" => Some(Kind::Number),
            "boolean" => Some(Kind::Boolean),
            _ => None,
        };
        match schema.value().get("type")? {
            Value::Array(types) => match types.iter().filter(|value| *value != "null").collect::<Vec<_>>()[..] {
                [one] => named(one),
                _ => None,
            },
            one => named(one),
        }
    }

    /// Numbers and truth values are spelled as in JSON, integers without fraction and exponent: one spelling a value.
    fn coerced(self, text: Cow<'_, str>) -> Result<Value, &'static str> {
        match self {
            Kind::String => Ok(Value::String(text.into_owned())),
            Kind::Integer => integer(&text).map(Value::Number).ok_or("must be an integer"),
            Kind::Number => number(&text).map(Value::Number).ok_or("must be a number"),
            Kind::Boolean => match &*text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err("must be true or false"),
            },
        }
    }
}

fn integer(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if digits.is_empty() || !plain {
        return None;
    }
    let exact = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    // One that is too large for any integer type is still an integer: its schema's bounds refuse it.
    exact.ok().or_else(|| Number::from_f64(text.parse::<f64>().ok()?.clamp(f64::MIN, f64::MAX)))
}

fn number(text: &str) -> Option<Number> {
    // The parser alone would let spaces pass.
    let first = text.bytes().next()?;
    let last = text.bytes().next_back()?;
    let bare = (first == b'-' || first.is_ascii_digit()) && last.is_ascii_digit();
    if bare { serde_json::from_str(text).ok() } else { None }
}

/// The value of a parameter that is not given, if its schema has one; its own goes before that of a component.
fn default_of(schema: &Node<'_>) -> Result<Option<Value>, ContractError> {
    let resolved = schema.clone().resolved()?;
    Ok(schema.member("default").or_else(|| resolved.member("default")).map(|default| default.value().clone()))
}

/// How a parameter is laid out, or what about it is not supported.
fn shape_of(parameter: &Node<'_>, schema: &Node<'_>, place: ViolationIn) -> Result<Shape, String> {
    let usual = if place == ViolationIn::Query { "form" } else { "simple" };
    if let Some(style) = parameter.text("style").filter(|style| *style != usual) {
        return Err(format!("style '{style}' is not supported"));
    }
    let schema = schema.clone().resolved().map_err(|error| error.to_string())?;
    if schema.text("type") != Some("array") {
        return Kind::of(&schema).map(Shape::One).ok_or_else(|| "its schema's type is not supported".to_owned());
    }
    let items = schema.member("items").map(Node::resolved).transpose().map_err(|error| error.to_string())?;
    let kind = items.as_ref().and_then(Kind::of).ok_or("a list of items of this type is not supported")?;
    match place {
        ViolationIn::Query if parameter.value().get("explode") != Some(&Value::Bool(false)) => {
            Ok(Shape::Repeated(kind))
        }
        ViolationIn::Query | ViolationIn::Header => Ok(Shape::Commas(kind)),
        _ => Err("a list in the path is not supported".to_owned()),
    }
}

/// A text that is not encoded; `None` if it is not UTF-8.
fn plain(text: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(text).ok().map(Cow::Borrowed)
}

/// A part of a query string, decoded; `None` if that is not UTF-8. A form writes a space as `+`.
fn form_decoded(text: &[u8]) -> Option<Cow<'_, str>> {
    if !text.contains(&b'+') && !text.contains(&b'%') {
        return plain(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(|decoded| Cow::Owned(decoded.into_owned()))
}
