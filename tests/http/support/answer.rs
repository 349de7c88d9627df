//! [`Answer`]: a response read to its end.

use std::fmt;

use axum::http::{HeaderMap, Version, header};
use serde_json::Value;

/// A response read to its end. Shown, its ids that differ from run to run are replaced.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub version: Version,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads to the end; of a stream, which has none, the beginning.
    pub async fn received(mut response: reqwest::Response) -> Answer {
        let (status, version, headers) = (response.status().as_u16(), response.version(), response.headers().clone());
        let is_stream = headers.get(header::CONTENT_TYPE).is_some_and(|media| media == "text/event-stream");
        let body = if is_stream {
            response.chunk().await.unwrap().unwrap_or_default()
        } else {
            response.bytes().await.unwrap()
        };
        Answer { status, version, headers, body: body.to_vec() }
    }

    /// The value of a header that occurs at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        assert!(self.headers.get_all(name).iter().count() <= 1, "{name} occurs more than once in {self}");
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn content_type(&self) -> &str {
        self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// A problem's friendly sentence.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }

    /// A problem's violations, as "in pointer keyword message".
    pub fn violations(&self) -> Vec<String> {
        let line = |violation: &Value| {
            let text = |name: &str| violation[name].as_str().unwrap().to_owned();
            [text("in"), text("pointer"), text("keyword"), text("message")].join(" ")
        };
        self.json()["errors"].as_array().into_iter().flatten().map(line).collect()
    }

    /// Status and friendly sentence, for tables.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.error())
    }
}

/// What a snapshot keeps: status, media type, the headers that belong to the contract, and the body.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.status, self.content_type())?;
        for name in [header::LOCATION, header::WWW_AUTHENTICATE, header::ALLOW, header::RETRY_AFTER] {
            for value in self.headers.get_all(&name) {
                writeln!(f, "{name}: {}", value.to_str().unwrap())?;
            }
        }
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(mut value) => {
                redact(&mut value);
                write!(f, "{value:#}")
            }
            Err(_) => f.write_str(&String::from_utf8_lossy(&self.body)),
        }
    }
}

/// Replaces what differs from run to run.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if ["request_id", "worker"].contains(&name.as_str()) && member.is_string() {
                    *member = format!("[{name}]").into();
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}
