//! What the templates of the TypeScript SDK are given: types and calls in words of TypeScript, which they only lay out.
//!
//! The types are those of the default document, where a misspelt member is an error; what the flexible document opens
//! is kept beside, for the SDK's second entry point.

use serde_json::{Map, Value, json};

use crate::hints::{is_json, is_secured, items, members, operations, resolve};
use crate::lower;
use crate::rust_type::{identifier, pascal_case, type_name};
use crate::typescript::{Types, comment, quoted};

#[path = "sdk/flexible.rs"]
mod flexible;
#[path = "sdk/imports.rs"]
mod imports;

/// How long a line of a list may be, without what it is indented by.
const WIDTH: usize = 110;

/// The generator's input, of a default and a flexible document that have passed the gate.
pub fn annotate(default: &Value, flexible: &Value) -> Result<Value, String> {
    let document = lower::lower(default).document;
    let types = Types::of(&document, str::to_owned);
    let models: Vec<Value> =
        members(&document["components"]["schemas"]).flat_map(|(name, _)| types.component(name)).collect();
    let outside = Types::of(&document, |name| format!("models.{name}"));
    let mut paths: Map<String, Value> = Map::new();
    for (path, method, operation) in operations(&document) {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = annotated(&document, &outside, path, method, operation);
    }
    imports::annotate(&mut paths);
    Ok(json!({
        "openapi": default["openapi"],
        "info": default["info"],
        "tags": default["tags"],
        "paths": paths,
        "components": {},
        "x-models": models,
        "x-jobs": jobs(&document, &types),
        "x-flexible": flexible::annotate(&document, &lower::lower(flexible).document)?,
    }))
}

fn jobs(document: &Value, types: &Types<'_>) -> Vec<Value> {
    let job = |(name, job): (&str, &Value)| {
        let doc = comment(job["description"].as_str().unwrap_or_default().to_owned());
        json!({"doc": doc, "field": types.member(name, &types.of_schema(&job["payload"]), true, true)})
    };
    members(&document["x-job-types"]).map(job).collect()
}

fn annotated(document: &Value, types: &Types<'_>, path: &str, method: &str, operation: &Value) -> Value {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let (answer_types, readers): (Vec<String>, Vec<String>) =
        answers(document, types, operation).into_iter().map(|answer| (answer.of_type, answer.reader)).unzip();
    let stream = stream(document, types, operation);
    let arguments = arguments(document, types, operation, stream.is_some());
    let optional = arguments.iter().all(|argument| argument["required"] != true);
    json!({
        "operationId": id,
        "tags": operation["tags"],
        // The generator insists on these two; the templates do without.
        "parameters": of_kind(operation, "path").map(in_path).collect::<Vec<_>>(),
        "responses": {"200": {"description": ""}},
        "x-id": id,
        "x-name": pascal_case(id),
        "x-doc": operation_doc(operation, method, path),
        "x-has-args": !arguments.is_empty(),
        "x-no-args": if optional { " = {}" } else { "" },
        "x-args": arguments,
        "x-call": call(document, path, method, operation),
        "x-pages": pages(document, types, operation),
        "x-answer": choice(&format!("{}Answer", pascal_case(id)), &answer_types),
        "x-readers": readers,
        "x-stream": stream,
    })
}

/// The parameters in one part of the request.
fn of_kind<'a>(operation: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    items(&operation["parameters"]).filter(move |parameter| parameter["in"] == kind)
}

fn in_path(parameter: &Value) -> Value {
    json!({"name": parameter["name"], "in": "path", "required": true, "schema": {"type": "string"}})
}

/// Summary, description, and where the operation is found.
pub fn operation_doc(operation: &Value, method: &str, path: &str) -> Value {
    let prose = [operation["summary"].as_str(), operation["description"].as_str()];
    let mut paragraphs: Vec<String> = prose.into_iter().flatten().map(|text| text.trim().to_owned()).collect();
    paragraphs.push(format!("`{} {path}`", method.to_uppercase()));
    comment(paragraphs.join("\n\n"))
}

