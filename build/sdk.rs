//! What the SDKs have in common: an operation with its parameters, answers, events and pages, whatever the language.
//!
//! The types are those of the default document, where a misspelt member is an error; what the flexible document opens
//! is kept beside, for each SDK's second entry point.

use serde_json::{Map, Value, json};

use crate::hints::{self, is_json, is_secured, items, members, operations, resolve};
use crate::lower;
use crate::rust_type::{identifier, pascal_case, type_name};

#[path = "sdk/flexible.rs"]
mod flexible;
#[path = "sdk/python.rs"]
pub mod python;
#[path = "sdk/shape.rs"]
pub mod shape;
#[path = "sdk/typescript.rs"]
pub mod typescript;

/// An operation of a lowered document.
pub struct Operation<'a> {
    pub document: &'a Value,
    pub id: &'a str,
    /// In capitals.
    pub method: String,
    pub path: &'a str,
    /// Whether it wants a token.
    pub is_secured: bool,
    pub parameters: Vec<Parameter<'a>>,
    /// The media type of the body, and its schema.
    pub body: Option<(&'a str, &'a Value)>,
    /// Those that are no problems.
    pub answers: Vec<Answer<'a>>,
    /// The events of an answer that is a stream and the schemas of their data; none are named if all are text.
    pub events: Option<Vec<(&'a str, &'a Value)>>,
    /// The schema of the items, if the operation answers with pages.
    pub page_item: Option<&'a Value>,
    operation: &'a Value,
}

/// A parameter, wherever it is in the request.
pub struct Parameter<'a> {
    pub name: &'a str,
    /// `path`, `query` or `header`.
    pub place: &'a str,
    pub required: bool,
    pub schema: &'a Value,
    pub doc: &'a str,
    /// See [`hints::deprecation`].
    pub deprecation: Option<String>,
    /// The name of the codec that writes it in a query.
    pub encoding: &'static str,
    pub is_list: bool,
}

/// An answer that is no problem.
pub struct Answer<'a> {
    pub code: &'a str,
    pub body: Body<'a>,
    pub headers: Vec<Header<'a>>,
}

/// What an answer has for a body.
pub enum Body<'a> {
    Json(&'a Value),
    Text,
    Nothing,
}

/// A header that the contract names.
pub struct Header<'a> {
    pub name: &'a str,
    pub required: bool,
    pub schema: &'a Value,
    pub doc: &'a str,
}

