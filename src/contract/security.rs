//! Who may call an operation, read from its security requirements.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::document::Node;
use super::{Caller, Contract, ContractError};
use crate::problem::Problem;

/// An operation's security requirements: one of the alternatives must be met.
#[derive(Debug)]
pub(super) struct Security {
    /// The scopes of each alternative, all of which it needs.
    alternatives: Vec<Vec<String>>,
    /// Whether a request without a token will do, too.
    anonymous: bool,
}

impl Security {
    /// Reads the requirements of an operation, or the document's own where it has none.
    pub(super) fn read(root: &Node<'_>, operation: &Node<'_>) -> Result<Security, ContractError> {
        let mut security = Security { alternatives: Vec::new(), anonymous: true };
        let Some(requirements) = operation.member("security").or_else(|| root.member("security")) else {
            return Ok(security);
        };
        // An empty list lifts the document's requirements; in a list, `{}` makes the others optional.
        security.anonymous = requirements.items().next().is_none();
        for requirement in requirements.items() {
            let mut scopes = Vec::new();
            // Every scheme that passes the check below is the bearer token, so "all of these schemes" is one token
            // with the scopes of all.
            for (scheme, wanted) in requirement.members() {
                require_bearer(root, &requirement, scheme)?;
                scopes.extend(wanted.items().filter_map(|scope| scope.value().as_str()).map(str::to_owned));
            }
            match requirement.members().next() {
                Some(_) => security.alternatives.push(scopes),
                None => security.anonymous = true,
            }
        }
        Ok(security)
    }

    /// Every scope that is named.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.alternatives.iter().flatten().map(String::as_str)
    }

    /// The caller, if the request may go on: `None` is an anonymous one.
    pub(super) fn admit(&self, contract: &Contract, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
        if self.alternatives.is_empty() {
            return Ok(None);
        }
        let Some(token) = bearer_token(headers)? else {
            return if self.anonymous { Ok(None) } else { Err(Problem::unauthorized("Authorization header required")) };
        };
        let caller = contract.caller(token).ok_or_else(Problem::invalid_token)?;
        let meets = |scopes: &Vec<String>| scopes.iter().all(|scope| caller.may(scope));
        if self.alternatives.iter().any(meets) {
            return Ok(Some(caller));
        }
        let wanted: Vec<String> = self.alternatives.iter().map(|scopes| scopes.join(" ")).collect();
        Err(Problem::forbidden(&wanted.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// The one kind of security scheme that is enforced here.
fn require_bearer(root: &Node<'_>, place: &Node<'_>, scheme: &str) -> Result<(), ContractError> {
    let schemes = root.member("components").and_then(|components| components.member("securitySchemes"));
    let Some(found) = schemes.and_then(|schemes| schemes.member(scheme)) else {
        return Err(place.unsupported(format!("security scheme '{scheme}' is not defined")));
    };
    let found = found.resolved()?;
    let is_bearer = found.text("scheme").is_some_and(|name| name.eq_ignore_ascii_case("bearer"));
    if found.text("type") == Some("http") && is_bearer {
        return Ok(());
    }
    Err(found.unsupported(format!("security scheme '{scheme}' is not supported: only an HTTP bearer token is")))
}

/// The token of the Authorization header, if there is such a header.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let malformed = || Problem::unauthorized("Invalid authorization format");
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
    let token = token.trim();
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t', ',']);
    // Two headers would let two readers see two callers.
    if values.next().is_some() || !well_formed { Err(malformed()) } else { Ok(Some(token)) }
}
