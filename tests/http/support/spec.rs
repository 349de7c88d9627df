//! Checks answers against the contract: the status is declared, so is the media type, the headers it requires are there,
//! and the body is valid, with no member that the contract does not declare.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::Method;
use jsonschema::{Draft, Registry, Validator};
use keiyaku::contract::ValidationMode;
use serde_json::{Value, json};

use super::Answer;

const BASE_URI: &str = "tests:///openapi.json";

/// One mode's document.
pub struct Document {
    pub root: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// The committed document of a mode.
pub fn document(mode: ValidationMode) -> &'static Document {
    static ALL: LazyLock<[Document; 3]> = LazyLock::new(|| {
        [
            Document::read(include_str!("../../../generated/openapi/default.json")),
            Document::read(include_str!("../../../generated/openapi/flexible.json")),
            Document::read(include_str!("../../../generated/openapi/strict.json")),
        ]
    });
    &ALL[mode as usize]
}

/// An operation, found in the document.
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With its parameters in braces.
    pub path: String,
    /// The JSON pointer to it.
    pub pointer: String,
    pub planned: bool,
}

impl Document {
    fn read(text: &str) -> Document {
        let root: Value = serde_json::from_str(text).unwrap();
        let mut closed = root.clone();
        close(&mut closed);
        // Validators refer to the document for as long as the tests run.
        let closed: &'static Value = Box::leak(Box::new(closed));
        let registry = Registry::new().draft(Draft::Draft202012).add(BASE_URI, closed).unwrap().prepare().unwrap();
        Document { root, registry, validators: Mutex::default() }
    }

    /// The validator of the schema at this JSON pointer.
    pub fn validator(&'static self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let compile = || {
            let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
            let validator = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .offline()
                .with_registry(&self.registry)
                .should_validate_formats(true)
                .build(&json!({"$ref": format!("{BASE_URI}#{fragment}")}))
                .unwrap();
            Arc::new(validator)
        };
        Arc::clone(validators.entry(pointer.to_owned()).or_insert_with(compile))
    }

    /// Fails unless `value` is what the schema at this JSON pointer describes.
    pub fn must_accept(&'static self, pointer: &str, value: &Value) {
        let errors: Vec<String> = self
            .validator(pointer)
            .iter_errors(value)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{value:#}\nis not what the contract has at {pointer}: {errors:#?}");
    }

    pub fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.root["paths"].as_object().unwrap() {
            for (name, node) in item.as_object().unwrap() {
                let Some(id) = node["operationId"].as_str() else { continue };
                found.push(Operation {
                    id: id.to_owned(),
                    method: name.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    pointer: format!("/paths/{}/{name}", path.replace('/', "~1")),
                    planned: node["x-planned"] == true,
                });
            }
        }
        found
    }

    /// The names of the headers that are parameters of an operation.
    pub fn header_parameters(&self, operation: &Operation) -> Vec<String> {
        let list = format!("{}/parameters", operation.pointer);
        let count = self.root.pointer(&list).and_then(Value::as_array).map_or(0, Vec::len);
        let parameters = (0..count).filter_map(|index| self.resolved(&format!("{list}/{index}")));
        let headers = parameters.filter(|(_, parameter)| parameter["in"] == "header");
        headers.map(|(_, parameter)| parameter["name"].as_str().unwrap().to_owned()).collect()
    }

    /// What lies at the pointer, and where, after its `$ref`.
    pub fn resolved(&self, pointer: &str) -> Option<(String, &Value)> {
        let value = self.root.pointer(pointer)?;
        match value["$ref"].as_str() {
            Some(target) => self.resolved(target.strip_prefix('#').unwrap()),
            None => Some((pointer.to_owned(), value)),
        }
    }

    /// The operations of the path that a request has. One that is written out counts before one with parameters.
    fn matching(&self, path: &str) -> Vec<Operation> {
        let fits = |template: &str| {
            let (own, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            let same = |(own, given): (&&str, &str)| *own == given || (own.starts_with('{') && !given.is_empty());
            own.len() == given.len() && own.iter().zip(given).all(same)
        };
        let mut found: Vec<_> = self.operations().into_iter().filter(|operation| fits(&operation.path)).collect();
        let fewest = found.iter().map(|operation| operation.path.matches('{').count()).min();
        found.retain(|operation| Some(operation.path.matches('{').count()) == fewest);
        found
    }
}

