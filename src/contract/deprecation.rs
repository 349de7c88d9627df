//! What answers of a deprecated operation say of it: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::document::Node;
use super::{Contract, ContractError};
use crate::api::Operation;

/// The headers that a client can meet because of this.
pub const HEADERS: [HeaderName; 2] = [DEPRECATION, SUNSET];

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Since when an operation is deprecated, and when it goes, if that is known.
#[derive(Debug)]
pub(super) struct Deprecation {
    since: HeaderValue,
    sunset: Option<HeaderValue>,
}

impl Deprecation {
    pub(super) fn read(operation: &Node<'_>) -> Result<Option<Deprecation>, ContractError> {
        let (since, sunset) = (day(operation, "x-deprecated-since")?, day(operation, "x-sunset")?);
        match (operation.flag("deprecated"), since) {
            (true, Some(since)) => {
                if sunset.is_some_and(|sunset| sunset < since) {
                    return Err(operation.unsupported("`x-sunset` must not be before `x-deprecated-since`"));
                }
                let since = value(operation, format!("@{}", since.timestamp()))?;
                // The format of HTTP's own dates, whose zone is always called GMT.
                let sunset = sunset.map(|time| value(operation, time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
                Ok(Some(Deprecation { since, sunset: sunset.transpose()? }))
            }
            (false, None) if sunset.is_none() => Ok(None),
            _ => Err(operation.unsupported(
                "`deprecated: true` and `x-deprecated-since`, the day since when, go together; `x-sunset` needs both",
            )),
        }
    }

    fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(DEPRECATION, self.since.clone());
        if let Some(sunset) = &self.sunset {
            headers.insert(SUNSET, sunset.clone());
        }
    }
}

/// The first moment of a day, if the operation names one.
fn day(operation: &Node<'_>, name: &str) -> Result<Option<DateTime<Utc>>, ContractError> {
    let Some(node) = operation.member(name) else { return Ok(None) };
    let text = operation.text(name).filter(|text| text.len() == "2026-12-31".len());
    match text.and_then(|text| text.parse::<NaiveDate>().ok()) {
        Some(day) => Ok(Some(day.and_time(NaiveTime::MIN).and_utc())),
        None => Err(node.unsupported("must be a day, such as '2026-12-31'")),
    }
}

fn value(operation: &Node<'_>, text: String) -> Result<HeaderValue, ContractError> {
    HeaderValue::try_from(text).map_err(|error| operation.unsupported(error.to_string()))
}

impl Contract {
    /// Puts into an answer of this operation what the document says of its end.
    pub fn tell_deprecation(&self, operation: Operation, headers: &mut HeaderMap) {
        self.tell_deprecation_of_nth(operation as usize, headers);
    }

    /// The same by the operation's place among those that the contract was compiled for.
    pub fn tell_deprecation_of_nth(&self, place: usize, headers: &mut HeaderMap) {
        if let Some(deprecation) = self.operations.get(place).and_then(|(_, rules)| rules.deprecation.as_ref()) {
            deprecation.tell(headers);
        }
    }
}
