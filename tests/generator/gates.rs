//! What the gate refuses, and that it says where and why.

use std::path::Path;

use serde_json::{Value, json};

use crate::{document, gate};

#[path = "gates/compositions.rs"]
mod compositions;
#[path = "gates/sdk.rs"]
mod sdk;

/// A small contract that the gate lets pass.
fn contract() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "/"}, {"url": "https://example.com"}],
        "tags": [{"name": "users"}],
        "x-job-types": {"greet": {"description": "Greets.", "payload": {"$ref": "#/components/schemas/Greeting"}}},
        "paths": {"/users/{id}": {"post": {
            "operationId": "putUser",
            "tags": ["users"],
            "security": [{"bearer": ["users:write"]}],
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Id"}},
                {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                {"name": "If-Match", "in": "header", "schema": {"type": "string"}},
            ],
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/UserCreate"}}},
            },
            "responses": {
                "200": {
                    "description": "Ok.",
                    "headers": {"ETag": {"schema": {"type": "string"}}},
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/UserCreate"}}},
                },
                "404": {"$ref": "#/components/responses/NotFound"},
            },
        }}},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "responses": {"NotFound": {
                "description": "No.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
            "schemas": {
                "Id": {"type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX},
                "Color": {"type": "string", "enum": ["red", "dark_red"]},
                "Problem": {"type": "object", "properties": {"status": {"type": "string"}}},
                "Greeting": {"type": "object", "additionalProperties": false, "properties": {"to": {"type": "string"}}},
                "UserCreate": {
                    "type": "object",
                    "additionalProperties": true,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": ["string", "null"]},
                        "color": {"$ref": "#/components/schemas/Color"},
                        "extra": {"type": "object"},
                        "friends": {"type": "array", "items": {"$ref": "#/components/schemas/UserCreate"}},
                    },
                },
            },
        },
    })
}

const OPERATION: &str = "/paths/~1users~1{id}/post";
const USER: &str = "/components/schemas/UserCreate";

/// What the gate says when `value` is put at `pointer` (a member or item that may not be there yet).
fn refused(pointer: &str, value: Value) -> Vec<String> {
    let mut document = contract();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match parent {
        Value::Array(items) => items.push(value),
        parent => parent[key.replace("~1", "/")] = value,
    }
    gate::findings(&document)
}

fn assert_refused(pointer: &str, value: Value, place: &str, why: &str) {
    let findings = refused(pointer, value.clone());
    let found = findings.iter().any(|finding| finding.starts_with(&format!("#{place}")) && finding.contains(why));
    assert!(found, "{pointer} = {value} should be refused at {place} with {why:?}, but the findings are {findings:#?}");
}

#[test]
fn the_contract_of_these_tests_and_the_projects_own_pass() {
    assert_eq!(gate::findings(&contract()), Vec::<String>::new());
    for mode in document::MODES {
        let document = document::of_mode(Path::new(env!("CARGO_MANIFEST_DIR")), mode).unwrap();
        assert_eq!(gate::findings(&document), Vec::<String>::new(), "{mode}");
    }
}

#[test]
fn what_is_no_openapi_document_is_refused() {
    assert_eq!(gate::findings(&json!(true))[0], "#/openapi: must be 3.1.x");
    assert_refused("/openapi", json!("3.0.3"), "/openapi", "must be 3.1.x");
    assert_refused("/paths", json!([]), "/paths", "must be an object");
    assert_refused("/components/schemas", json!(null), "/components/schemas", "must be an object");
    assert_refused("/paths/~1users~1{id}/get", json!(null), "/paths/~1users~1{id}/get", "must be an object");
    assert_refused("/paths/~1a", json!({"$ref": "#/paths/~1b"}), "/paths/~1a", "`$ref` of a whole path");
}

#[test]
fn everything_is_found_at_once() {
    let mut document = contract();
    document["paths"]["/users/{id}"]["post"]["tags"] = json!([]);
    document["components"]["schemas"]["Id"]["format"] = json!(null);
    document["components"]["schemas"]["UserCreate"]["anyOf"] = json!([]);
    assert_eq!(gate::findings(&document).len(), 3);
}