/// Closes every object schema that is not: an answer must not have members that nobody declared.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("type") {
                members.entry("additionalProperties").or_insert(false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Fails unless the contract has such an answer to such a request.
pub fn check(mode: ValidationMode, method: &Method, path: &str, answer: &Answer) {
    every_answer(answer);
    // CORS is none of the contract's business, and what answers a preflight.
    if method == Method::OPTIONS && answer.status == 200 {
        return;
    }
    let document = document(mode);
    let operations = document.matching(path);
    let named = if method == Method::HEAD { &Method::GET } else { method };
    match operations.iter().find(|operation| operation.method == *named) {
        Some(operation) => {
            declared(document, operation, method, answer);
            record(mode, operation, answer);
        }
        // What the contract says of these two, it says in words.
        None => {
            let expected = if operations.is_empty() { 404 } else { 405 };
            assert!([expected, 429].contains(&answer.status), "{method} {path}: {answer}");
            problem(document, method, path, answer);
        }
    }
}

/// Adds what was seen to the file that `make coverage-spec` reads, if it names one.
fn record(mode: ValidationMode, operation: &Operation, answer: &Answer) {
    let Some(path) = std::env::var_os("KEIYAKU_COVERAGE") else { return };
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let violation = |it: &Value| ["in", "pointer", "keyword"].map(|name| it[name].as_str().unwrap()).join(" ");
    let violations: Vec<String> =
        problem["errors"].as_array().into_iter().flatten().filter(|it| it.is_object()).map(violation).collect();
    let seen = json!({
        "mode": mode.to_string(), "operation": operation.id, "status": answer.status, "violations": violations,
    });
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    // One call, so that lines of tests that run at the same time do not mix.
    file.write_all(format!("{seen}\n").as_bytes()).unwrap();
}

/// What holds for every answer, whichever layer gave it.
fn every_answer(answer: &Answer) {
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "no request id: {answer}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer}");
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{answer}");
    let policy = answer.header("content-security-policy");
    assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'"), "{answer}");
}

fn declared(document: &'static Document, operation: &Operation, method: &Method, answer: &Answer) {
    let place = format!("{}/responses/{}", operation.pointer, answer.status);
    let Some((place, response)) = document.resolved(&place) else {
        panic!("the contract has no {} for {}: {answer}", answer.status, operation.id)
    };
    check_headers(document, &place, response, answer);
    let Some(content) = response["content"].as_object() else {
        return assert!(answer.body.is_empty(), "{} must not have a body: {answer}", operation.id);
    };
    let media = answer.content_type().split(';').next().unwrap_or_default();
    assert!(content.contains_key(media), "the contract has no {media:?} for {}: {answer}", operation.id);
    if method == Method::HEAD {
        return assert!(answer.body.is_empty(), "an answer to HEAD has no body: {answer}");
    }
    let body = if media.ends_with("json") { answer.json() } else { answer.text().into() };
    document.must_accept(&format!("{place}/content/{}/schema", media.replace('/', "~1")), &body);
    if media == "application/problem+json" {
        own_facts(answer, &body);
    }
}

fn check_headers(document: &'static Document, place: &str, response: &Value, answer: &Answer) {
    for name in response["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        let (place, header) = document.resolved(&format!("{place}/headers/{name}")).unwrap();
        let Some(text) = answer.header(name) else {
            assert_ne!(header["required"], true, "{name} is required: {answer}");
            continue;
        };
        let is_text = header["schema"]["type"] == "string";
        let value = serde_json::from_str(text).ok().filter(|_| !is_text).unwrap_or_else(|| text.into());
        document.must_accept(&format!("{place}/schema"), &value);
    }
}

fn problem(document: &'static Document, method: &Method, path: &str, answer: &Answer) {
    assert_eq!(answer.content_type(), "application/problem+json", "{method} {path}: {answer}");
    if method == Method::HEAD {
        return assert!(answer.body.is_empty(), "an answer to HEAD has no body: {answer}");
    }
    document.must_accept("/components/schemas/Problem", &answer.json());
    own_facts(answer, &answer.json());
}

/// A problem says the same as the response that carries it.
fn own_facts(answer: &Answer, problem: &Value) {
    assert_eq!(problem["status"], answer.status, "{answer}");
    assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"), "{answer}");
}
