//! What a document may ask for, and how `load` names what it may not.

use serde_json::json;

use super::*;

/// The error of loading a document that is written for a test.
fn refused(document: Value) -> String {
    rules(ValidationMode::Default, &document).unwrap_err().to_string()
}

/// The error about one parameter.
fn refused_parameter(parameter: Value) -> String {
    refused(document(json!({"parameters": [parameter]})))
}

#[test]
fn every_mode_names_itself() {
    for mode in ValidationMode::ALL {
        assert_eq!(mode.to_string().parse(), Ok(mode));
        let contract = shared(mode);
        assert_eq!(contract.mode(), mode);
        let document: Value = serde_json::from_str(contract.json()).unwrap();
        assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
        assert!(contract.yaml().contains("openapi: "));
    }
    assert_eq!("Strict".parse::<ValidationMode>().unwrap_err().to_string(), "must be default, flexible or strict");
}

#[test]
fn a_security_scheme_that_is_not_a_bearer_token_is_named() {
    let with = |scheme: Value| {
        let mut document = document(json!({"security": [{"key": []}]}));
        document["components"] = json!({"securitySchemes": {"key": scheme}});
        refused(document)
    };
    for scheme in
        [json!({"type": "apiKey", "in": "header", "name": "X-Key"}), json!({"type": "http", "scheme": "basic"})]
    {
        let expected = "the contract, at /components/securitySchemes/key: security scheme 'key' is not supported: \
                        only an HTTP bearer token is";
        assert_eq!(with(scheme), expected);
    }
    let undefined = refused(document(json!({"security": [{"nowhere": []}]})));
    assert_eq!(undefined, "the contract, at /paths/~1users/post/security/0: security scheme 'nowhere' is not defined");
}

#[test]
fn a_parameter_that_could_not_be_read_is_named() {
    let at = "the contract, at /paths/~1users/post/parameters/0: parameter 'p': ";
    for (parameter, reason) in [
        (
            json!({"name": "p", "in": "cookie", "schema": {"type": "string"}}),
            "only path, query and header parameters are supported",
        ),
        (json!({"name": "p", "in": "query", "content": {}}), "only parameters with a schema are supported"),
        (
            json!({"name": "p", "in": "query", "style": "pipeDelimited", "schema": {"type": "object"}}),
            "style 'pipeDelimited' is not supported",
        ),
        (
            json!({"name": "p", "in": "query", "style": "deepObject", "schema": {"type": "object"}}),
            "a deepObject needs a schema with properties",
        ),
        (
            json!({"name": "p", "in": "query", "schema": {"type": "integer", "maximum": 9, "default": 10}}),
            "its default does not fit its schema",
        ),
        (json!({"name": "p", "in": "query", "schema": {"type": "object"}}), "its schema's type is not supported"),
        (json!({"name": "p", "in": "query", "schema": {}}), "its schema's type is not supported"),
        (
            json!({"name": "p", "in": "query", "schema": {"type": ["string", "integer"]}}),
            "its schema's type is not supported",
        ),
        (
            json!({"name": "p", "in": "query", "schema": {"type": "array"}}),
            "a list of items of this type is not supported",
        ),
        (
            json!({"name": "p", "in": "path", "schema": {"type": "array", "items": {"type": "string"}}}),
            "a list in the path is not supported",
        ),
    ] {
        assert_eq!(refused_parameter(parameter), format!("{at}{reason}"));
    }
}

#[test]
fn a_body_that_is_not_json_is_named() {
    let body = json!({"content": {"text/csv": {"schema": {"type": "string"}}}});
    let expected = "the contract, at /paths/~1users/post/requestBody/content/text~1csv: \
                    a body in 'text/csv' is not supported: only JSON with a schema is";
    assert_eq!(refused(document(json!({ "requestBody": body }))), expected);
}

#[test]
fn an_end_that_cannot_be_told_is_named() {
    let since = "`deprecated: true` and `x-deprecated-since`, the day since when, go together; `x-sunset` needs both";
    let day = "must be a day, such as '2026-12-31'";
    for (operation, place, reason) in [
        (json!({"deprecated": true}), "", since),
        (json!({"x-deprecated-since": "2026-12-01"}), "", since),
        (json!({"x-sunset": "2026-12-01"}), "", since),
        (json!({"deprecated": true, "x-deprecated-since": "2026-02-30"}), "/x-deprecated-since", day),
        (json!({"deprecated": true, "x-deprecated-since": "2026-12-1"}), "/x-deprecated-since", day),
        (json!({"deprecated": true, "x-deprecated-since": "2026-12-01", "x-sunset": 2027}), "/x-sunset", day),
        (
            json!({"deprecated": true, "x-deprecated-since": "2026-12-01", "x-sunset": "2026-11-30"}),
            "",
            "`x-sunset` must not be before `x-deprecated-since`",
        ),
    ] {
        assert_eq!(refused(document(operation)), format!("the contract, at /paths/~1users/post{place}: {reason}"));
    }
}

