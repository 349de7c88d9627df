//! What the file of a tag imports: what its operations use, and nothing that would be left over.

use serde_json::{Map, Value};

use crate::hints::{items, members};

/// Gives each operation the imports of its tag.
pub(super) fn annotate(paths: &mut Map<String, Value>) {
    let tag = |operation: &Value| operation["tags"][0].clone();
    let all: Vec<Value> =
        paths.values().flat_map(|item| members(item).map(|(_, operation)| operation.clone())).collect();
    for operation in paths.values_mut().flat_map(|item| item.as_object_mut().into_iter().flat_map(Map::values_mut)) {
        let beside: Vec<&Value> = all.iter().filter(|other| tag(other) == tag(operation)).collect();
        operation["x-imports"] = imports(&beside).into();
    }
}

fn imports(operations: &[&Value]) -> Vec<String> {
    let (streams, others): (Vec<&Value>, Vec<&Value>) =
        operations.iter().partition(|operation| !operation["x-stream"].is_null());
    let mut lines = Vec::new();
    if others.is_empty() {
        lines.push("import type { Client } from './client.js';".to_owned());
    } else {
        lines.push("import { send } from './client.js';".to_owned());
        lines.push("import type { Answer, Client, RequestOptions } from './client.js';".to_owned());
    }
    let codec = codec(operations, &others);
    if !codec.is_empty() {
        lines.push(format!("import {{ {} }} from './codec.js';", codec.join(", ")));
    }
    if operations.iter().any(|operation| operation.to_string().contains("models.")) {
        lines.push("import type * as models from './models.js';".to_owned());
    }
    if operations.iter().any(|operation| !operation["x-pages"].is_null()) {
        lines.push("import { items } from './pages.js';".to_owned());
    }
    if !streams.is_empty() {
        lines.push("import { follow } from './stream.js';".to_owned());
        lines.push("import type { ServerEvent, StreamOptions } from './stream.js';".to_owned());
    }
    lines
}

/// The functions that write the parameters of some operations and read the answers of others.
fn codec(operations: &[&Value], answering: &[&Value]) -> Vec<&'static str> {
    let strings = |operations: &[&Value], key: &str| -> Vec<String> {
        let lists = operations.iter().flat_map(|operation| items(&operation[key]));
        lists.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (calls, readers) = (strings(operations, "x-call"), strings(answering, "x-readers"));
    let written = |name: &str| calls.iter().any(|call| call.contains(&format!("{name}(")));
    let read = |name: &str| {
        let parts = [format!(": [{name}]"), format!(": [{name},"), format!(", {name}]")];
        readers.iter().any(|reader| parts.iter().any(|part| reader.contains(part)))
    };
    let mut names: Vec<&str> =
        ["deep", "joined", "repeated", "segment", "single"].into_iter().filter(|name| written(name)).collect();
    names.extend(["flag", "json", "nothing", "text"].into_iter().filter(|name| read(name)));
    names.sort_unstable();
    names
}
