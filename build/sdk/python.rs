//! What the templates of the Python SDK are given: types and calls in words of Python, which they only lay out.
//!
//! The templates write the client for `async` code; [`twin`] makes the other one of it.

use serde_json::{Value, json};

use super::{Answer, Body, Header, Layout, Operation, Parameter, input, lowered, shape};
use crate::hints::members;
use crate::python::{Types, WIDTH, class, docstring, field, marked, python_name, quoted, union, wrapped};
use crate::rust_type::{pascal_case, snake_case};

#[path = "python/imports.rs"]
mod imports;
#[path = "python/twin.rs"]
pub mod twin;

const LAYOUT: Layout = Layout { width: 104, outer: "                ", inner: "                    " };

/// What the package has whatever the contract says.
const EXPORTED: &str = "\
    Answer AsyncClient AsyncStream AsyncToken Client EventParser ProblemError RequestOptions Retry ServerEvent Stream \
    StreamOptions StreamState TextEvent Token UNSET Unset";

/// The generator's input, of a default and a flexible document that have passed the gate.
pub fn annotate(default: &Value, flexible: &Value) -> Result<Value, String> {
    let (document, flexible, opened) = lowered(default, flexible)?;
    let types = Types::of(&document, "");
    let (unions, models): (Vec<Value>, Vec<Value>) = members(&document["components"]["schemas"])
        .flat_map(|(name, _)| types.component(name))
        .partition(|model| model["is_union"] == true);
    let outside = Types::of(&document, "models.");
    let answers: Vec<Value> = Operation::all(&document).iter().map(|operation| answers(&outside, operation)).collect();
    let names = |found: &[Value]| -> Vec<String> {
        found.iter().filter_map(|model| model["name"].as_str()).map(str::to_owned).collect()
    };
    let of_models = sorted([names(&models), names(&unions)].concat());
    let of_answers =
        sorted(answers.iter().filter_map(|answer| answer["type"]["name"].as_str()).map(str::to_owned).collect());
    let fixed = EXPORTED.split_whitespace().map(str::to_owned).collect();
    let all = sorted([fixed, of_models.clone(), of_answers.clone()].concat());
    let mut exported = all.clone();
    exported.sort_by_key(|name| (name.chars().any(char::is_lowercase), name.clone()));
    let open_types = Types::of(&flexible, "");
    let more = json!({
        "x-models": models,
        "x-unions": unions,
        "x-answers": answers,
        "x-model-names": of_models,
        "x-answer-names": of_answers,
        "x-exported": exported,
        "x-closed-names": all.iter().filter(|name| !opened.open.contains(name)).collect::<Vec<_>>(),
        "x-open": opened.open.iter().map(|name| open_types.opened(name)).collect::<Vec<_>>(),
    });
    let mut input = input(default, &document, |operation| annotated(&outside, operation), more);
    let tags = input["tags"].clone();
    input["paths"].as_object_mut().into_iter().for_each(|paths| imports::annotate(paths, &tags));
    Ok(input)
}

/// Names as imports are sorted: constants first, then the others, in whatever case.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_key(|name| (name.chars().any(char::is_lowercase), name.to_lowercase()));
    names
}

fn annotated(types: &Types<'_>, operation: &Operation<'_>) -> Value {
    let name = python_name(operation.id);
    let pages = operation.pages_name().zip(operation.page_item).map(|(pages, item)| {
        let arguments = arguments(operation).into_iter().chain(["options".to_owned()]);
        json!({
            "name": python_name(&pages),
            "item": types.of_schema(item, false),
            "list": name,
            "arguments": arguments.map(|name| format!("{name}={name}")).collect::<Vec<_>>(),
        })
    });
    let is_stream = operation.events.is_some();
    json!({
        "x-name": name,
        "x-class": pascal_case(operation.id),
        "x-readers": readers_name(operation),
        "x-params": parameters(types, operation),
        "x-deprecated": operation.deprecation().map(|words| quoted(format!("`{name}` is deprecated. {words}").trim_end())),
        "x-doc": docstring(&doc(operation), 8),
        "x-call": call(operation),
        "x-uses": if is_stream { json!("AsyncStream") } else { json!([pages.as_ref().map(|_| "AsyncIterator"), pages]) },
        "x-pages": pages,
        "x-stream": is_stream,
    })
}

