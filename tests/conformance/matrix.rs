//! The rows of the matrix, as the files in `matrix/` have them; `matrix/README.md` says what may stand there.

use std::fs;
use std::path::Path;

use keiyaku::contract::ValidationMode;
use serde_json::Value;

/// A request and what becomes of it in each mode.
pub struct Row {
    pub name: String,
    request: String,
    body: String,
    type_: String,
    headers: Vec<String>,
    token: String,
    pad: usize,
    expect: Value,
}

/// A request, all but for what differs from one sending to the next.
pub struct Request {
    pub method: String,
    pub target: String,
    /// Scopes, or `none`.
    pub token: String,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

/// All rows of all files.
pub fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/matrix");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let groups: Vec<Value> = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for group in &groups {
            rows.extend(group["rows"].as_array().unwrap().iter().map(|row| Row::read(group, row)));
        }
    }
    rows
}

impl Row {
    /// What the row does not say, its group does.
    fn read(group: &Value, row: &Value) -> Row {
        let known = ["name", "value", "request", "body", "type", "headers", "token", "pad", "expect"];
        let stranger = row.as_object().unwrap().keys().find(|name| !known.contains(&name.as_str()));
        assert_eq!(stranger, None, "an unknown member in {row}");
        assert!(row["value"].is_null() || row["value"].is_string(), "quote the value of {row}");
        let value = row["value"].as_str().unwrap_or_default();
        let given = |name: &str| row.get(name).or_else(|| group.get(name));
        let text = |name: &str, otherwise: &str| match given(name) {
            Some(text) => text.as_str().unwrap_or_else(|| panic!("{name} in {row}")).replace("${value}", value),
            None => otherwise.to_owned(),
        };
        let name = row["name"].as_str().or(row["value"].as_str()).unwrap_or_else(|| panic!("a name for {row}"));
        let headers = given("headers").and_then(Value::as_array).into_iter().flatten();
        Row {
            name: format!("{}: {name}", group["group"].as_str().unwrap()),
            request: text("request", ""),
            body: text("body", ""),
            type_: text("type", "application/json"),
            headers: headers.map(|header| header.as_str().unwrap().replace("${value}", value)).collect(),
            token: text("token", super::support::ALL_SCOPES),
            pad: given("pad").and_then(Value::as_u64).unwrap_or_default().try_into().unwrap(),
            expect: given("expect").unwrap_or_else(|| panic!("no outcome of {row}")).clone(),
        }
    }

    /// Whether the row has this placeholder anywhere.
    pub fn mentions(&self, placeholder: &str) -> bool {
        let texts = [&self.request, &self.body].into_iter().chain(&self.headers);
        texts.into_iter().any(|text| text.contains(placeholder))
    }

    /// The request, with these values for the placeholders.
    pub fn request(&self, values: &[(&str, String)]) -> Request {
        let filled = |text: &str| {
            let values = values.iter();
            repeated(&values.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value)))
        };
        let (method, target) = self.request.split_once(' ').unwrap();
        let mut body = unescaped(&filled(&self.body));
        body.resize(body.len().max(self.pad), b' ');
        let mut headers: Vec<String> = self.headers.iter().map(|header| filled(header)).collect();
        if !body.is_empty() && self.type_ != "none" {
            headers.push(format!("content-type: {}", self.type_));
        }
        Request { method: method.to_owned(), target: filled(target), token: self.token.clone(), headers, body }
    }

    /// What becomes of the request in this mode.
    pub fn outcome(&self, mode: ValidationMode) -> &Value {
        let of_mode = self.expect.get(mode.to_string()).or_else(|| self.expect.get("else"));
        match of_mode {
            Some(outcome) => outcome,
            None => {
                let says_a_mode = ValidationMode::ALL.iter().any(|mode| self.expect.get(mode.to_string()).is_some());
                assert!(!says_a_mode, "{}: no outcome in {mode} mode", self.name);
                &self.expect
            }
        }
    }
}

/// `${repeat:ab:3}` is `ababab`.
fn repeated(text: &str) -> String {
    match text.split_once("${repeat:") {
        None => text.to_owned(),
        Some((before, rest)) => {
            let (inner, after) = rest.split_once('}').unwrap_or_else(|| panic!("no end of repeat in {text}"));
            let (part, times) = inner.rsplit_once(':').unwrap();
            format!("{before}{}{}", part.repeat(times.parse().unwrap()), repeated(after))
        }
    }
}

/// `${hex:ff00}` is these bytes, which no text could hold.
fn unescaped(text: &str) -> Vec<u8> {
    match text.split_once("${hex:") {
        None => text.as_bytes().to_vec(),
        Some((before, rest)) => {
            let (digits, after) = rest.split_once('}').unwrap_or_else(|| panic!("no end of hex in {text}"));
            let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            let bytes = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap());
            before.bytes().chain(bytes).chain(unescaped(after)).collect()
        }
    }
}
