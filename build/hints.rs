//! What the templates need to know and the generator's own template data gets wrong or lacks.
//!
//! OpenAPI Generator 7.26.0 picks unsigned types from bounds, calls some closed objects open, loses the `null` of
//! free-form objects, and hands over prose without line breaks. So its input is the flexible document plus `x-`
//! extensions computed here; they exist in that input alone, never in a document that is served.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::rust_type::{self, Schemas, identifier, pascal_case, snake_case};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A copy of `document` with the templates' hints in it. The document must have passed the gate.
pub fn annotate(document: &Value) -> Value {
    let mut annotated = document.clone();
    let schemas = Schemas::of(document);
    annotate_schemas(&mut annotated, &schemas);
    annotate_operations(&mut annotated, document, &schemas);
    annotate_job_types(&mut annotated);
    annotated
}

/// Every operation of the document as (path, method, operation), in document order.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(&document["paths"]).flat_map(|(path, item)| {
        members(item)
            .filter(|(method, _)| METHODS.contains(method))
            .map(move |(method, operation)| (path, method, operation))
    })
}

/// The members of an object; of anything else none.
pub fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The items of an array; of anything else none.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Follows a `$ref` within the document; anything else stays what it is. References in a circle end as one of them.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    for _ in 0..16 {
        match value["$ref"].as_str().and_then(|reference| lookup(document, reference)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// What a `$ref` points to, if it is in this document.
pub fn lookup<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.strip_prefix('#')?)
}

fn annotate_schemas(annotated: &mut Value, schemas: &Schemas) {
    let Some(components) = annotated.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, schema) in components {
        schema["x-doc"] = doc(schema, &format!("The contract's `{name}`."));
        if schema["enum"].is_array() {
            schema["x-enum"] = json!(true);
            // A `null` among them is the `Option` of the fields that have this type.
            schema["x-variants"] = items(&schema["enum"]).filter(|value| !value.is_null()).map(variant).collect();
        } else if schema["properties"].is_object() {
            let open = rust_type::is_open(schema);
            schema["x-struct"] = json!(true);
            schema["x-open"] = json!(open);
            let required = schema["required"].clone();
            for (name, property) in schema["properties"].as_object_mut().into_iter().flatten() {
                let required = items(&required).any(|item| item == name);
                let hints = field_hints(property, property, name, required, schemas);
                extend(property, hints);
            }
        }
    }
}

fn variant(value: &Value) -> Value {
    let value = value.as_str().unwrap_or_default();
    json!({"name": pascal_case(value), "value": value})
}

/// Hints for one struct field: a property is described by its schema, a parameter beside it.
fn field_hints(described: &Value, schema: &Value, name: &str, required: bool, schemas: &Schemas) -> Value {
    let shape = schemas.shape(schema);
    let ident = identifier(name);
    let renamed = ident.trim_start_matches("r#") != name;
    let otherwise = schemas.resolve(schema)["description"].as_str().map_or_else(|| format!("`{name}`"), str::to_owned);
    json!({
        "x-doc": doc(described, otherwise.trim()),
        "x-type": shape.field(required),
        "x-serde": shape.serde(renamed.then_some(name), required),
        // The derive of validator 0.21 has a variable named `errors`, which a field of that name would shadow.
        "x-validate": shape.validate().filter(|_| ident != "errors"),
        "x-take": shape.take(name, required),
        "x-optional": !required,
        "x-ident": ident,
    })
}

fn annotate_operations(annotated: &mut Value, document: &Value, schemas: &Schemas) {
    let tag_docs: BTreeMap<&str, Value> = items(&document["tags"])
        .filter_map(|tag| Some((tag["name"].as_str()?, doc(tag, "Operations of the contract."))))
        .collect();
    for (path, method, operation) in operations(document) {
        let shared = items(&document["paths"][path]["parameters"]);
        let parameters: Vec<Value> = shared
            .chain(items(&operation["parameters"]))
            .map(|parameter| parameter_with_hints(resolve(document, parameter), schemas))
            .collect();
        let takes = takes(document, operation, &parameters, schemas);
        let id = operation["operationId"].as_str().unwrap_or_default();
        let hints = json!({
            "x-doc": operation_doc(operation, method, path),
            "x-method": identifier(id),
            "x-name": pascal_case(id),
            "x-tag": operation["tags"][0],
            "x-tag-doc": operation["tags"][0].as_str().and_then(|tag| tag_docs.get(tag)),
            "x-admitted": admitted(&takes),
            "x-takes": takes,
        });
        let responses: Map<String, Value> = members(&operation["responses"])
            .map(|(code, response)| (code.to_owned(), response_with_hints(document, code, response, schemas)))
            .collect();
        let target = &mut annotated["paths"][path][method];
        extend(target, hints);
        target["parameters"] = Value::Array(parameters);
        target["responses"] = Value::Object(responses);
    }
    for item in annotated["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        // Each operation now carries them itself.
        item.as_object_mut().map(|item| item.shift_remove("parameters"));
    }
    annotate_imports(annotated, document);
}

/// Tells each operation what the file of its tag must import.
fn annotate_imports(annotated: &mut Value, document: &Value) {
    let mut types: BTreeMap<String, String> = BTreeMap::new();
    for (_, _, operation) in operations(annotated) {
        let of_tag = types.entry(operation["tags"][0].to_string()).or_default();
        of_tag.push_str(&format!("{} {}", operation["x-takes"], operation["responses"]));
    }
    for (path, method, operation) in operations(document) {
        let of_tag = &types[&operation["tags"][0].to_string()];
        let uses = json!({
            "x-uses-caller": of_tag.contains("\"Caller\""),
            "x-uses-models": of_tag.contains("models::"),
        });
        extend(&mut annotated["paths"][path][method], uses);
    }
}

