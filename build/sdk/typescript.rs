//! What the templates of the TypeScript SDK are given: types and calls in words of TypeScript, which they only lay out.

use serde_json::{Value, json};

use super::{Answer, Body, Header, Layout, Operation, Parameter, argument_name, flexible::Opened, input, lowered};
use crate::hints::members;
use crate::lower::component_name;
use crate::rust_type::pascal_case;
use crate::typescript::{Types, comment, marked, quoted};

#[path = "typescript/imports.rs"]
mod imports;

const LAYOUT: Layout = Layout { width: 110, outer: "      ", inner: "        " };

/// The generator's input, of a default and a flexible document that have passed the gate.
pub fn annotate(default: &Value, flexible: &Value) -> Result<Value, String> {
    let (document, flexible, opened) = lowered(default, flexible)?;
    let types = Types::of(&document, str::to_owned);
    let models: Vec<Value> =
        members(&document["components"]["schemas"]).flat_map(|(name, _)| types.component(name)).collect();
    let outside = Types::of(&document, |name| format!("models.{name}"));
    let more = json!({
        "x-models": models,
        "x-jobs": jobs(&document, &types),
        "x-flexible": second_entry(&flexible, &opened),
    });
    let mut input = input(default, &document, |operation| annotated(&outside, operation), more);
    input["paths"].as_object_mut().into_iter().for_each(imports::annotate);
    Ok(input)
}

fn jobs(document: &Value, types: &Types<'_>) -> Vec<Value> {
    let job = |(name, job): (&str, &Value)| {
        let doc = comment(job["description"].as_str().unwrap_or_default().to_owned());
        json!({"doc": doc, "field": types.member(name, &types.of_schema(&job["payload"]), true, true)})
    };
    members(&document["x-job-types"]).map(job).collect()
}

/// The models and operations of the second entry point.
fn second_entry(flexible: &Value, opened: &Opened) -> Value {
    let is_own = |name: &str| opened.own.iter().any(|own| own == name);
    let types = Types::of(flexible, |name| match is_own(name) {
        true => name.to_owned(),
        false => format!("closed.{name}"),
    });
    let models: Vec<Value> = opened.own.iter().flat_map(|name| types.component(name)).collect();
    let operations: Vec<Value> = Operation::all(flexible)
        .iter()
        .filter_map(|operation| {
            let (_, schema) = operation.body?;
            is_own(component_name(schema)?).then(|| {
                json!({
                    "id": operation.id,
                    "name": pascal_case(operation.id),
                    "body": types.of_schema(schema),
                    "doc": doc(operation),
                })
            })
        })
        .collect();
    json!({"models": models, "operations": operations})
}

fn annotated(types: &Types<'_>, operation: &Operation<'_>) -> Value {
    let (answer_types, readers): (Vec<String>, Vec<String>) =
        operation.answers.iter().map(|given| answer(types, given)).unzip();
    let arguments = arguments(types, operation);
    let optional = arguments.iter().all(|argument| argument["required"] != true);
    json!({
        "x-id": operation.id,
        "x-name": pascal_case(operation.id),
        "x-doc": doc(operation),
        "x-has-args": !arguments.is_empty(),
        "x-no-args": if optional { " = {}" } else { "" },
        "x-args": arguments,
        "x-call": call(operation),
        "x-pages": operation.pages_name().zip(operation.page_item)
            .map(|(name, item)| json!({"name": name, "item": types.of_schema(item), "doc": doc_of_pages(operation)})),
        "x-answer": choice(&format!("{}Answer", pascal_case(operation.id)), &answer_types),
        "x-readers": readers,
        "x-stream": stream(types, operation),
    })
}

fn doc(operation: &Operation<'_>) -> Value {
    comment(marked(operation.prose().join("\n\n"), operation.deprecation()))
}

fn doc_of_pages(operation: &Operation<'_>) -> Value {
    let text = format!("Every item of all pages of {{@link {}}}; a page is asked for when it is needed.", operation.id);
    comment(marked(text, operation.deprecation()))
}

