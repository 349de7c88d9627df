//! Which Rust a schema becomes.

use serde_json::{Value, json};

use crate::document;
use crate::hints;
use crate::rust_type::{Schemas, identifier, pascal_case, snake_case};
use crate::{python, typescript};

/// The field type, serde arguments and bounds of a schema beside some components.
fn field(schema: Value, required: bool) -> (String, String, String) {
    let components = json!({"components": {"schemas": {
        "Status": {"type": "string", "enum": ["a"]},
        "Rank": {"type": ["string", "null"], "enum": ["gold", null]},
        "User": {"type": "object", "properties": {"id": {"type": "string"}}},
        "Email": {"type": "string", "maxLength": 254},
    }}});
    let shape = Schemas::of(&components).shape(&schema);
    (shape.field(required), shape.serde(None, required, None).unwrap_or_default(), shape.validate().unwrap_or_default())
}

fn rust(schema: Value, required: bool) -> String {
    field(schema, required).0
}

#[test]
fn each_type_and_format_has_its_rust_type() {
    let reference = |name| json!({"$ref": format!("#/components/schemas/{name}")});
    for (schema, expected) in [
        (json!({"type": "string"}), "String"),
        (json!({"type": "string", "format": "date-time"}), "chrono::DateTime<chrono::Utc>"),
        (json!({"type": "string", "format": "date"}), "chrono::NaiveDate"),
        (json!({"type": "string", "format": "uuid"}), "uuid::Uuid"),
        (json!({"type": "string", "format": "email"}), "String"),
        (json!({"type": "boolean"}), "bool"),
        (json!({"type": "number"}), "f64"),
        (json!({"type": "integer", "format": "int32"}), "i32"),
        (json!({"type": "integer", "format": "int64", "minimum": 0}), "i64"),
        (json!({"type": "object"}), "crate::json::Object"),
        (json!({"type": "object", "additionalProperties": true}), "crate::json::Object"),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            "std::collections::BTreeMap<String, String>",
        ),
        (json!({"type": "array", "items": {"type": ["string", "null"]}}), "Vec<Option<String>>"),
        (json!({"type": "array", "items": reference("User")}), "Vec<User>"),
        (reference("User"), "User"),
        (reference("Status"), "Status"),
        (reference("Rank"), "Option<Rank>"),
        (reference("Email"), "String"),
    ] {
        assert_eq!(rust(schema.clone(), true), expected, "{schema}");
    }
}

#[test]
fn absent_and_null_are_told_apart_only_where_both_can_be() {
    let text = json!({"type": "string"});
    let nullable = json!({"type": ["string", "null"]});
    assert_eq!(rust(text.clone(), true), "String");
    assert_eq!(rust(text, false), "Option<String>");
    assert_eq!(rust(nullable.clone(), true), "Option<String>");
    assert_eq!(rust(nullable, false), "Option<Option<String>>");
}

#[test]
fn integers_are_read_leniently() {
    let plain = json!({"type": "integer", "format": "int32"});
    let nullable = json!({"type": ["integer", "null"], "format": "int32"});
    for (schema, required, reader) in [
        (&plain, true, "integer"),
        (&plain, false, "optional_integer"),
        (&nullable, true, "optional_integer"),
        (&nullable, false, "double_optional_integer"),
    ] {
        let (_, serde, _) = field(schema.clone(), required);
        assert!(serde.contains(&format!("deserialize_with = \"crate::json::{reader}\"")), "{serde}");
        assert_eq!(serde.contains("default"), !required, "{serde}");
    }
}

#[test]
fn integers_in_lists_and_maps_are_read_leniently_too() {
    let integer = json!({"type": "integer", "format": "int32"});
    for (schema, expected) in [
        (json!({"type": "array", "items": integer}), "Vec<i32>"),
        (json!({"type": "array", "items": {"type": ["integer", "null"], "format": "int64"}}), "Vec<Option<i64>>"),
        (
            json!({"type": "object", "additionalProperties": {"type": "array", "items": integer}}),
            "std::collections::BTreeMap<String, Vec<i32>>",
        ),
    ] {
        let (rust, serde, _) = field(schema, true);
        assert_eq!((rust.as_str(), serde.as_str()), (expected, "deserialize_with = \"crate::json::integer\""));
    }
}

