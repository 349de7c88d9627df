//! The wording of violations: friendly, complete, and without the client's values.

use serde_json::json;

use super::super::violations::Violations;
use super::*;

/// What is wrong with a value under a schema, as "pointer keyword message", and the sentence of the answer.
fn judged(schema: Value, value: Value) -> (Vec<String>, String) {
    let document = json!({ "schema": schema });
    let compiler = Compiler::new(&document, Direction::Request).unwrap();
    let node = Node::root(&document).member("schema").unwrap();
    let mut violations = Violations::default();
    violations.check_body(&compiler.compile(&node).unwrap(), &value, "");
    let problem = Problem::validation(violations.into_result().unwrap_err());
    let lines = problem.violations().iter().map(|v| format!("{} {} {}", v.pointer, v.keyword, v.message)).collect();
    (lines, problem.error().to_owned())
}

/// The message about a member `x` with this schema and value.
fn message(schema: Value, value: Value) -> String {
    let (lines, _) = judged(json!({"properties": {"x": schema}}), json!({ "x": value }));
    lines.join("; ")
}

#[test]
fn every_keyword_has_its_words() {
    for (schema, value, expected) in [
        (json!({"type": "object"}), json!(1), "/x type must be an object"),
        (json!({"type": "array"}), json!(1), "/x type must be an array"),
        (json!({"type": "number"}), json!("1"), "/x type must be a number"),
        (json!({"type": "boolean"}), json!("1"), "/x type must be true or false"),
        (json!({"type": ["string", "null"]}), json!(1), "/x type must be null or a string"),
        (json!({"enum": ["a", 1, null]}), json!("z"), "/x enum must be one of a, 1, null"),
        (json!({"const": "a"}), json!("z"), "/x const must be a"),
        (json!({"minimum": 1.5}), json!(1), "/x minimum must be at least 1.5"),
        (json!({"maximum": 1}), json!(2), "/x maximum must be at most 1"),
        (json!({"exclusiveMinimum": 1}), json!(1), "/x exclusiveMinimum must be more than 1"),
        (json!({"exclusiveMaximum": 1}), json!(1), "/x exclusiveMaximum must be less than 1"),
        (json!({"multipleOf": 5}), json!(6), "/x multipleOf must be a multiple of 5"),
        (json!({"minLength": 1}), json!(""), "/x minLength must not be empty"),
        (json!({"minLength": 2}), json!("年"), "/x minLength must have at least 2 characters"),
        (json!({"maxLength": 1}), json!("ab"), "/x maxLength must have at most 1 character"),
        (json!({"pattern": "^a$"}), json!("b"), "/x pattern has an invalid format"),
        (json!({"minItems": 1}), json!([]), "/x minItems must have at least 1 item"),
        (json!({"maxItems": 1}), json!([1, 2]), "/x maxItems must have at most 1 item"),
        (json!({"uniqueItems": true}), json!([1, 1.0]), "/x uniqueItems must not have the same item twice"),
        (json!({"minProperties": 1}), json!({}), "/x minProperties must have at least 1 member"),
        (json!({"maxProperties": 0}), json!({"a": 1}), "/x maxProperties must have at most 0 members"),
        (json!({"format": "email"}), json!("x"), "/x format Email address format is invalid"),
        (json!({"format": "date-time"}), json!("x"), "/x format must be a date and time such as 2026-01-31T09:30:00Z"),
        (json!({"format": "date"}), json!("2026-02-30"), "/x format must be a date such as 2026-01-31"),
        (json!({"format": "uuid"}), json!("x"), "/x format must be a UUID"),
        (json!({"format": "uri"}), json!("x"), "/x format must be a URI"),
        (json!({"format": "ipv4"}), json!("x"), "/x format must have the format ipv4"),
        (json!({"not": {"type": "string"}}), json!("x"), "/x not is not allowed to be this"),
        (json!(false), json!(1), "/x not is not allowed"),
        (json!({"contains": {"type": "string"}}), json!([1]), "/x contains does not fit the contract"),
        (json!({"required": ["y"]}), json!({}), "/x/y required is required"),
        (json!({"dependentRequired": {"a": ["b"]}}), json!({"a": 1}), "/x/b required is required"),
        (json!({"propertyNames": {"maxLength": 1}}), json!({"ab": 1}), "/x/ab propertyNames is not allowed"),
        (json!({"additionalProperties": false}), json!({"a": 1}), "/x/a additionalProperties is not allowed"),
        (json!({"propertyNames": false}), json!({"a": {}}), "/x/a propertyNames is not allowed"),
        (json!({"unevaluatedProperties": false}), json!({"a": 1}), "/x/a unevaluatedProperties is not allowed"),
        (json!({"items": {"type": "string"}}), json!(["a", 1]), "/x/1 type must be a string"),
        (
            json!({"oneOf": [{"minimum": 0}, {"maximum": 9}]}),
            json!(5),
            "/x oneOf has more than one of the allowed forms",
        ),
    ] {
        assert_eq!(message(schema.clone(), value), expected, "{schema}");
    }
}

