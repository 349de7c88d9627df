//! OpenAPI Overlay 1.0, and the project's own overlays.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::overlay;

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

/// The linter's rule for this does not look into `x-job-types`.
#[test]
fn every_component_is_used() {
    for mode in ["default", "flexible", "strict"] {
        let document = bundled(mode);
        let text = document.to_string();
        for (kind, components) in document["components"].as_object().unwrap() {
            // Security schemes are named, not referred to.
            let names = components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes");
            for name in names {
                assert!(
                    text.contains(&format!("\"#/components/{kind}/{name}\"")),
                    "{mode}: nothing uses {kind}/{name}"
                );
            }
        }
    }
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

/// Where a member's name is one that the contract gives, and no keyword of OpenAPI or JSON Schema.
const NAMES: [&str; 8] =
    ["properties", "schemas", "parameters", "responses", "headers", "links", "paths", "securitySchemes"];

/// The JSON pointers to what is in one of the two alone, or is not the same in both.
fn differences(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let added = other.keys().filter(|name| !one.contains_key(*name));
            for name in one.keys().chain(added) {
                let place = format!("{at}/{}", name.replace('/', "~1"));
                match (one.get(name), other.get(name)) {
                    (Some(one), Some(other)) => differences(one, other, &place, found),
                    _ => found.push(place),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &format!("{at}/{index}"), found);
            }
        }
        _ if one == other => {}
        _ => found.push(at.to_owned()),
    }
}

/// Whether what lies there is a constraint, or part of one.
fn is_of_a_constraint(pointer: &str) -> bool {
    let tokens: Vec<&str> = pointer.split('/').collect();
    tokens.windows(2).any(|pair| MAY_DIFFER.contains(&pair[1]) && !NAMES.contains(&pair[0]))
}

/// What differs beyond constraints.
fn beyond_constraints(default: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    differences(default, other, "", &mut found);
    found.retain(|pointer| !is_of_a_constraint(pointer));
    found
}

/// The document as the server of this mode has it.
fn bundled(mode: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("generated/openapi/{mode}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_modes_differ_in_constraints_alone() {
    let default = bundled("default");
    for mode in ["flexible", "strict"] {
        let other = bundled(mode);
        assert_ne!(default, other, "{mode} changes nothing");
        assert_eq!(beyond_constraints(&default, &other), Vec::<String>::new(), "{mode} changes more than constraints");
    }
}

/// The test above shows nothing otherwise.
#[test]
fn a_difference_beyond_constraints_is_noticed() {
    let default = bundled("default");
    let user = "/components/schemas/UserCreate";
    let get = "/paths/~1users~1{user_id}/get";
    for (place, name, value) in [
        (format!("{user}/properties"), "nick", json!({"type": "string"})),
        (format!("{user}/properties"), "description", json!({"type": "string"})),
        (format!("{user}/properties/age"), "type", json!("number")),
        (user.to_owned(), "required", json!(["email"])),
        (get.to_owned(), "operationId", json!("readUser")),
        (get.to_owned(), "security", json!([])),
        (format!("{get}/responses"), "418", json!({"description": "A teapot."})),
        ("/paths/~1users/get/parameters/0".to_owned(), "$ref", json!("#/components/parameters/UserId")),
        ("/paths".to_owned(), "/nothing", json!({})),
        ("/components/parameters/Limit".to_owned(), "name", json!("size")),
    ] {
        let mut other = default.clone();
        other.pointer_mut(&place).unwrap()[name] = value;
        assert_eq!(beyond_constraints(&default, &other).len(), 1, "{place}/{name}");
    }
}