#[test]
fn bounds_are_repeated_where_validator_agrees_with_json_schema() {
    for (schema, expected) in [
        (json!({"type": "string", "minLength": 1, "maxLength": 100}), "length(min = 1, max = 100)"),
        (json!({"type": "array", "items": {"type": "string"}, "maxItems": 3}), "length(max = 3)"),
        (json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": 150}), "range(min = 0, max = 150)"),
        (json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX}), "range(min = 1)"),
        (json!({"type": "number", "exclusiveMinimum": 0}), "range(exclusive_min = 0.0)"),
        (
            json!({"type": "integer", "format": "int32", "exclusiveMinimum": 0, "maximum": 9}),
            "range(max = 9, exclusive_min = 0)",
        ),
        (json!({"$ref": "#/components/schemas/User"}), "nested"),
        (json!({"type": "array", "items": {"$ref": "#/components/schemas/User"}}), "nested"),
        (json!({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/User"}}), "nested"),
        (json!({"type": "string", "format": "email", "pattern": "^a$"}), ""),
        (json!({"type": "string", "format": "date-time", "maxLength": 30}), ""),
    ] {
        assert_eq!(field(schema.clone(), true).2, expected, "{schema}");
    }
}

#[test]
fn names_become_rust_names() {
    for (name, snake, pascal) in [
        ("getOpenapiJson", "get_openapi_json", "GetOpenapiJson"),
        ("If-None-Match", "if_none_match", "IfNoneMatch"),
        ("ETag", "etag", "ETag"),
        ("retry_pending", "retry_pending", "RetryPending"),
        ("database connection failed", "database_connection_failed", "DatabaseConnectionFailed"),
        ("userId2", "user_id2", "UserId2"),
    ] {
        assert_eq!(snake_case(name), snake);
        assert_eq!(pascal_case(name), pascal);
    }
    assert_eq!(identifier("type"), "r#type");
    assert_eq!(identifier("self"), "self_");
}

#[test]
fn documents_keep_the_order_of_members_and_the_value_of_integers() {
    let document =
        document::parse("z: 9223372036854775807\na: -9223372036854775808\nm: 18446744073709551615\n").unwrap();
    let expected = r#"{"z":9223372036854775807,"a":-9223372036854775808,"m":18446744073709551615}"#;
    assert_eq!(document.to_string(), expected);
}

#[test]
fn yaml_is_read_as_version_1_2() {
    let document = document::parse("a: no\nb: 'yes'\nc: true\n201: ok\ne: ~\nf: 1e1\n").unwrap();
    assert_eq!(document["a"], "no");
    assert_eq!(document["b"], "yes");
    assert_eq!(document["c"], true);
    assert_eq!(document["201"], "ok");
    assert!(document["e"].is_null());
    assert!(document::parse("a: 1\na: 2\n").is_err(), "a doubled key must not be lost");
}

#[test]
fn a_bare_code_block_in_a_description_does_not_become_a_rust_test() {
    let document = json!({"components": {"schemas": {"A": {
        "type": "object", "properties": {"b": {"type": "string"}},
        "description": "One:\n```\nlet x: () = 1;\n```\nTwo:\n```json\n{}\n```\n",
    }}}});
    let lines = &hints::annotate(&document)["components"]["schemas"]["A"]["x-doc"];
    assert_eq!(*lines, json!(["One:", "```text", "let x: () = 1;", "```", "Two:", "```json", "{}", "```"]));
}

#[test]
fn no_description_ends_a_comment_of_an_sdk() {
    assert_eq!(typescript::comment("A */ b.\n".to_owned()), json!(["/** A *\\/ b. */"]));
    assert_eq!(typescript::comment("One.\n\nTwo.".to_owned()), json!(["/**", " * One.", " *", " * Two.", " */"]));
    assert_eq!(python::docstring("A \"\"\" b \\d \"c\"\n", 0), [r#""""A \"\"\" b \\d "c\"""""#]);
    assert_eq!(python::docstring("One.\n\nTwo.", 4), ["    \"\"\"One.", "", "    Two.", "    \"\"\""]);
}

#[test]
fn what_is_too_long_for_a_line_of_python_goes_on_in_the_next() {
    let text = "One two three four\nfive.\n\n- six seven eight\n- nine\n\nunbreakableunbreakable";
    let lines = ["One two", "three four", "five.", "", "- six seven", "eight", "- nine", "", "unbreakableunbreakable"];
    assert_eq!(python::wrapped(text, 11), lines);
}

/// Components as both SDKs have them.
fn components() -> Value {
    json!({"components": {"schemas": {
        "Rank": {"type": ["string", "null"], "enum": ["gold", "it's", null]},
        "Color": {"type": "string", "enum": ["red"]},
        "User": {
            "type": ["object", "null"], "required": ["b"],
            "properties": {"user-id": {"type": "string"}, "b": {"type": "number"}, "from": {"type": ["string", "null"]}},
        },
        "Email": {"type": "string"},
        "Open": {"type": "object", "additionalProperties": true, "properties": {"extras": {"type": "boolean"}}},
    }}})
}

#[test]
fn each_type_has_its_types_in_the_sdks() {
    let document = components();
    let typescript = typescript::Types::of(&document, |name| format!("models.{name}"));
    let python = python::Types::of(&document, "models.");
    let reference = |name| json!({"$ref": format!("#/components/schemas/{name}")});
    for (schema, in_typescript, in_python) in [
        (json!({"type": "integer", "format": "int64"}), "number", "int"),
        (json!({"type": ["boolean", "null"]}), "boolean | null", "bool | None"),
        (json!({"type": "object"}), "Record<string, unknown>", "dict[str, Any]"),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            "Record<string, string>",
            "dict[str, str]",
        ),
        (json!({"type": "array", "items": {"type": ["string", "null"]}}), "(string | null)[]", "list[str | None]"),
        (json!({"type": "array", "items": reference("Email")}), "string[]", "list[str]"),
        (json!({"type": "string", "format": "date-time"}), "string", "datetime.datetime"),
        (reference("Rank"), "models.Rank", "models.Rank"),
        (json!({"$ref": "#/components/schemas/Color", "x-null": true}), "models.Color | null", "models.Color | None"),
        (reference("User"), "models.User | null", "models.User | None"),
        (json!({"$ref": "#/components/schemas/Email", "x-null": true}), "string | null", "str | None"),
    ] {
        assert_eq!(typescript.of_schema(&schema), in_typescript, "{schema}");
        assert_eq!(python.of_schema(&schema, false), in_python, "{schema}");
    }
    let list = json!({"type": "array", "items": {"type": "object"}});
    assert_eq!(python.of_schema(&list, true), "Sequence[Mapping[str, Any]]", "what is sent may be of other kinds");
}

#[test]
fn each_component_has_its_types_in_the_sdks() {
    let document = components();
    let (typescript, python) = (typescript::Types::of(&document, str::to_owned), python::Types::of(&document, ""));
    let fields = |models: Vec<Value>| -> Vec<Value> {
        models[0]["fields"].as_array().unwrap().iter().map(|field| field["field"].clone()).collect()
    };
    assert_eq!(typescript.component("Rank")[0]["alias"], "'gold' | 'it\\'s' | null");
    assert_eq!(python.component("Rank")[0]["alias"], json!(["Rank: TypeAlias = Literal[\"gold\", \"it's\"] | None"]));
    assert_eq!(fields(typescript.component("User")), ["'user-id'?: string", "b: number", "from?: string | null"]);
    let expected = [
        "user_id: str | None = field(default=None, metadata={\"name\": \"user-id\"})",
        "b: float",
        "from_: str | None | Unset = field(default=UNSET, metadata={\"name\": \"from\"})",
    ];
    assert_eq!(fields(python.component("User")), expected);
    assert_eq!(fields(typescript.component("Open")), ["extras?: boolean", "[name: string]: unknown"]);
    let expected = [
        "extras_: bool | None = field(default=None, metadata={\"name\": \"extras\"})",
        "extras: Mapping[str, Any] = field(default_factory=dict, metadata={\"extras\": True})",
    ];
    assert_eq!(fields(python.component("Open")), expected);
}