fn arguments(types: &Types<'_>, operation: &Operation<'_>) -> Vec<Value> {
    let argument = |doc: String, name: &str, of_type: &str, required: bool| {
        let field = types.member(name, of_type, required, true);
        json!({"doc": comment(doc), "field": field, "required": required})
    };
    let parameter = |parameter: &Parameter<'_>| {
        let of_type = match parameter.resumes(operation) {
            true => "string | number".to_owned(),
            false => types.of_schema(parameter.schema),
        };
        let doc = marked(parameter.doc.to_owned(), parameter.deprecation.clone());
        argument(doc, &argument_name(parameter.name), &of_type, parameter.required)
    };
    let body =
        operation.body.map(|(_, schema)| argument("The body.".to_owned(), "body", &types.of_schema(schema), true));
    operation.parameters.iter().map(parameter).chain(body).collect()
}

/// The members of the call that a function makes.
fn call(operation: &Operation<'_>) -> Vec<String> {
    let mut call = vec![format!("method: {}", quoted(&operation.method)), format!("path: {}", path_text(operation))];
    if operation.is_secured {
        call.push("secured: true".to_owned());
    }
    let query: Vec<String> = operation.in_place("query").map(query).collect();
    if !query.is_empty() {
        call.push(LAYOUT.list("query: [", &query, "]"));
    }
    let headers: Vec<String> = operation.in_place("header").map(header).collect();
    if !headers.is_empty() {
        call.push(LAYOUT.list("headers: { ", &headers, " }"));
    }
    if let Some((media, _)) = operation.body {
        call.extend([format!("media: {}", quoted(media)), "body: args.body".to_owned()]);
    }
    call
}

/// The path as a template literal.
fn path_text(operation: &Operation<'_>) -> String {
    if !operation.path.contains('{') {
        return quoted(operation.path);
    }
    let segment = |segment: Result<&str, &str>| match segment {
        Ok(name) => format!("${{segment(args.{})}}", argument_name(name)),
        Err(text) => text.to_owned(),
    };
    format!("`{}`", operation.segments().map(segment).collect::<Vec<_>>().join("/"))
}

fn query(parameter: &Parameter<'_>) -> String {
    let (encode, name) = (parameter.encoding, quoted(parameter.name));
    format!("{encode}({name}, args.{})", argument_name(parameter.name))
}

fn header(parameter: &Parameter<'_>) -> String {
    let join = if parameter.is_list { "?.join()" } else { "" };
    format!("{}: args.{}{join}", quoted(parameter.name), argument_name(parameter.name))
}

/// The type of an answer, and how it is read.
fn answer(types: &Types<'_>, answer: &Answer<'_>) -> (String, String) {
    let code = answer.code;
    let (body, read) = match answer.body {
        Body::Json(schema) => (types.of_schema(schema), "json"),
        Body::Text => ("string".to_owned(), "text"),
        Body::Nothing => ("undefined".to_owned(), "nothing"),
    };
    let header = |header: &Header<'_>| {
        let of_type = types.of_schema(header.schema);
        let convert = match of_type.as_str() {
            "number" => "Number",
            "boolean" => "flag",
            _ => "String",
        };
        let key = argument_name(header.name);
        let typed = format!("{key}{}: {of_type}", if header.required { "" } else { "?" });
        (typed, format!("{key}: [{}, {convert}]", quoted(header.name)))
    };
    let (typed, readers): (Vec<String>, Vec<String>) = answer.headers.iter().map(header).unzip();
    if readers.is_empty() {
        return (format!("Answer<{code}, {body}, {{}}>"), format!("{code}: [{read}]"));
    }
    let of_type = format!("Answer<{code}, {body}, {{ {} }}>", typed.join("; "));
    (of_type, LAYOUT.list(&format!("{code}: [{read}, {{ "), &readers, " }]"))
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
fn stream(types: &Types<'_>, operation: &Operation<'_>) -> Option<Value> {
    let name = format!("{}Event", pascal_case(operation.id));
    let named: Vec<(String, String)> =
        operation.events.as_ref()?.iter().map(|(event, schema)| (quoted(event), types.of_schema(schema))).collect();
    if named.is_empty() {
        return Some(json!({"type": choice(&name, &["ServerEvent<string, string>".to_owned()]), "names": []}));
    }
    let events: Vec<String> = named.iter().map(|(event, data)| format!("ServerEvent<{event}, {data}>")).collect();
    let names: Vec<&str> = named.iter().map(|(event, _)| event.as_str()).collect();
    Some(json!({"type": choice(&name, &events), "names": [format!("[{}]", names.join(", "))]}))
}