/// What a parameter is called among the arguments, and a header in an answer.
pub fn argument_name(parameter: &str) -> String {
    identifier(parameter).trim_start_matches("r#").to_owned()
}

fn name_of(parameter: &Value) -> &str {
    parameter["name"].as_str().unwrap_or_default()
}

fn arguments(document: &Value, types: &Types<'_>, operation: &Value, is_stream: bool) -> Vec<Value> {
    let parameter = |parameter: &Value| {
        let required = parameter["required"] == true;
        // The ids of events are text, whatever the contract makes of them.
        let resumes = is_stream && parameter["name"] == "Last-Event-ID";
        let of_type = if resumes { "string | number".to_owned() } else { types.of_schema(&parameter["schema"]) };
        let field = types.member(&argument_name(name_of(parameter)), &of_type, required, true);
        let described = &resolve(document, &parameter["schema"])["description"];
        let doc = parameter["description"].as_str().or(described.as_str()).or(parameter["name"].as_str());
        json!({"doc": comment(doc.unwrap_or_default().to_owned()), "field": field, "required": required})
    };
    let body = body(document, operation).map(|(_, schema)| {
        let field = types.member("body", &types.of_schema(schema), true, true);
        json!({"doc": comment("The body.".to_owned()), "field": field, "required": true})
    });
    items(&operation["parameters"]).map(parameter).chain(body).collect()
}

/// The media type of an operation's body and its schema.
pub fn body<'a>(document: &'a Value, operation: &'a Value) -> Option<(&'a str, &'a Value)> {
    let (media, content) = members(&resolve(document, &operation["requestBody"])["content"]).next()?;
    Some((media, &content["schema"]))
}

/// The members of the call that a function makes.
fn call(document: &Value, path: &str, method: &str, operation: &Value) -> Vec<String> {
    let mut call = vec![format!("method: {}", quoted(&method.to_uppercase())), format!("path: {}", path_text(path))];
    if is_secured(document, operation) {
        call.push("secured: true".to_owned());
    }
    let query: Vec<String> = of_kind(operation, "query").map(|parameter| query(document, parameter)).collect();
    if !query.is_empty() {
        call.push(laid_out("query: [", &query, "]"));
    }
    let headers: Vec<String> = of_kind(operation, "header").map(|parameter| header(document, parameter)).collect();
    if !headers.is_empty() {
        call.push(laid_out("headers: { ", &headers, " }"));
    }
    if let Some((media, _)) = body(document, operation) {
        call.extend([format!("media: {}", quoted(media)), "body: args.body".to_owned()]);
    }
    call
}

/// The path as a template literal.
fn path_text(path: &str) -> String {
    if !path.contains('{') {
        return quoted(path);
    }
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => format!("${{segment(args.{})}}", argument_name(name)),
        None => segment.to_owned(),
    };
    format!("`{}`", path.split('/').map(segment).collect::<Vec<_>>().join("/"))
}

fn query(document: &Value, parameter: &Value) -> String {
    let is_list = type_name(resolve(document, &parameter["schema"])) == "array";
    let encode = match (parameter["style"].as_str(), is_list) {
        (Some("deepObject"), _) => "deep",
        (_, true) if parameter["explode"] == false => "joined",
        (_, true) => "repeated",
        _ => "single",
    };
    let name = quoted(name_of(parameter));
    format!("{encode}({name}, args.{})", argument_name(name_of(parameter)))
}

fn header(document: &Value, parameter: &Value) -> String {
    let is_list = type_name(resolve(document, &parameter["schema"])) == "array";
    let join = if is_list { "?.join()" } else { "" };
    let name = quoted(name_of(parameter));
    format!("{name}: args.{}{join}", argument_name(name_of(parameter)))
}

