//! What the gate refuses of `allOf`, `oneOf`, defaults, and names that are made up.

use serde_json::{Value, json};

use super::{USER, assert_refused, contract};
use crate::gate;

#[test]
fn names_that_are_made_up_must_be_free() {
    let list = json!({"type": "object", "properties": {}});
    assert_refused("/components/schemas/PutUserQueryParams", list.clone(), "/components", "an operation's type");
    let mut document = contract();
    let schemas = &mut document["components"]["schemas"];
    schemas["UserCreate"]["properties"]["size"] = json!({"type": "string", "enum": ["s", "m"]});
    assert_eq!(gate::findings(&document), Vec::<String>::new());
    document["components"]["schemas"]["UserCreateSize"] = list.clone();
    let findings = gate::findings(&document);
    assert!(
        findings[0].contains("the enum in place at `size` of `UserCreate` is called `UserCreateSize`"),
        "{findings:?}"
    );
    let mut document = contract();
    let schemas = &mut document["components"]["schemas"];
    schemas["UserCreate"]["properties"]["id"] = json!({"type": "string", "readOnly": true});
    schemas["UserCreateRequest"] = list;
    let findings = gate::findings(&document);
    assert!(findings[0].contains("`UserCreate` as a part of requests is called `UserCreateRequest`"), "{findings:?}");
}

#[test]
fn defaults_that_are_no_values_in_rust_are_refused() {
    let property = format!("{USER}/properties/p");
    for schema in [
        json!({"type": "string", "default": 1}),
        json!({"type": "string", "default": null}),
        json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": 9, "default": 5_000_000_000_i64}),
        json!({"type": "string", "format": "date-time", "default": "2026-01-01T00:00:00Z"}),
        json!({"type": "object", "default": {}}),
        json!({"$ref": "#/components/schemas/Color", "default": "blue"}),
        json!({"type": "string", "enum": ["a"], "default": "b"}),
    ] {
        assert_refused(&property, schema, &property, "this `default` is no value of its type");
    }
}

#[test]
fn what_no_one_struct_can_be_composed_of_is_refused() {
    let composed = "/components/schemas/Composed";
    let object = |members: Value| json!({"type": "object", "properties": members});
    let with = |keyword: &str, value: Value| {
        let mut schema = object(json!({}));
        schema[keyword] = value;
        json!({"allOf": [schema, object(json!({"a": {"type": "string"}}))]})
    };
    let text = json!({"type": "string"});
    for (schema, why) in [
        (with("additionalProperties", json!(false)), "`additionalProperties: false` on a branch of `allOf`"),
        (with("unevaluatedProperties", json!(false)), "on a branch of `allOf`"),
        (with("additionalProperties", json!({"type": "string"})), "a map cannot be a branch"),
        (with("anyOf", json!([])), "`anyOf` is not supported"),
        (with("required", json!(["b"])), "names `b`"),
        (with("properties", json!({"a": {"type": "boolean"}})), "describe `a` differently"),
        (json!({"allOf": [{"$ref": "#/components/schemas/Color"}]}), "is an object with `properties`"),
        (json!({"allOf": [{"$ref": "#/components/schemas/Nobody"}]}), "must lead to a component"),
        (json!({"allOf": [{"$ref": "#/components/schemas/Composed"}]}), "leads back to itself"),
        (json!({"allOf": [object(json!({"a": text}))], "additionalProperties": false}), "use `unevaluatedProperties`"),
        (
            json!({"allOf": [{"$ref": "#/components/schemas/UserCreate"}], "unevaluatedProperties": false}),
            "closes nothing",
        ),
        (
            json!({"allOf": [object(json!({"a": {"type": "string", "readOnly": true}})), {"required": ["a"]}]}),
            "require it where it is described",
        ),
        (json!({"allOf": [object(json!({"a-b": text})), object(json!({"a_b": text}))]}), "are both `a_b` in Rust"),
    ] {
        assert_refused(composed, schema, composed, why);
    }
    let mut document = contract();
    document["components"]["schemas"]["Greeting"] = json!({"allOf": [object(json!({"to": text}))]});
    let findings = gate::findings(&document);
    assert!(findings[0].contains("say `unevaluatedProperties: true` or `false`"), "{findings:?}");
}

#[test]
fn a_choice_that_no_member_tells_is_refused() {
    let pet = |kind: Value| json!({"type": "object", "required": ["kind"], "properties": {"kind": kind}});
    let union = |branches: &[&str], mapping: Value| {
        let branches: Vec<Value> =
            branches.iter().map(|name| json!({"$ref": format!("#/components/schemas/{name}")})).collect();
        json!({"oneOf": branches, "discriminator": {"propertyName": "kind", "mapping": mapping}})
    };
    let of_one = |schema: Value, mapping: Value| {
        let mut document = contract();
        document["components"]["schemas"]["Cat"] = schema;
        document["components"]["schemas"]["Pet"] = union(&["Cat"], mapping);
        gate::findings(&document)
    };
    let cat = pet(json!({"type": "string", "const": "cat"}));
    let to_cat = json!({"cat": "#/components/schemas/Cat"});
    assert_eq!(of_one(cat.clone(), to_cat.clone()), Vec::<String>::new());
    assert_eq!(of_one(pet(json!({"type": "string", "enum": ["Cat"]})), json!({})), Vec::<String>::new());
    let optional = json!({"type": "object", "properties": {"kind": {"type": "string", "const": "cat"}}});
    let both = json!({"cat": "Cat", "lion": "Cat"});
    for (schema, mapping, why) in [
        (pet(json!({"type": "string"})), to_cat.clone(), "`kind` of `Cat` must be one string"),
        (pet(json!({"type": "string", "enum": ["cat", "lion"]})), to_cat.clone(), "must be one string"),
        (pet(json!({"type": "string", "const": "cat", "readOnly": true})), to_cat.clone(), "in both directions"),
        (optional, to_cat, "must require it"),
        (cat.clone(), json!({}), "`mapping` must lead from `cat` to `Cat`"),
        (cat.clone(), json!({"cat": "#/components/schemas/Dog"}), "`mapping` must lead from `cat` to `Cat`"),
        (cat, both, "`mapping` has `lion`"),
    ] {
        let findings = of_one(schema, mapping);
        assert!(findings.iter().any(|finding| finding.contains(why)), "{why}: {findings:#?}");
    }
    let pets = "/components/schemas/Pet";
    assert_refused(pets, union(&["Color"], json!({})), pets, "is a `$ref` to a component that is an object");
    let without = json!({"oneOf": [{"$ref": "#/components/schemas/UserCreate"}]});
    assert_refused(pets, without, pets, "`oneOf` without a `discriminator`");
    assert_refused(pets, union(&[], json!({})), pets, "`oneOf` has no branch");
    let beside = json!({"oneOf": [], "properties": {}, "discriminator": {"propertyName": "kind"}});
    assert_refused(pets, beside, pets, "`properties` beside `oneOf`");
}
