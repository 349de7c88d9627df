//! What the strict parser refuses, and properties of what it and the serde helpers accept.

use std::collections::HashSet;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Int, Members, Object, ParseError, parse, shown};

fn refusal(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn each_kind_of_refusal_has_its_own_sentence() {
    for (text, sentence) in [
        (r#"{"a":1,"a":2}"#, "member 'a' occurs twice (line 1, column 10)"),
        (r#"{"a":1,"\u0061":2}"#, "member 'a' occurs twice (line 1, column 15)"),
        ("{\"x\":[{\"b\":1,\n\"b\":2}]}", "member 'b' occurs twice (line 2, column 3)"),
        (r#"{"":1,"":2}"#, "member '' occurs twice (line 1, column 8)"),
        ("{} {}", "something follows the end of the JSON value (line 1, column 4)"),
        ("1 x", "something follows the end of the JSON value (line 1, column 3)"),
        ("", "EOF while parsing a value (line 1, column 0)"),
        (r#"{"a":"#, "EOF while parsing a value (line 1, column 5)"),
        (r#"{"a" 1}"#, "expected `:` (line 1, column 6)"),
        ("{'a': 1}", "key must be a string (line 1, column 2)"),
        ("[1,]", "trailing comma (line 1, column 4)"),
        ("[01]", "invalid number (line 1, column 3)"),
        ("1e400", "number out of range (line 1, column 5)"),
        ("NaN", "expected value (line 1, column 1)"),
        ("\u{feff}{}", "expected value (line 1, column 1)"),
        (r#""\ud800""#, "unexpected end of hex escape (line 1, column 8)"),
        ("\"\u{1}\"", "control character (\\u0000-\\u001F) found while parsing a string (line 1, column 2)"),
    ] {
        assert_eq!(refusal(text), sentence, "{text}");
    }
    assert_eq!(parse(b"{\"a\":\"\xff\"}"), Err(ParseError::NotUtf8 { byte: 7 }));
    assert_eq!(parse(b"\xed\xa0\x80"), Err(ParseError::NotUtf8 { byte: 1 }));
}

#[test]
fn depth_is_bounded_and_all_of_it_usable() {
    let nested = |open: &str, close: &str, levels| format!("{}{}", open.repeat(levels), close.repeat(levels));
    assert!(parse(nested("[", "]", 64).as_bytes()).is_ok());
    assert!(matches!(parse(nested("[", "]", 65).as_bytes()), Err(ParseError::TooDeep { line: 1, .. })));
    let objects = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    assert!(parse(objects(64).as_bytes()).is_ok());
    assert!(matches!(parse(objects(65).as_bytes()), Err(ParseError::TooDeep { .. })));
    // Far beyond what any stack would hold, and not even closed.
    assert!(matches!(parse("[".repeat(100_000).as_bytes()), Err(ParseError::TooDeep { .. })));
}

#[test]
fn names_are_shown_escaped_and_cut() {
    assert_eq!(shown("年齢"), "年齢");
    assert_eq!(shown("a\n\u{202e}'\u{0}"), r"a\n\u{202e}\'\0");
    assert_eq!(shown(&"x".repeat(64)), "x".repeat(64));
    assert_eq!(shown(&"年".repeat(65)), format!("{}…", "年".repeat(64)));
}

/// A JSON text with whitespace, escapes and number spellings as they come, and no name twice in an object.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
    ];
    let leaf =
        prop_oneof![Just("null".to_owned()), Just("true".to_owned()), Just("false".to_owned()), number, json_string(),];
    let space = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n\t")];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let array = prop::collection::vec(inner.clone(), 0..6)
            .prop_flat_map(move |items| (Just(items), space()))
            .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!("{space},"))));
        let object = prop::collection::vec((json_string(), inner), 0..6)
            .prop_flat_map(move |members| (Just(members), space()))
            .prop_map(|(members, space)| {
                let mut names = HashSet::new();
                let unique = members.into_iter().filter(|(name, _)| {
                    let name: String = serde_json::from_str(name).unwrap();
                    names.insert(name)
                });
                let members: Vec<String> =
                    unique.map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
                format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
            });
        prop_oneof![array, object]
    })
}

/// A JSON string; some characters are written as escapes.
fn json_string() -> impl Strategy<Value = String> {
    prop::collection::vec((any::<char>(), any::<bool>()), 0..8).prop_map(|characters| {
        let mut text = String::from("\"");
        for (character, escape) in characters {
            if escape || character < ' ' || character == '"' || character == '\\' {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                text.push(character);
            }
        }
        text.push('"');
        text
    })
}