/// What the arguments of the operation are called, in the order of the function.
fn arguments(operation: &Operation<'_>) -> Vec<String> {
    let name = |parameter: &Parameter<'_>| python_name(parameter.name);
    let path = operation.in_place("path").map(name);
    let others = operation.parameters.iter().filter(|parameter| parameter.place != "path").map(name);
    path.chain(operation.body.map(|_| "body".to_owned())).chain(others).collect()
}

/// The parameters of the function: those of the path and the body in order, all others by name.
fn parameters(types: &Types<'_>, operation: &Operation<'_>) -> Vec<String> {
    let typed = |parameter: &Parameter<'_>| {
        let name = python_name(parameter.name);
        let of_type = match parameter.resumes(operation) {
            true => "str | int".to_owned(),
            false => types.of_schema(parameter.schema, true),
        };
        match parameter.required {
            true => format!("{name}: {of_type}"),
            false => format!("{name}: {} | None = None", of_type.trim_end_matches(" | None")),
        }
    };
    let body = operation.body.map(|(_, schema)| format!("body: {}", types.of_schema(schema, true)));
    let named = operation.parameters.iter().filter(|parameter| parameter.place != "path").map(typed);
    let options = if operation.events.is_some() { "StreamOptions" } else { "RequestOptions" };
    operation
        .in_place("path")
        .map(typed)
        .chain(body)
        .chain(["*".to_owned()])
        .chain(named)
        .chain([format!("options: {options} | None = None")])
        .collect()
}

/// What the function does, what it takes, and which problems it raises.
fn doc(operation: &Operation<'_>) -> String {
    let mut paragraphs = vec![marked(&operation.prose().join("\n\n"), "\n\n", operation.deprecation())];
    let described = |parameter: &Parameter<'_>| {
        let text = format!("{}: {}", python_name(parameter.name), parameter.doc.trim());
        let text = marked(&text, " ", parameter.deprecation.clone());
        format!(
            "    {}",
            wrapped(&text, WIDTH - 16).join(
                "
        "
            )
        )
    };
    let lines: Vec<String> = operation.parameters.iter().map(described).collect();
    if !lines.is_empty() {
        paragraphs.push(format!("Args:\n{}", lines.join("\n")));
    }
    let problems = operation.problems();
    if !problems.is_empty() {
        paragraphs.push(format!("Raises:\n    ProblemError: with status {}.", problems.join(", ")));
    }
    paragraphs.join("\n\n")
}

/// The arguments of the call that a function makes.
fn call(operation: &Operation<'_>) -> Vec<String> {
    let mut call = vec![quoted(&operation.method), path_text(operation)];
    if operation.is_secured {
        call.push("secured=True".to_owned());
    }
    let argument = |parameter: &Parameter<'_>| (quoted(parameter.name), python_name(parameter.name));
    let query: Vec<String> = operation
        .in_place("query")
        .map(|parameter| (parameter.encoding, argument(parameter)))
        .map(|(encoding, (name, argument))| format!("codec.{encoding}({name}, {argument})"))
        .collect();
    if !query.is_empty() {
        call.push(LAYOUT.list("query=[", &query, "]"));
    }
    let headers: Vec<String> =
        operation.in_place("header").map(argument).map(|(name, argument)| format!("{name}: {argument}")).collect();
    if !headers.is_empty() {
        call.push(LAYOUT.list("headers={", &headers, "}"));
    }
    if let Some((media, _)) = operation.body {
        call.extend([format!("media={}", quoted(media)), "body=body".to_owned()]);
    }
    call
}