#[test]
fn a_schema_that_cannot_be_enforced_is_named() {
    let body = |schema: Value| document(json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}));
    let at = "the contract's schema at /paths/~1users/post/requestBody/content/application~1json/schema: ";
    for (schema, part) in [
        (json!({"format": "nonsense"}), "nonsense"),
        (json!({"pattern": "("}), "regex"),
        // Look-around would need a backtracking engine.
        (json!({"pattern": "^(?!a)"}), "regex"),
        (json!({"$ref": "#/components/schemas/Nowhere"}), "Nowhere"),
        (json!({"$ref": "other.yaml"}), "other.yaml"),
        (json!({"minimum": "1"}), "not of type"),
    ] {
        let error = refused(body(schema));
        assert!(error.starts_with(at) && error.contains(part), "{error}");
    }
    for format in ["int32", "int64", "double", "email", "date-time", "date", "uuid", "uri-reference", "password"] {
        assert!(rules(ValidationMode::Default, &body(json!({ "format": format }))).is_ok(), "{format}");
    }
}

#[test]
fn references_are_followed_and_circles_found() {
    let mut document = document(json!({"parameters": [{"$ref": "#/components/parameters/a%7Bb%7D"}]}));
    let parameter = json!({"name": "p", "in": "query", "schema": {"$ref": "#/components/schemas/S"}});
    document["components"] = json!({"parameters": {"a{b}": parameter}, "schemas": {"S": {"type": "integer"}}});
    assert!(rules(ValidationMode::Default, &document).is_ok());
    document["components"]["parameters"]["a{b}"] = json!({"$ref": "#/components/parameters/a{b}"});
    assert!(rules(ValidationMode::Default, &document).unwrap_err().to_string().contains("circle"));
    document["components"]["parameters"] = json!({});
    assert!(rules(ValidationMode::Default, &document).unwrap_err().to_string().contains("leads nowhere"));
}

#[test]
fn an_operation_replaces_a_parameter_of_its_path() {
    let own = json!([{"name": "p", "in": "query", "schema": {"type": "integer"}}]);
    let mut document = document(json!({ "parameters": own }));
    document["paths"]["/users"]["parameters"] = json!([
        {"name": "p", "in": "query", "schema": {"type": "string"}},
        {"name": "q", "in": "query", "schema": {"type": "string"}}
    ]);
    let rules = rules(ValidationMode::Default, &document).unwrap();
    let mut found = super::super::violations::Violations::default();
    let values = rules.parameters.query("p=1&q=1", &mut found);
    assert_eq!(Value::Object(values), json!({"p": 1, "q": "1"}));
}

#[test]
fn a_default_that_the_contract_would_refuse_is_named() {
    let with = |default: Value| {
        let member = json!({"type": "string", "maxLength": 1, "default": default});
        let mut document = document(json!({}));
        document["components"] = json!({"schemas": {"A": {"allOf": [{"properties": {"a": member}}]}}});
        let compiler = Compiler::new(&document, Direction::Request).unwrap();
        super::super::directions::check_defaults(&compiler, &Node::root(&document)).map_err(|error| error.to_string())
    };
    assert_eq!(with(json!("x")), Ok(()));
    let place = "/components/schemas/A/allOf/0/properties/a";
    assert_eq!(with(json!("xy")), Err(format!("the contract, at {place}: its default does not fit its schema")));
}

#[test]
fn each_direction_refuses_and_does_not_require_what_goes_the_other_way() {
    let schema = json!({
        "type": "object",
        "required": ["id", "password"],
        "properties": {"id": {"readOnly": true}, "password": {"writeOnly": true}},
    });
    let fits = |direction: Direction, value: Value| {
        let mut document = json!({"schema": schema});
        direction.prepare(&mut document);
        let compiler = Compiler::new(&document, direction).unwrap();
        compiler.compile(&Node::root(&document).member("schema").unwrap()).unwrap().is_valid(&value)
    };
    let (id, password) = (json!({"id": 1}), json!({"password": "x"}));
    assert!(fits(Direction::Request, password.clone()) && !fits(Direction::Request, id.clone()));
    assert!(fits(Direction::Answer, id) && !fits(Direction::Answer, password));
}