/// Spells a name with every character as an escape.
fn escaped_name(name: &str) -> String {
    name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

proptest! {
    #[test]
    fn strict_agrees_with_serde_json_on_valid_texts(text in json_text()) {
        let ours = parse(text.as_bytes());
        let theirs: Result<Value, _> = serde_json::from_str(&text);
        prop_assert_eq!(ours.ok(), theirs.ok());
    }

    #[test]
    fn strict_accepts_no_text_that_serde_json_refuses(text in "[\\[\\]{}\",:0-9a-f.+ \\\\-]{0,20}") {
        if serde_json::from_str::<Value>(&text).is_err() {
            prop_assert!(parse(text.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_doubled_name_is_found_at_any_depth_and_in_any_spelling(
        name in "[a-z年\"\\\\/]{1,5}",
        between in prop::collection::vec("[A-Z]{1,5}", 0..4),
        wrappers in prop::collection::vec(any::<bool>(), 0..60),
        escape in any::<bool>(),
    ) {
        let first = serde_json::to_string(&name).unwrap();
        let second = if escape { format!("\"{}\"", escaped_name(&name)) } else { first.clone() };
        let unique: HashSet<_> = between.into_iter().collect();
        let others: String = unique.iter().map(|other| format!("\"{other}\":0,")).collect();
        let mut text = format!("{{{first}:1,{others}{second}:2}}");
        for in_array in wrappers {
            text = if in_array { format!("[{text},1]") } else { format!("{{\"w\":{text},\"v\":1}}") };
        }
        let refused = parse(text.as_bytes());
        prop_assert!(matches!(&refused, Err(ParseError::Duplicate { .. })), "{:?}", refused);
    }

    #[test]
    fn an_object_comes_back_as_the_same_text(members in prop::collection::vec(("[a-z]{1,6}", json_text()), 0..8)) {
        let written: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let text = format!("{{{}}}", written.join(","));
        let object: Object = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&object).unwrap(), text);
        prop_assert_eq!(object.len(), members.len());
        prop_assert_eq!(&object.clone(), &object);
    }

    #[test]
    fn what_no_field_takes_keeps_its_order_and_text(
        before in prop::collection::vec(("x[a-z]{1,6}", json_text()), 0..4),
        after in prop::collection::vec(("y[a-z]{1,6}", json_text()), 0..4),
        age in any::<i32>(),
    ) {
        let written = |members: &[(String, String)]| members.iter().map(|(n, v)| format!("\"{n}\":{v}")).collect::<Vec<_>>();
        let (before, after) = (written(&before), written(&after));
        let all = [before.clone(), vec![format!("\"age\":{age}.0e0")], after.clone()].concat();
        let mut members: Members = serde_json::from_str(&format!("{{{}}}", all.join(","))).unwrap();
        prop_assert_eq!(members.required::<Int<i32>>("age").unwrap(), Int(age));
        prop_assert_eq!(serde_json::to_string(&members.rest()).unwrap(), format!("{{{}}}", [before, after].concat().join(",")));
    }

    #[test]
    fn integers_are_accepted_exactly_when_whole_and_in_range(number in prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        any::<i32>().prop_map(f64::from),
        (any::<i32>(), 0..4i32).prop_map(|(number, places)| f64::from(number) / 10f64.powi(places)),
        any::<i64>().prop_map(|number| number as f64),
        Just(-0.0),
        Just(9_223_372_036_854_775_808.0),
        Just(2_147_483_648.0),
    ]) {
        let text = format!("{number:e}");
        let whole = number.fract() == 0.0;
        let fits = |low: f64, past_high: f64| whole && number >= low && number < past_high;
        let wide: Result<Int<i64>, _> = serde_json::from_str(&text);
        prop_assert_eq!(wide.ok(), fits(-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0).then_some(Int(number as i64)));
        let narrow: Result<Int<i32>, _> = serde_json::from_str(&text);
        prop_assert_eq!(narrow.ok(), fits(-2_147_483_648.0, 2_147_483_648.0).then_some(Int(number as i32)));
    }

    #[test]
    fn integers_written_as_such_are_exact(number in any::<i128>().prop_map(|number| number >> 60)) {
        let read: Result<Int<i64>, _> = serde_json::from_str(&number.to_string());
        // Beyond u64 the parser turns to doubles, which are out of range anyway.
        prop_assert_eq!(read.ok(), i64::try_from(number).ok().map(Int));
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fields {
    #[serde(deserialize_with = "super::integer")]
    plain: i32,
    #[serde(default, deserialize_with = "super::optional_integer", skip_serializing_if = "Option::is_none")]
    optional: Option<i64>,
    #[serde(default, deserialize_with = "super::double_option", skip_serializing_if = "Option::is_none")]
    double: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::double_optional_integer", skip_serializing_if = "Option::is_none")]
    number: Option<Option<i32>>,
}

#[test]
fn the_serde_helpers_tell_absent_null_and_value_apart() {
    let read = |text: &str| serde_json::from_str::<Fields>(text).unwrap();
    let bare = Fields { plain: 6, optional: None, double: None, number: None };
    assert_eq!(read(r#"{"plain":6.0}"#), bare);
    assert_eq!(read(r#"{"plain":6,"optional":null}"#), bare);
    let nulls = Fields { plain: 10, optional: Some(20), double: Some(None), number: Some(None) };
    assert_eq!(read(r#"{"plain":1e1,"optional":2e1,"double":null,"number":null}"#), nulls);
    let values = Fields { plain: 0, optional: None, double: Some(Some("x".into())), number: Some(Some(-3)) };
    assert_eq!(read(r#"{"plain":-0,"double":"x","number":-3.0}"#), values);
    assert_eq!(serde_json::to_string(&nulls).unwrap(), r#"{"plain":10,"optional":20,"double":null,"number":null}"#);
    for refused in [r#"{"plain":null}"#, r#"{"plain":1.5}"#, r#"{"plain":"1"}"#, r#"{"plain":2147483648}"#, "{}"] {
        assert!(serde_json::from_str::<Fields>(refused).is_err(), "{refused}");
    }
}

#[test]
fn members_are_taken_by_name() {
    let mut members: Members =
        serde_json::from_str(r#"{"a":null,"b":1,"c":[1.50, 2],"a2":123456789012345678901234567890}"#).unwrap();
    assert_eq!(members.required::<Option<String>>("a").unwrap(), None);
    assert_eq!(members.optional::<Option<Int<i32>>>("b").unwrap(), Some(Some(Int(1))));
    assert_eq!(members.optional::<String>("absent").unwrap(), None);
    assert_eq!(members.required::<String>("absent").unwrap_err().to_string(), "missing field `absent`");
    let rest = members.rest();
    assert_eq!(rest.get("c").map(RawValue::get), Some("[1.50, 2]"));
    assert_eq!(rest.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["c", "a2"]);
    assert!(rest.get("a").is_none());
}

#[test]
fn objects_can_be_built_and_compared() {
    let mut built = Object::default();
    assert!(built.is_empty());
    built.push("n", RawValue::from_string("1.0".to_owned()).unwrap());
    let read: Object = serde_json::from_str(r#"{"n":1.0}"#).unwrap();
    assert_eq!(built, read);
    assert_ne!(built, serde_json::from_str(r#"{"n":1}"#).unwrap());
    assert!(serde_json::from_str::<Object>("[]").is_err());
    // Also out of a parsed value, where the text is serde_json's.
    assert_eq!(serde_json::from_value::<Object>(serde_json::json!({ "n": 1.0 })).unwrap(), read);
}

#[test]
fn integers_of_any_spelling_are_read_in_lists_and_maps() {
    let list: Int<Vec<Option<i64>>> = serde_json::from_str("[1, 2.0, 3e0, null]").unwrap();
    assert_eq!(list.0, [Some(1), Some(2), Some(3), None]);
    let map: Int<std::collections::BTreeMap<String, Vec<i32>>> = serde_json::from_str(r#"{"a": [1e1]}"#).unwrap();
    assert_eq!(map.0["a"], [10]);
    assert!(serde_json::from_str::<Int<Vec<i32>>>("[1.5]").is_err());
    assert!(serde_json::from_str::<Int<Vec<i32>>>("[2147483648]").is_err());
}

#[test]
fn a_tagged_object_keeps_its_text_until_its_kind_is_known() {
    let read = |text: &str| super::Tagged::deserialize(&mut serde_json::Deserializer::from_str(text), "kind");
    let tagged = read(r#"{"n": 1.50, "kind": "a"}"#).unwrap();
    assert_eq!(tagged.tag(), "a");
    let members: Object = tagged.read::<_, serde_json::Error>().unwrap();
    assert_eq!(members.get("n").unwrap().get(), "1.50");
    assert_eq!(tagged.unknown::<serde_json::Error>().to_string(), "member 'kind' names nothing that is known");
    assert!(read(r#"{"n": 1}"#).is_err());
    assert!(read(r#"{"kind": 1}"#).is_err());
    assert!(read("[]").is_err());
}