/// The path as a string, formatted if it has parameters.
fn path_text(operation: &Operation<'_>) -> String {
    if !operation.path.contains('{') {
        return quoted(operation.path);
    }
    let segment = |segment: Result<&str, &str>| match segment {
        Ok(name) => format!("{{codec.segment({})}}", python_name(name)),
        Err(text) => text.to_owned(),
    };
    format!("f\"{}\"", operation.segments().map(segment).collect::<Vec<_>>().join("/"))
}

/// What holds how the answers of an operation are read.
fn readers_name(operation: &Operation<'_>) -> String {
    snake_case(operation.id).to_uppercase()
}

/// The types of an operation's answers or events, and how they are read.
fn answers(types: &Types<'_>, operation: &Operation<'_>) -> Value {
    let name = pascal_case(operation.id);
    if let Some(events) = &operation.events {
        return events_of(types, operation, &format!("{name}Event"), events);
    }
    let name = format!("{name}Answer");
    let headers: Vec<Value> = operation
        .answers
        .iter()
        .filter(|answer| !answer.headers.is_empty())
        .map(|one| headers(types, operation, one))
        .collect();
    let mut choices = Vec::new();
    let mut readers = Vec::new();
    for answer in &operation.answers {
        let (body, reader) = match answer.body {
            Body::Json(schema) => (types.of_schema(schema, false), types.of_schema(schema, false)),
            Body::Text => ("str".to_owned(), "Text".to_owned()),
            Body::Nothing => ("None".to_owned(), "None".to_owned()),
        };
        let headers = match answer.headers.is_empty() {
            true => "None".to_owned(),
            false => headers_class(operation, answer),
        };
        choices.push(format!("Answer[Literal[{}], {body}, {headers}]", answer.code));
        readers.push(format!("    {}: ({reader}, {headers}),", answer.code));
    }
    json!({
        "headers": headers,
        "type": union(&name, &choices, &format!("What `{}` answers.", python_name(operation.id))),
        "opening": format!("{}: Answers[{name}] = Answers({{", readers_name(operation)),
        "readers": readers,
        "closing": "})",
    })
}

fn headers_class(operation: &Operation<'_>, answer: &Answer<'_>) -> String {
    format!("{}{}Headers", pascal_case(operation.id), answer.code)
}

fn headers(types: &Types<'_>, operation: &Operation<'_>, answer: &Answer<'_>) -> Value {
    let header = |header: &Header<'_>| {
        let of_type = match shape::typed(operation.document, header.schema).shape {
            shape::Shape::Integer | shape::Shape::Number | shape::Shape::Boolean | shape::Shape::Named { .. } => {
                types.of_schema(header.schema, false)
            }
            _ => "str".to_owned(),
        };
        let (of_type, default) = if header.required { (of_type, "") } else { (format!("{of_type} | None"), "None") };
        json!({"field": field(header.name, &of_type, default), "doc": docstring(header.doc, 4)})
    };
    let doc = format!("The headers of `{}`, status {}.", python_name(operation.id), answer.code);
    class(&headers_class(operation, answer), "", &doc, answer.headers.iter().map(header).collect())
}

/// Events that the contract does not name are given out as text.
fn events_of(types: &Types<'_>, operation: &Operation<'_>, name: &str, events: &[(&str, &Value)]) -> Value {
    let of_type = |(event, schema): &(&str, &Value)| {
        format!("ServerEvent[Literal[{}], {}]", quoted(event), types.of_schema(schema, false))
    };
    let choices = match events {
        [] => vec!["ServerEvent[str, str]".to_owned()],
        events => events.iter().map(of_type).collect(),
    };
    let reader =
        |(event, schema): &(&str, &Value)| format!("    {}: {},", quoted(event), types.of_schema(schema, false));
    let (opening, closing) = if events.is_empty() { ("Events(", ")") } else { ("Events({", "})") };
    json!({
        "headers": [],
        "type": union(name, &choices, &format!("What `{}` gives out.", python_name(operation.id))),
        "opening": format!("{}: Events[{name}] = {opening}", readers_name(operation)),
        "readers": events.iter().map(reader).collect::<Vec<_>>(),
        "closing": closing,
    })
}
