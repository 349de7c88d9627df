//! Values made from a schema. They need not fit it: what does not is left out by the contract's own validator.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Values for the schema at this pointer.
pub fn values(document: &Value, pointer: &str) -> BoxedStrategy<Value> {
    of_schema(document, document.pointer(pointer).unwrap())
}

fn of_schema(document: &Value, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(target) = schema["$ref"].as_str() {
        return values(document, target.strip_prefix('#').unwrap());
    }
    if let Some(options) = schema["enum"].as_array() {
        return select(options.clone()).boxed();
    }
    match &schema["type"] {
        Value::Array(types) => {
            let one = |kind: &Value| {
                let mut of_one_type = schema.clone();
                of_one_type["type"] = kind.clone();
                of_schema(document, &of_one_type)
            };
            proptest::strategy::Union::new(types.iter().map(one)).boxed()
        }
        kind => match kind.as_str().unwrap_or_default() {
            "object" => object(document, schema),
            "array" => vec(of_schema(document, &schema["items"]), 0..3).prop_map(Value::Array).boxed(),
            "string" => string(schema),
            "integer" => integer(schema),
            "boolean" => any::<bool>().prop_map(Value::Bool).boxed(),
            "null" => Just(Value::Null).boxed(),
            other => panic!("no values for the type {other:?}"),
        },
    }
}

fn object(document: &Value, schema: &Value) -> BoxedStrategy<Value> {
    let mut members = Just(Map::new()).boxed();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
        let name = name.clone();
        let value = of_schema(document, property);
        let value = if required { value.prop_map(Some).boxed() } else { prop::option::of(value).boxed() };
        members = (members, value)
            .prop_map(move |(mut members, value)| {
                members.extend(value.map(|value| (name.clone(), value)));
                members
            })
            .boxed();
    }
    if schema["additionalProperties"] == true {
        let extra = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text().prop_map(Value::from)
        ];
        let extras = vec((text(), extra), 0..4);
        members = (members, extras)
            .prop_map(|(mut members, extras)| {
                for (name, value) in extras {
                    members.entry(name).or_insert(value);
                }
                members
            })
            .boxed();
    }
    members.prop_map(Value::Object).boxed()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,12}", "\\PC{0,30}"]
}

fn string(schema: &Value) -> BoxedStrategy<Value> {
    match schema["format"].as_str() {
        Some("email") => email().prop_map(Value::String).boxed(),
        Some("date-time") => {
            let offset = prop_oneof![Just("Z".to_owned()), "[+-](0[0-9]|1[0-3]):[0-5][0-9]"];
            let clock = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?";
            ("(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])", "[Tt]", clock, offset)
                .prop_map(|(day, t, clock, offset)| format!("{day}{t}{clock}{offset}").into())
                .boxed()
        }
        Some("uri-reference") => "(/[a-z0-9]{1,8}){0,3}".prop_map(Value::String).boxed(),
        _ => free_text(schema).prop_map(Value::String).boxed(),
    }
}

/// Mostly at the bounds, in characters of one to four bytes.
fn free_text(schema: &Value) -> impl Strategy<Value = String> + use<> {
    let bound = |name: &str, otherwise: u64| usize::try_from(schema[name].as_u64().unwrap_or(otherwise)).unwrap();
    let (least, most) = (bound("minLength", 0), bound("maxLength", 40));
    let length = prop_oneof![Just(least), Just(most), least..=most];
    let character = prop_oneof![
        "[a-zA-Z0-9_.-]",
        "\\PC",
        Just("𠮷".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("\n".to_owned())
    ];
    let names = (length.clone(), "[a-zA-Z0-9_.-]").prop_map(|(length, one)| one.repeat(length));
    let mixed = (length, vec(character, 1..20))
        .prop_map(|(length, characters)| characters.concat().chars().cycle().take(length).collect::<String>());
    prop_oneof![names, mixed]
}

fn email() -> impl Strategy<Value = String> {
    let local = prop_oneof![
        "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}",
        "[a-z]{1,10}\\.[a-z]{1,10}",
        "\"[a-z @<>]{1,10}\"",
        "[ぁ-ん]{1,10}",
        "[a-z]{60,64}",
    ];
    let label = "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?";
    let domain = prop_oneof![
        vec(label, 1..4).prop_map(|labels| labels.join(".")),
        vec("[a-z]{40,61}", 3..4).prop_map(|labels| labels.join(".")),
        Just("例え.jp".to_owned()),
        Just("[127.0.0.1]".to_owned()),
    ];
    (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

/// Mostly at the bounds, as an integer or as a number with a fraction of zero.
fn integer(schema: &Value) -> BoxedStrategy<Value> {
    let (least, most) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
    prop_oneof![
        Just(json!(least)),
        Just(json!(most)),
        (least..=most).prop_map(Value::from),
        (least.max(-1_000_000)..=most.min(1_000_000)).prop_map(|whole| json!(whole as f64)),
    ]
    .boxed()
}
