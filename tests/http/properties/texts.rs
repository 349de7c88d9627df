//! JSON as text, in all the spellings that the grammar has.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// Members with names of their own, each value as its text.
pub fn members() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((name(), value()), 0..6).prop_map(|mut members| {
        let mut seen = HashSet::new();
        members.retain(|(name, _)| seen.insert(name.clone()));
        members
    })
}

/// A name, likely or not.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{1,12}", "\\PC{0,20}", any::<String>()].prop_map(|name| name.replace('\0', ""))
}

fn value() -> impl Strategy<Value = String> {
    let leaf =
        prop_oneof![Just("null".to_owned()), Just("true".to_owned()), Just("false".to_owned()), number(), string(),];
    leaf.prop_recursive(6, 24, 4, |inner| {
        let items = vec((space(), inner.clone(), space()), 0..4)
            .prop_map(|items| items.into_iter().map(|(before, item, after)| before + &item + &after));
        let array = items.prop_map(|items| format!("[{}]", items.collect::<Vec<_>>().join(",")));
        let members = vec((name(), space(), inner), 0..4).prop_map(|members| {
            let mut seen = HashSet::new();
            let fresh = members.into_iter().filter(move |(name, ..)| seen.insert(name.clone()));
            let text =
                |(name, space, value): (String, String, String)| format!("{}{space}:{space}{value}", json!(name));
            format!("{{{}}}", fresh.map(text).collect::<Vec<_>>().join(", "))
        });
        prop_oneof![array, members]
    })
}

/// Within the range of a double, or the body is refused.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,5})",
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?",
        Just("9007199254740993".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("1.7976931348623157e308".to_owned()),
        Just("1e-400".to_owned()),
    ]
}

/// Characters as they are or escaped, whether they need it or not.
fn string() -> impl Strategy<Value = String> {
    let plain = any::<char>().prop_filter("must be escaped", |c| !c.is_control() && !['"', '\\'].contains(c));
    let piece = prop_oneof![
        plain.prop_map(String::from),
        prop::sample::select(vec![
            "\\\"",
            "\\\\",
            "\\/",
            "\\b",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\u00e9",
            "\\uD83D\\uDE00",
            "\\u0041"
        ])
        .prop_map(str::to_owned),
    ];
    vec(piece, 0..12).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\n\r]{0,2}"
}
