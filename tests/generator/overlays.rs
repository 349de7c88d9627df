//! OpenAPI Overlay 1.0, and the project's own overlays.

use std::path::Path;

use serde_json::{Value, json};

use crate::{document, overlay};

fn applied(document: Value, actions: Value) -> Result<Value, String> {
    let mut document = document;
    overlay::apply(&mut document, &json!({"overlay": "1.0.0", "actions": actions})).map(|()| document)
}

#[test]
fn an_update_merges_objects_joins_arrays_and_replaces_the_rest() {
    let document = json!({"a": {"kept": 1, "text": "old", "list": [1], "deep": {"x": 1}}});
    let update = json!({"text": "new", "list": [2], "deep": {"y": 2}, "added": null});
    let result = applied(document, json!([{"target": "$.a", "update": update}])).unwrap();
    assert_eq!(
        result,
        json!({"a": {"kept": 1, "text": "new", "list": [1, 2], "deep": {"x": 1, "y": 2}, "added": null}})
    );
}

#[test]
fn an_update_of_an_array_adds_one_item() {
    let result = applied(json!({"tags": [1]}), json!([{"target": "$.tags", "update": {"name": "x"}}])).unwrap();
    assert_eq!(result, json!({"tags": [1, {"name": "x"}]}));
}

#[test]
fn every_selected_node_is_updated_in_the_order_of_the_actions() {
    let document = json!({"paths": {"/a": {"get": {}}, "/b": {"get": {}}}});
    let actions = json!([
        {"target": "$.paths.*.get", "update": {"summary": "first"}},
        {"target": "$.paths['/b'].get", "update": {"summary": "second"}},
    ]);
    let result = applied(document, actions).unwrap();
    assert_eq!(result, json!({"paths": {"/a": {"get": {"summary": "first"}}, "/b": {"get": {"summary": "second"}}}}));
}

#[test]
fn removing_takes_out_members_and_all_selected_items() {
    let document = json!({"list": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}], "a/b": {"c~d": 1, "e": 2}});
    let actions = json!([
        {"target": "$.list[?@.n > 1 && @.n < 4]", "remove": true},
        {"target": "$['a/b']['c~d']", "remove": true},
    ]);
    assert_eq!(applied(document, actions).unwrap(), json!({"list": [{"n": 1}, {"n": 4}], "a/b": {"e": 2}}));
}

#[test]
fn removing_keeps_the_order_of_what_stays() {
    let document = json!({"a": {"first": 1, "gone": 2, "second": 3, "third": 4}});
    let result = applied(document, json!([{"target": "$.a.gone", "remove": true}])).unwrap();
    assert_eq!(result.to_string(), r#"{"a":{"first":1,"second":3,"third":4}}"#);
}

#[test]
fn an_action_that_selects_nothing_is_an_error_that_names_it() {
    let actions = json!([
        {"target": "$.info", "update": {"x-mode": "strict"}},
        {"target": "$.components.schemas.Usr", "update": {"maximum": 150}},
    ]);
    let error = applied(json!({"info": {}, "components": {"schemas": {}}}), actions).unwrap_err();
    assert_eq!(error, "actions[1]: target $.components.schemas.Usr selects nothing in the document");
}

#[test]
fn what_is_not_an_overlay_is_refused() {
    for (actions, reason) in [
        (json!([{"target": "$.info["}]), "is not a JSONPath"),
        (json!([{"target": "$.info"}]), "neither `update` nor `remove`"),
        (json!([{"update": {}}]), "`target` is missing"),
        (json!([{"target": "$.info.title", "update": {"x": 1}}]), "an update needs an object"),
        (json!(null), "`actions` is missing"),
    ] {
        let error = applied(json!({"info": {"title": "T"}}), actions).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
    let error = overlay::apply(&mut json!({}), &json!({"overlay": "2.0.0", "actions": []})).unwrap_err();
    assert!(error.contains("only OpenAPI Overlay 1.0"), "{error}");
}

/// What an overlay may change: constraints, and the words and examples that go with them.
const MAY_DIFFER: [&str; 14] = [
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "description",
    "examples",
    "example",
    "x-undeclared-query-parameters",
];

fn without_constraints(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !MAY_DIFFER.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), without_constraints(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_constraints).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_modes_differ_in_constraints_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let default = without_constraints(&document::of_mode(root, "default").unwrap());
    for mode in ["flexible", "strict"] {
        let other = without_constraints(&document::of_mode(root, mode).unwrap());
        assert!(other == default, "{mode} changes more than constraints");
    }
}