#[test]
fn schemas_without_a_right_rust_type_are_refused() {
    let property = format!("{USER}/properties/p");
    let referenced = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    for (schema, why) in [
        (json!({"oneOf": [referenced("Color"), referenced("Id")]}), "`oneOf` is not supported: in place"),
        (json!({"oneOf": [referenced("Color"), {"type": "null"}], "minLength": 1}), "`minLength` beside a choice"),
        (json!({"type": "string", "anyOf": []}), "`anyOf` is not supported: write a component with `oneOf`"),
        (json!({"type": "string", "allOf": []}), "`allOf` is not supported: in place it has no name"),
        (json!({"discriminator": {}}), "`discriminator` is not supported: it belongs beside the `oneOf`"),
        (json!({"type": "string", "nullable": true}), "type: [string, 'null']"),
        (json!({"type": "object", "patternProperties": {}}), "`patternProperties` is not supported"),
        (json!({"type": "array", "prefixItems": []}), "`prefixItems` is not supported"),
        (json!({"type": ["string", "boolean"]}), "one type"),
        (json!({}), "has no `type`"),
        (json!({"type": "integer", "enum": [1]}), "an enum is of type string"),
        (json!({"type": "string", "enum": ["a", 1]}), "an enum has strings"),
        (json!({"type": "string", "enum": []}), "an enum has strings, and at least one"),
        (json!({"type": "string", "enum": "a"}), "`enum` must be a list"),
        (json!({"type": "string", "enum": ["a", "A"]}), "are both `A` in Rust"),
        (json!({"type": "string", "readOnly": true, "writeOnly": true}), "nobody may send it"),
        (json!({"type": "array", "items": {"type": "string", "readOnly": true}}), "belong on a property"),
        (json!({"type": "object", "properties": {}}), "an object in place"),
        (json!({"type": "array", "items": {"type": "object", "properties": {}}}), "an object in place"),
        (json!({"type": "array"}), "has no `type`"),
        (json!({"type": "integer", "minimum": 0, "maximum": 9}), "needs `format: int32` or `int64`"),
        (json!({"type": "integer", "format": "int32", "minimum": 0}), "needs a `maximum`"),
        (json!({"type": "integer", "format": "int32", "maximum": 1}), "needs a `minimum`"),
        (json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": 2_147_483_648_u64}), "from -2147483648"),
        (json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": u64::MAX}), "needs a `maximum`"),
        (json!({"type": "integer", "format": "int32", "exclusiveMinimum": 0}), "needs a `maximum`"),
        (referenced("Nobody"), "must lead to one of"),
        (json!({"$ref": "other.yaml#/User"}), "must lead to one of"),
    ] {
        assert_refused(&property, schema, &property, why);
    }
}

#[test]
fn names_that_collide_or_mean_something_in_rust_are_refused() {
    let text = json!({"type": "string"});
    assert_refused("/components/schemas/user", text.clone(), "/components/schemas/user", "PascalCase");
    assert_refused("/components/schemas/Vec", text.clone(), "/components/schemas/Vec", "is taken in Rust");
    assert_refused(&format!("{USER}/properties/Name"), text.clone(), USER, "are both `name` in Rust");
    assert_refused(&format!("{USER}/properties/additional_properties"), text.clone(), USER, "in Rust");
    assert_refused(&format!("{USER}/properties/1st"), text.clone(), USER, "begin it with a letter");
    assert_refused(&format!("{USER}/properties/a\"b"), text, USER, "has a character that no name needs");
    assert_refused("/components/schemas/Color/enum/-", json!("dark red"), "/components/schemas/Color", "DarkRed");
    assert_refused(
        "/components/schemas/Color/enum/-",
        json!("self"),
        "/components/schemas/Color",
        "don't call it self",
    );
    assert_refused("/components/schemas/Color/enum/-", json!(null), "/components/schemas/Color", "`null`");
    assert_refused(&format!("{USER}/required/-"), json!("age"), USER, "names `age`");
    let itself = json!({"$ref": "#/components/schemas/Circle"});
    assert_refused("/components/schemas/Circle", itself.clone(), "/components/schemas/Circle", "stands for itself");
    let endless = json!({"type": "object", "required": ["next"], "properties": {"next": itself}});
    assert_refused("/components/schemas/Circle", endless, "/components/schemas/Circle", "requires itself");
}

#[test]
fn operations_without_a_right_method_are_refused() {
    for (key, value, why) in [
        ("operationId", json!(null), "`operationId` is missing"),
        ("operationId", json!("put_user"), "camelCase"),
        ("tags", json!([]), "exactly one tag"),
        ("tags", json!(["users", "users"]), "exactly one tag"),
        ("tags", json!(["people"]), "is not declared"),
        ("security", json!([{}]), "optional login"),
        ("security", json!([{"basic": []}]), "security scheme `basic`"),
        ("callbacks", json!({}), "`callbacks` is not supported"),
    ] {
        assert_refused(&format!("{OPERATION}/{key}"), value, OPERATION, why);
    }
    for (path, why) in [
        ("/users/{name}", "only in the names of its parameters"),
        ("/users/{id}.json", "neither a plain text nor one whole parameter"),
        ("/users/:id", "neither a plain text nor one whole parameter"),
        ("users", "begins with `/`"),
    ] {
        assert_refused(&format!("/paths/{}", path.replace('/', "~1")), json!({}), "/paths/", why);
    }
    assert_refused("/servers/-", json!({"url": "https://example.com/v1"}), "/servers/2/url", "has a path");
}

#[test]
fn parameters_that_would_be_decoded_wrongly_are_refused() {
    let text = json!({"type": "string"});
    let deep = |schema: Value| json!({"name": "p", "in": "query", "style": "deepObject", "schema": schema});
    for (parameter, why) in [
        (json!({"name": "p", "in": "cookie", "schema": text}), "parameters in `cookie`"),
        (json!({"name": "p", "in": "query", "content": {}}), "`content` is not supported"),
        (json!({"name": "p", "in": "query", "style": "spaceDelimited", "schema": text}), "only `style: form`"),
        (json!({"name": "p", "in": "header", "style": "deepObject", "schema": text}), "only `style: simple`"),
        (json!({"name": "p", "in": "query", "schema": {"type": "string", "readOnly": true}}), "belong on a property"),
        (deep(text.clone()), "a `deepObject` is a `$ref` to a component"),
        (deep(json!({"$ref": "#/components/schemas/UserCreate"})), "`extra` of a `deepObject` must be a single value"),
        (deep(json!({"$ref": "#/components/schemas/UserCreate"})), "`name` of a `deepObject` must be a single value"),
        (json!({"name": "p", "in": "query", "allowReserved": true, "schema": text}), "`allowReserved`"),
        (json!({"name": "p", "in": "query", "schema": {"type": "object"}}), "only a single value"),
        (
            json!({"name": "p", "in": "query", "schema": {"type": "array", "items": {"type": "object"}}}),
            "only a single",
        ),
        (
            json!({"name": "id", "in": "path", "required": true, "schema": {"type": "array", "items": text}}),
            "only a single",
        ),
        (json!({"name": "p", "in": "query", "schema": {"type": ["string", "null"]}}), "cannot be null"),
        (json!({"name": "Accept", "in": "header", "schema": text}), "OpenAPI ignores"),
        (json!({"name": "p", "in": "path", "required": true, "schema": text}), "differ"),
        (json!({"name": "p", "in": "path", "schema": text}), "`required: true`"),
        (json!({"name": "if-match", "in": "header", "schema": text}), "are both `if_match` in Rust"),
        (json!({"$ref": "#/components/parameters/Nobody"}), "must lead to a component"),
    ] {
        assert_refused(&format!("{OPERATION}/parameters/-"), parameter, OPERATION, why);
    }
}

#[test]
fn a_deep_object_is_exploded_and_its_members_have_plain_names() {
    let mut document = contract();
    document["components"]["schemas"]["Filter"] =
        json!({"type": "object", "additionalProperties": false, "properties": {"a[b]": {"type": "string"}}});
    let schema = json!({"$ref": "#/components/schemas/Filter"});
    let parameter = json!({"name": "p", "in": "query", "style": "deepObject", "explode": false, "schema": schema});
    let parameters = document.pointer_mut(&format!("{OPERATION}/parameters")).unwrap();
    parameters.as_array_mut().unwrap().push(parameter);
    let findings = gate::findings(&document);
    for why in ["`deepObject` is `explode: true`", "`a[b]` of a `deepObject` must have no brackets"] {
        assert!(findings.iter().any(|finding| finding.contains(why)), "{why}: {findings:#?}");
    }
}

#[test]
fn bodies_that_are_not_one_known_json_object_are_refused() {
    let body = |content: Value| json!({"required": true, "content": content});
    let schema = |name: &str| json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
    for (value, why) in [
        (json!({"content": {"application/json": schema("UserCreate")}}), "`required: true`"),
        (body(json!({})), "`content` is missing"),
        (body(json!({"multipart/form-data": schema("UserCreate")})), "only JSON bodies"),
        (body(json!({"application/json": {"schema": {"type": "object"}}})), "must be a `$ref`"),
        (body(json!({"application/json": schema("Color")})), "must be a `$ref`"),
        (
            body(json!({"application/json": schema("UserCreate"), "application/a+json": schema("Problem")})),
            "same schema",
        ),
    ] {
        assert_refused(&format!("{OPERATION}/requestBody"), value, OPERATION, why);
    }
    let unsaid = json!({"type": "object", "properties": {"to": {"type": "string"}}});
    assert_refused("/components/schemas/Greeting", unsaid, "/components/schemas/Greeting", "`additionalProperties");
    assert_refused(&format!("{USER}/additionalProperties"), json!({"type": "string"}), USER, "true or false");
    assert_refused(&format!("{USER}/allOf"), json!([]), USER, "`allOf`");
}

#[test]
fn answers_that_no_variant_can_be_are_refused() {
    let responses = format!("{OPERATION}/responses");
    let answer = |media: &str, schema: Value| json!({"description": "", "content": {media: {"schema": schema}}});
    let map = |schema: Value| json!({"type": "object", "additionalProperties": schema});
    let header = |name: &str, schema: Value| json!({"description": "", "headers": {name: {"schema": schema}}});
    for (code, response, why) in [
        ("default", json!({"description": ""}), "can only be application/problem+json"),
        ("4XX", answer("application/json", json!({"type": "object"})), "can only be application/problem+json"),
        ("2XX", json!({"description": ""}), "name each status"),
        ("202", json!(null), "a response is an object"),
        ("202", json!({"description": "", "content": true}), "a response is an object"),
        ("202", header("X-Kind", json!({"type": "string", "enum": ["a"]})), "an enum in place has no name here"),
        ("202", answer("application/json", json!({"type": "string"})), "a JSON answer is"),
        ("202", answer("application/json", map(json!({"type": "string", "enum": ["a"]}))), "has no name here"),
        ("202", answer("application/json", map(json!({"type": "object", "properties": {}}))), "an object in place"),
        ("202", answer("application/pdf", json!({"type": "string"})), "only JSON"),
        ("202", answer("text/plain", json!({"type": "object"})), "is text"),
        ("202", answer("application/problem+json", json!({"type": "object"})), "is `Problem`"),
        ("202", json!({"description": "", "content": {"text/plain": {}, "text/html": {}}}), "one media type"),
        ("202", header("Content-Type", json!({"type": "string"})), "that of `content`"),
        ("202", header("X-List", json!({"type": "array", "items": {"type": "string"}})), "single value"),
        ("202", header("X-Count", json!({"type": "integer"})), "needs `format"),
    ] {
        assert_refused(&format!("{responses}/{code}"), response, &responses, why);
    }
    let only_problem = json!({"404": {"$ref": "#/components/responses/NotFound"}});
    assert_refused(&responses, only_problem, &responses, "not a problem");
}

#[test]
fn job_types_must_name_a_payload() {
    let place = "/x-job-types/greet";
    assert_refused(
        &format!("{place}/payload"),
        json!({"$ref": "#/components/schemas/Gone"}),
        place,
        "must be a `$ref`",
    );
    assert_refused(&format!("{place}/payload"), json!({"type": "object"}), place, "must be a `$ref`");
    assert_refused(&format!("{place}/description"), json!(null), place, "`description` is missing");
    assert_refused("/x-job-types/sendMail", json!({}), "/x-job-types/sendMail", "snake_case");
}
