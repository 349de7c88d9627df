//! JSON as text, in all the spellings that the grammar has.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// A member of an object.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    /// The name as it stands in the text, with quotes and escapes.
    pub spelling: String,
    /// The text of the value.
    pub text: String,
}

/// Members with names of their own.
pub fn members() -> impl Strategy<Value = Vec<Member>> {
    vec((name(), value()), 0..6).prop_map(|members| {
        let mut seen = HashSet::new();
        let fresh = members.into_iter().filter(|((name, _), _)| seen.insert(name.clone()));
        fresh.map(|((name, spelling), text)| Member { name, spelling, text }).collect()
    })
}

/// A name, likely or not, and one of its spellings.
fn name() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof!["[a-z_]{1,12}", "\\PC{0,20}", any::<String>(), "[\"\\\\/~$#\u{0}-\u{1f}]{1,4}"];
    (name, vec(any::<bool>(), 1..8)).prop_map(|(name, escaped)| {
        let spelled = name.chars().zip(escaped.iter().cycle()).map(|(c, escaped)| match escaped {
            true => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
            false if c == '"' => "\\\"".to_owned(),
            false => json!(c.to_string()).to_string().trim_matches('"').to_owned(),
        });
        let spelling = format!("\"{}\"", spelled.collect::<String>());
        (name, spelling)
    })
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
            let fresh = members.into_iter().filter(move |((name, _), ..)| seen.insert(name.clone()));
            let texts = fresh.map(|((_, spelling), space, value)| format!("{spelling}{space}:{space}{value}"));
            format!("{{{}}}", texts.collect::<Vec<_>>().join(", "))
        });
        prop_oneof![array, members]
    })
}

/// Within the range of a double, or the body is refused.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,5})",
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?",
        prop::sample::select(vec![
            "1.10",
            "1e2",
            "1E+02",
            "-0",
            "-0.0",
            "0e0",
            "9007199254740993",
            "18446744073709551616",
            "123456789012345678901234567890",
            "0.1000000000000000055511151231257827",
            "1.7976931348623157e308",
            "1e-400",
        ])
        .prop_map(str::to_owned),
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