#[test]
fn a_choice_speaks_for_the_branch_that_nearly_fits() {
    let object = json!({"type": "object", "required": ["a"], "properties": {"b": {"type": "string"}}});
    let nullable = json!({"anyOf": [object, {"type": "null"}]});
    assert_eq!(message(nullable.clone(), json!({"b": 1})), "/x/a required is required; /x/b type must be a string");
    assert_eq!(message(nullable, json!(1)), "/x anyOf does not have any of the allowed forms");
    let either = json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
    assert_eq!(message(either, json!({})), "/x oneOf does not have any of the allowed forms");
}

#[test]
fn members_are_named_by_their_whole_path() {
    let schema = json!({"properties": {"a/b": {"properties": {"list": {"items": {"type": "string"}}}}}});
    let (lines, sentence) = judged(schema, json!({"a/b": {"list": ["x", 1]}}));
    assert_eq!(lines, ["/a~1b/list/1 type must be a string"]);
    assert_eq!(sentence, "Field 'a/b.list.1' must be a string");
}

#[test]
fn names_of_the_client_are_escaped_and_cut() {
    let schema = json!({"properties": {"known": {}}, "additionalProperties": false});
    let (lines, sentence) = judged(schema.clone(), json!({"a\n\u{202e}'": 1}));
    assert_eq!(lines, ["/a\n\u{202e}' additionalProperties is not allowed"], "JSON escapes what lies in a pointer");
    assert_eq!(sentence, r"Field 'a\n\u{202e}\'' is not allowed");
    let (lines, sentence) = judged(schema.clone(), json!({ "年".repeat(1000): 1 }));
    let cut = format!("{}…", "年".repeat(64));
    assert_eq!(lines, [format!("/{cut} additionalProperties is not allowed")]);
    assert_eq!(sentence, format!("Field '{cut}' is not allowed"));
    // Never in the middle of an escape, which would make the pointer unreadable.
    let (lines, _) = judged(schema, json!({ "~".repeat(1000): 1 }));
    let pointer = lines[0].split(' ').next().unwrap();
    assert!(pointer.trim_end_matches('…').ends_with("~0"), "{pointer}");
}

#[test]
fn the_answer_speaks_of_the_first_and_counts_the_others() {
    let schema = json!({"required": ["a", "b", "c"]});
    assert_eq!(judged(schema, json!({})).1, "Field 'a' is required (and 2 more)");
    assert_eq!(judged(json!({"type": "object"}), json!([])).1, "The body must be an object");
}

#[test]
fn payloads_are_judged_by_their_job_type() {
    let contract = shared(ValidationMode::Default);
    assert_eq!(contract.check_payload("", "send_welcome_email", &json!({"user_id": 1})), Ok(()));
    let lines = |job_type: &str, payload: Value| {
        let found = contract.check_payload("", job_type, &payload).unwrap_err();
        found.iter().map(|v| format!("{} {} {}", v.pointer, v.keyword, v.message)).collect::<Vec<_>>()
    };
    assert_eq!(lines("send_welcome_email", json!({})), ["/payload/user_id required is required"]);
    let known = "must be one of user_created, send_welcome_email, erase_mail, data_analysis";
    assert_eq!(lines("nonsense", json!({})), [format!("/job_type enum {known}")]);
}