fn parameter_with_hints(parameter: &Value, schemas: &Schemas) -> Value {
    let name = parameter["name"].as_str().unwrap_or_default();
    let schema = &parameter["schema"];
    // The contract fills defaults in before it hands parameters out, so a default makes a field as good as required.
    let given = parameter["required"] == true || !schemas.resolve(schema)["default"].is_null();
    let mut with_hints = parameter.clone();
    extend(&mut with_hints, field_hints(parameter, schema, name, given, schemas));
    with_hints
}

/// The arguments of an operation's method in their order, each with its Rust type.
fn takes(document: &Value, operation: &Value, parameters: &[Value], schemas: &Schemas) -> Value {
    let id = pascal_case(operation["operationId"].as_str().unwrap_or_default());
    let mut takes = Vec::new();
    if is_secured(document, operation) {
        takes.push(json!({"name": "caller", "type": "Caller"}));
    }
    for place in ["path", "query", "header"] {
        if parameters.iter().any(|parameter| parameter["in"] == place) {
            takes.push(
                json!({"name": place, "type": format!("models::{id}{}Params", pascal_case(place)), "reads": true}),
            );
        }
    }
    let body = resolve(document, &operation["requestBody"]);
    if let Some((_, media)) = members(&body["content"]).next() {
        takes.push(json!({"name": "body", "type": schemas.shape(&media["schema"]).outside(), "reads": true}));
    }
    Value::Array(takes)
}

/// How a route binds what the contract admitted: reading a parameter or the body takes it out.
fn admitted(takes: &Value) -> Option<&'static str> {
    match items(takes).any(|taken| taken["reads"] == true) {
        true => Some("mut admitted"),
        false => items(takes).next().map(|_| "admitted"),
    }
}

/// Whether every caller of the operation must say who they are.
pub fn is_secured(document: &Value, operation: &Value) -> bool {
    let security = operation.get("security").unwrap_or(&document["security"]);
    items(security).next().is_some()
}

fn response_with_hints(document: &Value, code: &str, response: &Value, schemas: &Schemas) -> Value {
    let mut response = resolve(document, response).clone();
    let content = members(&response["content"]).next().map(|(media, content)| (media.to_owned(), content.clone()));
    let headers: Vec<Value> = members(&response["headers"])
        .map(|(name, header)| {
            let header = resolve(document, header);
            let required = header["required"] == true;
            json!({
                "doc": doc(header, &format!("The `{name}` header.")),
                "header": name.to_lowercase(),
                "ident": identifier(name),
                "type": schemas.shape(&header["schema"]).field(required),
                "optional": !required,
            })
        })
        .collect();
    let mut hints = json!({
        "x-doc": doc(&response, &format!("The answer {code}.")),
        "x-headers": headers,
        "x-has-fields": content.is_some() || response["headers"].as_object().is_some_and(|headers| !headers.is_empty()),
        "x-answer": content.as_ref().is_none_or(|(media, _)| media != "application/problem+json"),
    });
    if let Some((media, content)) = content {
        let (kind, body) = match media.as_str() {
            "text/event-stream" => ("stream", "axum::body::Body".to_owned()),
            media if is_json(media) => ("json", schemas.shape(&content["schema"]).outside()),
            _ => ("text", "String".to_owned()),
        };
        let media = if kind == "text" { format!("{media}; charset=utf-8") } else { media };
        hints["x-body"] = json!({"type": body, "writer": kind, "media": media});
    }
    extend(&mut response, hints);
    response
}

/// Whether a media type is JSON, by its own name or by its suffix.
pub fn is_json(media: &str) -> bool {
    media == "application/json" || media.ends_with("+json")
}

/// The templates reach root extensions as `openAPI.extensions`.
fn annotate_job_types(annotated: &mut Value) {
    let types: Vec<Value> = members(&annotated["x-job-types"])
        .map(|(name, job)| {
            let payload = job["payload"]["$ref"].as_str().unwrap_or_default();
            json!({
                "name": name,
                "constant": snake_case(name).to_uppercase(),
                "description": format!("{:?}", job["description"].as_str().unwrap_or_default().trim()),
                "payload": payload.rsplit('/').next(),
                "doc": doc(job, &format!("The job type `{name}`.")),
            })
        })
        .collect();
    annotated["x-job-types"] = Value::Array(types);
}

/// The lines of a doc comment for something described in the contract.
fn doc(described: &Value, otherwise: &str) -> Value {
    let text = described["description"].as_str().or(described["title"].as_str()).map_or("", str::trim);
    lines(if text.is_empty() { otherwise } else { text })
}

/// Summary, description, and where the operation is found.
fn operation_doc(operation: &Value, method: &str, path: &str) -> Value {
    let prose = [operation["summary"].as_str(), operation["description"].as_str()];
    let mut paragraphs: Vec<String> = prose.into_iter().flatten().map(|text| text.trim().to_owned()).collect();
    paragraphs.push(format!("`{} {path}`", method.to_uppercase()));
    lines(&paragraphs.join("\n\n"))
}

/// Text as lines. A code block without a language would be taken for Rust and run as a test, so it is called text.
fn lines(text: &str) -> Value {
    let mut inside = false;
    text.lines()
        .map(|line| {
            let line = line.trim_end();
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            let bare = fence && inside && line.ends_with("```");
            if bare { format!("{line}text") } else { line.to_owned() }
        })
        .map(Value::String)
        .collect()
}

fn extend(target: &mut Value, hints: Value) {
    if let (Value::Object(target), Value::Object(hints)) = (target, hints) {
        target.extend(hints.into_iter().filter(|(_, hint)| !hint.is_null()));
    }
}
