//! What the templates need to know and the generator's own template data gets wrong or lacks.
//!
//! OpenAPI Generator 7.26.0 picks unsigned types from bounds, calls some closed objects open, loses the `null` of
//! free-form objects, has no notion of `oneOf`, `4XX` and recursion, and hands over prose without line breaks. So its input
//! is the flexible document reduced to names, plus `x-` extensions computed here; they exist in that input alone, never in
//! a document that is served.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::lower::{self, all_of};
use crate::rust_type::{self, Schemas, identifier, pascal_case, snake_case};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What `document` comes to for the templates, with their hints in it. The document must have passed the gate.
pub fn annotate(document: &Value) -> Value {
    let document = lower::lower(document).document;
    let mut annotated = document.clone();
    let schemas = Schemas::of(&document);
    annotate_schemas(&mut annotated, &document, &schemas);
    annotate_operations(&mut annotated, &document, &schemas);
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

fn annotate_schemas(annotated: &mut Value, document: &Value, schemas: &Schemas) {
    let mut named = Map::new();
    for (name, schema) in members(&document["components"]["schemas"]) {
        // The generator's own idea of the name changes some: it makes `Len1` of `LEn1`.
        let mut hints = json!({"x-name": name, "x-doc": doc(schema, &format!("The contract's `{name}`."))});
        if schema["enum"].is_array() {
            hints["x-enum"] = json!(true);
            // A `null` among them is the `Option` of the fields that have this type.
            let values: Vec<&Value> = items(&schema["enum"]).filter(|value| !value.is_null()).collect();
            hints["x-variants"] = values.iter().map(|value| variant(value)).collect();
            extend(&mut hints, json!({"type": "string", "enum": values}));
        } else if schema["properties"].is_object() {
            extend(&mut hints, struct_hints(name, schema, schemas));
        } else if schema["oneOf"].is_array() {
            extend(&mut hints, union_hints(document, schema));
        } else {
            continue;
        }
        named.insert(name.to_owned(), hints);
    }
    // The rest is written where it is used.
    annotated["components"] = json!({
        "schemas": named,
        "securitySchemes": document["components"]["securitySchemes"],
    });
}

fn variant(value: &Value) -> Value {
    let value = value.as_str().unwrap_or_default();
    json!({"name": pascal_case(value), "value": value})
}

fn struct_hints(owner: &str, schema: &Value, schemas: &Schemas) -> Value {
    let fields: Map<String, Value> = members(&schema["properties"])
        .map(|(name, property)| {
            let required = items(&schema["required"]).any(|item| item == name);
            let default = default_of(owner, property, name, required, schemas);
            let function = default.as_ref().and_then(|default| default["path"].as_str());
            let mut field = field_hints(property, property, name, required || default.is_some(), function, schemas);
            field["x-default"] = default.into();
            // Everything about the member's type is in the hints.
            field["type"] = json!("string");
            (name.to_owned(), field)
        })
        .collect();
    json!({
        "type": "object",
        "x-struct": true,
        "x-open": rust_type::is_open(schema),
        "x-has-defaults": fields.values().any(|field| !field["x-default"].is_null()),
        "properties": fields,
    })
}

/// The function that makes a member's default. A required member needs none: it is always there.
fn default_of(owner: &str, property: &Value, name: &str, required: bool, schemas: &Schemas) -> Option<Value> {
    let literal = schemas.literal(property, schemas.default(property)?).filter(|_| !required)?;
    let function = format!("default_{}", snake_case(name));
    let of_type = schemas.shape(property).field(true);
    Some(json!({"path": format!("{owner}::{function}"), "function": function, "type": of_type, "literal": literal}))
}

/// A union of components, told apart by the one value that a property of each may have.
fn union_hints(document: &Value, schema: &Value) -> Value {
    let property = schema["discriminator"]["propertyName"].as_str().unwrap_or_default();
    let branches: Vec<Value> = items(&schema["oneOf"])
        .filter_map(|branch| {
            let mut hints = variant(tag(document, branch, property)?);
            hints["type"] = json!(lower::component_name(branch)?);
            Some(hints)
        })
        .collect();
    json!({
        "type": "object",
        "x-union": true,
        "x-tag-name": property,
        "x-branches": branches,
        // Without a property the generator would take it for a map.
        "properties": {property: {"type": "string"}},
    })
}

/// The one value that a branch of a union has in the property that tells it from the others.
pub fn tag<'a>(document: &'a Value, branch: &'a Value, property: &str) -> Option<&'a Value> {
    all_of::parts(document, branch).into_iter().find_map(|part| {
        let schema = resolve(document, part["properties"].get(property)?);
        match (schema.get("const"), schema["enum"].as_array().map(Vec::as_slice)) {
            (Some(value), _) | (None, Some([value])) => Some(value).filter(|value| value.is_string()),
            _ => None,
        }
    })
}

/// Hints for one struct field: a property is described by its schema, a parameter beside it.
fn field_hints(
    described: &Value,
    schema: &Value,
    name: &str,
    required: bool,
    default: Option<&str>,
    schemas: &Schemas,
) -> Value {
    let shape = schemas.shape(schema);
    let ident = identifier(name);
    let renamed = ident.trim_start_matches("r#") != name;
    let otherwise = schemas.resolve(schema)["description"].as_str().map_or_else(|| format!("`{name}`"), str::to_owned);
    json!({
        "x-doc": doc(described, otherwise.trim()),
        "x-type": shape.field(required),
        "x-serde": shape.serde(renamed.then_some(name), required, default),
        // The derive of validator 0.21 has a variable named `errors`, which a field of that name would shadow.
        "x-validate": shape.validate().filter(|_| ident != "errors"),
        "x-take": shape.take(name, required, default),
        "x-optional": !required,
        "x-ident": ident,
    })
}

fn annotate_operations(annotated: &mut Value, document: &Value, schemas: &Schemas) {
    let tag_docs: BTreeMap<&str, Value> = items(&document["tags"])
        .filter_map(|tag| Some((tag["name"].as_str()?, doc(tag, "Operations of the contract."))))
        .collect();
    for (path, method, operation) in operations(document) {
        let parameters: Vec<Value> =
            items(&operation["parameters"]).map(|parameter| parameter_with_hints(parameter, schemas)).collect();
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
        // `default` and `4XX` are problems, and those are no variants.
        let responses: Map<String, Value> = members(&operation["responses"])
            .filter(|(code, _)| code.parse::<u16>().is_ok())
            .map(|(code, response)| (code.to_owned(), response_with_hints(document, code, response, schemas)))
            .collect();
        let target = &mut annotated["paths"][path][method];
        extend(target, hints);
        target["parameters"] = Value::Array(parameters);
        target["responses"] = Value::Object(responses);
        target.as_object_mut().map(|target| target.shift_remove("requestBody"));
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
    let given = parameter["required"] == true || schemas.default(schema).is_some();
    let mut hints = field_hints(parameter, schema, name, given, None, schemas);
    let plain = json!({"name": name, "in": parameter["in"], "required": given, "schema": {"type": "string"}});
    extend(&mut hints, plain);
    hints
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
        takes.push(json!({"name": "body", "type": schemas.shape(&media["schema"]).outside(true), "reads": true}));
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
    let response = resolve(document, response);
    let content = members(&response["content"]).next().map(|(media, content)| (media.to_owned(), content.clone()));
    let headers: Vec<Value> = members(&response["headers"])
        .map(|(name, header)| {
            let header = resolve(document, header);
            let required = header["required"] == true;
            json!({
                "doc": doc(header, &format!("The `{name}` header.")),
                "header": name.to_lowercase(),
                "ident": identifier(name),
                "type": schemas.shape(&header["schema"]).outside(required),
                "optional": !required,
            })
        })
        .collect();
    let mut hints = json!({
        "description": "",
        "x-doc": doc(response, &format!("The answer {code}.")),
        "x-headers": headers,
        "x-has-fields": content.is_some() || response["headers"].as_object().is_some_and(|headers| !headers.is_empty()),
        "x-answer": content.as_ref().is_none_or(|(media, _)| media != "application/problem+json"),
    });
    if let Some((media, content)) = content {
        let (kind, body) = match media.as_str() {
            "text/event-stream" => ("stream", "axum::body::Body".to_owned()),
            media if is_json(media) => ("json", schemas.shape(&content["schema"]).outside(true)),
            _ => ("text", "String".to_owned()),
        };
        let media = if kind == "text" { format!("{media}; charset=utf-8") } else { media };
        hints["x-body"] = json!({"type": body, "writer": kind, "media": media});
    }
    hints
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
    let text = if text.is_empty() { otherwise } else { text };
    lines(&paragraphs([text.to_owned()], described))
}

/// Paragraphs with one more that says so if the contract calls what they describe deprecated. `#[deprecated]` would make
/// warnings of the handlers that still serve it.
fn paragraphs(text: impl IntoIterator<Item = String>, described: &Value) -> String {
    let last = deprecation(described).map(|words| format!("**Deprecated.** {words}").trim_end().to_owned());
    text.into_iter().chain(last).collect::<Vec<_>>().join("\n\n")
}

/// Since when something is deprecated and when it goes, as far as the contract says so; `None` if it is not deprecated.
pub fn deprecation(described: &Value) -> Option<String> {
    let day = |name: &str| described[name].as_str();
    (described["deprecated"] == true).then(|| match (day("x-deprecated-since"), day("x-sunset")) {
        (Some(since), Some(sunset)) => format!("Since {since}; goes on {sunset}."),
        (Some(since), None) => format!("Since {since}."),
        (None, _) => String::new(),
    })
}

/// Summary, description, and where the operation is found.
fn operation_doc(operation: &Value, method: &str, path: &str) -> Value {
    let prose = [operation["summary"].as_str(), operation["description"].as_str()];
    let prose = prose.into_iter().flatten().map(|text| text.trim().to_owned());
    lines(&paragraphs(prose.chain([format!("`{} {path}`", method.to_uppercase())]), operation))
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
