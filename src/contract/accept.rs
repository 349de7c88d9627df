//! What an operation can answer, and whether the client takes it (RFC 9110, section 12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use super::ContractError;
use super::document::Node;
use crate::problem::Problem;

/// The media types of an operation's answers that are not errors; none where no answer has a body.
#[derive(Debug)]
pub(super) struct Offered(Vec<String>);

impl Offered {
    pub(super) fn read(operation: &Node<'_>) -> Result<Offered, ContractError> {
        let mut offered = Vec::new();
        let responses = operation.member("responses");
        for (code, answer) in responses.iter().flat_map(|responses| responses.members().collect::<Vec<_>>()) {
            let content = answer.resolved()?.member("content").filter(|_| code.starts_with('2'));
            for (name, _) in content.iter().flat_map(|content| content.members().collect::<Vec<_>>()) {
                offered.push(essence(name).to_ascii_lowercase());
            }
        }
        Ok(Offered(offered))
    }

    /// 406 unless one of the media types is among those that the client names. Errors are problem documents whatever it
    /// names.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if self.0.is_empty() || !headers.contains_key(ACCEPT) {
            return Ok(());
        }
        let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<(&str, bool)> = lines.flat_map(|line| line.split(',')).filter_map(range).collect();
        // A header that names nothing says nothing.
        if ranges.is_empty() || self.0.iter().any(|offered| taken(offered, &ranges)) {
            return Ok(());
        }
        Err(Problem::not_acceptable(format!("This operation answers {}.", self.0.join(" or "))))
    }
}

/// A media range and whether it is wanted: a weight of zero says that it is not.
fn range(text: &str) -> Option<(&str, bool)> {
    let name = essence(text);
    let weight = text.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let refused = weight
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .any(|(_, weight)| weight.trim().parse::<f32>() == Ok(0.0));
    name.contains('/').then_some((name, !refused))
}

/// What the most precise of the ranges that fit says.
fn taken(offered: &str, ranges: &[(&str, bool)]) -> bool {
    let kind = offered.split('/').next().unwrap_or_default();
    let precision = |range: &str| match range.split_once('/') {
        Some(("*", "*")) => Some(0),
        Some((own, "*")) if own.eq_ignore_ascii_case(kind) => Some(1),
        _ if range.eq_ignore_ascii_case(offered) => Some(2),
        _ => None,
    };
    let fitting = ranges.iter().filter_map(|(range, wanted)| Some((precision(range)?, *wanted)));
    fitting.max().is_some_and(|(_, wanted)| wanted)
}

/// A media type without its parameters.
fn essence(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Offered(vec!["application/json".to_owned()]).admit(&headers).is_ok()
    }

    #[test]
    fn a_client_may_name_what_it_takes_in_many_ways() {
        for accept in [
            "application/json",
            "APPLICATION/JSON",
            "application/json; charset=utf-8",
            "application/*",
            "*/*",
            "text/html, */*;q=0.1",
            "text/html,application/json;q=0.001",
            "*/*;q=0, application/json",
            "",
            "nonsense",
        ] {
            assert!(takes(accept), "{accept}");
        }
    }

    #[test]
    fn a_client_that_takes_something_else_is_told() {
        for accept in
            ["text/html", "text/*", "application/jsonx", "application/json;q=0", "*/*, application/json;q=0.0"]
        {
            assert!(!takes(accept), "{accept}");
        }
    }
}
