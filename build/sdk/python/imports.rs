//! What the file of a tag imports and says of itself: what its operations use, and nothing that would be left over.

use serde_json::{Map, Value, json};

use crate::hints::{items, members};
use crate::python::docstring;

/// Gives each operation the imports and the description of its tag.
pub(super) fn annotate(paths: &mut Map<String, Value>, tags: &Value) {
    let all: Vec<Value> =
        paths.values().flat_map(|item| members(item).map(|(_, operation)| operation.clone())).collect();
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let tag = &operation["tags"][0];
        let beside = all.iter().filter(|other| other["tags"][0] == *tag);
        let used = beside.map(|other| {
            json!([other["x-params"], other["x-call"], other["x-uses"], other["x-deprecated"]]).to_string()
        });
        let lines = imports(&used.collect::<String>());
        let described = items(tags).find(|described| described["name"] == *tag);
        let doc = described.and_then(|tag| tag["description"].as_str()).unwrap_or("The operations of a tag.");
        operation["x-tag-doc"] = docstring(doc, 4).into();
        operation["x-imports"] = lines.into();
    }
}

/// The imports that a text needs, in the order that linters want.
fn imports(text: &str) -> Vec<String> {
    let from = |module: &str, names: &[&str], always: &[&str]| {
        let used = names.iter().filter(|name| text.contains(**name)).map(|name| name.trim_end_matches(['.', ']']));
        let names: Vec<&str> = always.iter().copied().chain(used).collect();
        (!names.is_empty()).then(|| format!("from {module} import {}", names.join(", ")))
    };
    let of_python = [
        text.contains("datetime.").then(|| "import datetime".to_owned()),
        from("collections.abc", &["AsyncIterator", "Mapping", "Sequence"], &[]),
        from("typing", &["Any]"], &[]),
    ];
    let own = [
        text.contains("codec.").then(|| "from .. import _codec as codec".to_owned()),
        from("..", &["models."], &["answers"]),
        from(".._call", &["RequestOptions", "StreamOptions"], &["Call"]),
        text.contains("` is deprecated.").then(|| "from .._deprecated import deprecated".to_owned()),
        from(".._either", &["AsyncStream"], &[]),
        from("._core", &[], &["AsyncCore"]),
    ];
    let mut lines: Vec<String> = of_python.into_iter().flatten().collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(own.into_iter().flatten());
    lines
}