impl<'a> Operation<'a> {
    /// Every operation of a lowered document.
    pub fn all(document: &'a Value) -> Vec<Operation<'a>> {
        operations(document).map(|(path, method, operation)| Operation::of(document, path, method, operation)).collect()
    }

    fn of(document: &'a Value, path: &'a str, method: &str, operation: &'a Value) -> Operation<'a> {
        Operation {
            document,
            id: operation["operationId"].as_str().unwrap_or_default(),
            method: method.to_uppercase(),
            path,
            is_secured: is_secured(document, operation),
            parameters: items(&operation["parameters"]).map(|parameter| Parameter::of(document, parameter)).collect(),
            body: members(&resolve(document, &operation["requestBody"])["content"])
                .next()
                .map(|(media, content)| (media, &content["schema"])),
            answers: answers(document, operation),
            events: events(document, operation),
            page_item: page_item(document, operation),
            operation,
        }
    }

    /// Summary, description, and where the operation is found.
    pub fn prose(&self) -> Vec<String> {
        let prose = [&self.operation["summary"], &self.operation["description"]].into_iter().filter_map(Value::as_str);
        prose.map(|text| text.trim().to_owned()).chain([format!("`{} {}`", self.method, self.path)]).collect()
    }

    /// See [`hints::deprecation`].
    pub fn deprecation(&self) -> Option<String> {
        hints::deprecation(self.operation)
    }

    /// The statuses that are problems, as the contract writes them.
    pub fn problems(&self) -> Vec<&'a str> {
        members(&self.operation["responses"])
            .filter(|(_, response)| is_problem(resolve(self.document, response)))
            .map(|(code, _)| code)
            .collect()
    }

    /// The parameters in one part of the request.
    pub fn in_place(&self, place: &'static str) -> impl Iterator<Item = &Parameter<'a>> {
        self.parameters.iter().filter(move |parameter| parameter.place == place)
    }

    /// What the function for all pages is called, if there is one.
    pub fn pages_name(&self) -> Option<String> {
        self.page_item.map(|_| pages_name(self.operation))
    }

    /// The parts of the path: what a parameter is for, or the text itself.
    fn segments(&self) -> impl Iterator<Item = Result<&'a str, &'a str>> {
        let parameter = |segment: &'a str| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        self.path.split('/').map(move |segment| parameter(segment).ok_or(segment))
    }
}

impl<'a> Parameter<'a> {
    fn of(document: &'a Value, parameter: &'a Value) -> Parameter<'a> {
        let schema = resolve(document, &parameter["schema"]);
        let is_list = type_name(schema) == "array";
        let name = parameter["name"].as_str().unwrap_or_default();
        Parameter {
            name,
            place: parameter["in"].as_str().unwrap_or_default(),
            required: parameter["required"] == true,
            schema: &parameter["schema"],
            doc: parameter["description"].as_str().or(schema["description"].as_str()).unwrap_or(name),
            deprecation: hints::deprecation(parameter),
            encoding: match (parameter["style"].as_str(), is_list) {
                (Some("deepObject"), _) => "deep",
                (_, true) if parameter["explode"] == false => "joined",
                (_, true) => "repeated",
                _ => "single",
            },
            is_list,
        }
    }

    /// Whether it says after which event a stream goes on. The ids of events are text, whatever the contract makes of them.
    pub fn resumes(&self, operation: &Operation<'_>) -> bool {
        operation.events.is_some() && self.name == "Last-Event-ID"
    }
}

/// The generator's input: the operations as `describe` has them, and what else the templates need. The generator insists
/// on parameters and responses; the templates do without.
fn input(default: &Value, document: &Value, describe: impl Fn(&Operation<'_>) -> Value, more: Value) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in Operation::all(document) {
        let in_path = |parameter: &Parameter<'_>| json!({"name": parameter.name, "in": "path", "required": true, "schema": {"type": "string"}});
        let mut described = json!({
            "operationId": operation.id,
            "tags": operation.operation["tags"],
            "parameters": operation.in_place("path").map(in_path).collect::<Vec<_>>(),
            "responses": {"200": {"description": ""}},
        });
        extend(&mut described, describe(&operation));
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = described;
    }
    let mut input = json!({
        "openapi": default["openapi"],
        "info": default["info"],
        "tags": default["tags"],
        "paths": paths,
        "components": {},
    });
    extend(&mut input, more);
    input
}

fn extend(target: &mut Value, more: Value) {
    if let (Value::Object(target), Value::Object(more)) = (target, more) {
        target.extend(more);
    }
}

/// The default document and what the flexible one opens, of two documents that have passed the gate.
fn lowered(default: &Value, flexible: &Value) -> Result<(Value, Value, flexible::Opened), String> {
    let (default, flexible) = (lower::lower(default).document, lower::lower(flexible).document);
    let opened = flexible::opened(&default, &flexible)?;
    Ok((default, flexible, opened))
}

/// What a parameter is called among the arguments, and a header in an answer.
pub fn argument_name(parameter: &str) -> String {
    identifier(parameter).trim_start_matches("r#").to_owned()
}

fn is_problem(response: &Value) -> bool {
    !response["content"]["application/problem+json"].is_null()
}

fn answers<'a>(document: &'a Value, operation: &'a Value) -> Vec<Answer<'a>> {
    members(&operation["responses"])
        .filter(|(code, _)| code.parse::<u16>().is_ok())
        .map(|(code, response)| (code, resolve(document, response)))
        .filter(|(_, response)| !is_problem(response))
        .map(|(code, response)| Answer {
            code,
            body: match members(&response["content"]).next() {
                Some((media, content)) if is_json(media) => Body::Json(&content["schema"]),
                Some(_) => Body::Text,
                None => Body::Nothing,
            },
            headers: members(&response["headers"])
                .map(|(name, header)| (name, resolve(document, header)))
                .map(of)
                .collect(),
        })
        .collect()
}

fn of<'a>((name, header): (&'a str, &'a Value)) -> Header<'a> {
    Header {
        name,
        required: header["required"] == true,
        schema: &header["schema"],
        doc: header["description"].as_str().unwrap_or(name),
    }
}

fn events<'a>(document: &'a Value, operation: &'a Value) -> Option<Vec<(&'a str, &'a Value)>> {
    let content = members(&operation["responses"])
        .find_map(|(_, response)| resolve(document, response)["content"].get("text/event-stream"))?;
    Some(members(&content["x-events"]).collect())
}

/// The schema of the items, if the one answer is a page and there is a `cursor` to get the next.
pub fn page_item<'a>(document: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    let mut successes = members(&operation["responses"])
        .filter(|(code, _)| code.starts_with(['2', '3']))
        .map(|(_, response)| &resolve(document, response)["content"]["application/json"]["schema"]);
    let (page, others) = (resolve(document, successes.next()?), successes.next());
    let has_cursor =
        items(&operation["parameters"]).any(|parameter| parameter["in"] == "query" && parameter["name"] == "cursor");
    let is_page = page["properties"]["next_cursor"].is_object() && page["properties"]["items"]["items"].is_object();
    (others.is_none() && has_cursor && is_page).then(|| &page["properties"]["items"]["items"])
}

/// `listUsers` gives `allUsers`.
pub fn pages_name(operation: &Value) -> String {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let rest = id.strip_prefix("list").or(id.strip_prefix("get")).filter(|rest| !rest.is_empty()).unwrap_or(id);
    format!("all{}", pascal_case(rest))
}

/// How the lists of a language are written.
struct Layout {
    /// How long a line may be, without what it is indented by.
    width: usize,
    /// The indents of a list of several lines: its end's, and its items'.
    outer: &'static str,
    inner: &'static str,
}

impl Layout {
    /// A list on one line if it fits there, else with a line for each item.
    fn list(&self, opening: &str, items: &[String], closing: &str) -> String {
        let line = format!("{opening}{}{closing}", items.join(", "));
        if line.len() <= self.width {
            return line;
        }
        let items: String = items.iter().map(|item| format!("{}{item},\n", self.inner)).collect();
        format!("{}\n{items}{}{}", opening.trim_end(), self.outer, closing.trim_start())
    }
}