/// An answer that is no problem: its type, and how it is read.
struct Answer {
    of_type: String,
    reader: String,
}

fn answers(document: &Value, types: &Types<'_>, operation: &Value) -> Vec<Answer> {
    members(&operation["responses"])
        .filter(|(code, _)| code.parse::<u16>().is_ok())
        .map(|(code, response)| (code, resolve(document, response)))
        .filter(|(_, response)| response["content"]["application/problem+json"].is_null())
        .map(|(code, response)| answer(document, types, code, response))
        .collect()
}

fn answer(document: &Value, types: &Types<'_>, code: &str, response: &Value) -> Answer {
    let (body, read) = match members(&response["content"]).next() {
        Some((media, content)) if is_json(media) => (types.of_schema(&content["schema"]), "json"),
        Some(_) => ("string".to_owned(), "text"),
        None => ("undefined".to_owned(), "nothing"),
    };
    let (mut typed, mut readers) = (Vec::new(), Vec::new());
    for (name, header) in members(&response["headers"]) {
        let header = resolve(document, header);
        let of_type = types.of_schema(&header["schema"]);
        let convert = match of_type.as_str() {
            "number" => "Number",
            "boolean" => "flag",
            _ => "String",
        };
        let key = argument_name(name);
        typed.push(format!("{key}{}: {of_type}", if header["required"] == true { "" } else { "?" }));
        readers.push(format!("{key}: [{}, {convert}]", quoted(name)));
    }
    if readers.is_empty() {
        return Answer { of_type: format!("Answer<{code}, {body}, {{}}>"), reader: format!("{code}: [{read}]") };
    }
    Answer {
        of_type: format!("Answer<{code}, {body}, {{ {} }}>", typed.join("; ")),
        reader: laid_out(&format!("{code}: [{read}, {{ "), &readers, " }]"),
    }
}

/// A list on one line if it fits there, else with a line for each item.
fn laid_out(opening: &str, items: &[String], closing: &str) -> String {
    let line = format!("{opening}{}{closing}", items.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let items: String = items.iter().map(|item| format!("        {item},\n")).collect();
    format!("{}\n{items}      {}", opening.trim_end(), closing.trim_start())
}

/// The lines that declare a type to be one of others.
fn choice(name: &str, branches: &[String]) -> Vec<String> {
    if let [branch] = branches {
        return vec![format!("export type {name} = {branch};")];
    }
    let mut lines = vec![format!("export type {name} =")];
    lines.extend(branches.iter().map(|branch| format!("  | {branch}")));
    lines.last_mut().into_iter().for_each(|line| line.push(';'));
    lines
}

/// The events of an operation whose answer is a stream. Events that the contract does not name are given out as text.
fn stream(document: &Value, types: &Types<'_>, operation: &Value) -> Option<Value> {
    let content = members(&operation["responses"])
        .find_map(|(_, response)| resolve(document, response)["content"].get("text/event-stream"))?;
    let name = format!("{}Event", pascal_case(operation["operationId"].as_str().unwrap_or_default()));
    let named: Vec<(String, String)> =
        members(&content["x-events"]).map(|(event, schema)| (quoted(event), types.of_schema(schema))).collect();
    if named.is_empty() {
        return Some(json!({"type": choice(&name, &["ServerEvent<string, string>".to_owned()]), "names": []}));
    }
    let events: Vec<String> = named.iter().map(|(event, data)| format!("ServerEvent<{event}, {data}>")).collect();
    let names: Vec<&str> = named.iter().map(|(event, _)| event.as_str()).collect();
    Some(json!({"type": choice(&name, &events), "names": [format!("[{}]", names.join(", "))]}))
}

/// How the items of all pages are asked for, if the operation answers with pages.
fn pages(document: &Value, types: &Types<'_>, operation: &Value) -> Option<Value> {
    let item = page_item(document, operation)?;
    Some(json!({"name": pages_name(operation), "item": types.of_schema(item)}))
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
