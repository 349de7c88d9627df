//! Letting a request in.

use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{RawPathParams, Request};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::violations::Violations;
use super::{Contract, Rules};
use crate::api::Operation;
use crate::problem::Problem;

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's `sub`, such as `user:7`.
    pub subject: String,
    /// The token's scopes.
    pub scopes: Vec<String>,
    /// Until when the token counts, in seconds since 1970; `None` for ever.
    pub expires_at: Option<i64>,
}

impl Caller {
    /// Whether the token has this scope.
    #[must_use]
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }
}

/// A request that fits the contract. Generated routes take their typed arguments out of it.
#[derive(Debug)]
pub struct Admitted {
    operation: &'static str,
    caller: Option<Caller>,
    path: Map<String, Value>,
    query: Map<String, Value>,
    header: Map<String, Value>,
    body: Option<Bytes>,
}

impl Contract {
    /// Authenticates and authorises, then checks what the client takes and the parameters, then reads and checks the body.
    ///
    /// # Errors
    ///
    /// 401 or 403; 406; 428; 404 for a path with an empty part; 413 or 415; or one 400 with all that is wrong with
    /// parameters and body.
    pub async fn admit(&self, operation: Operation, request: Request) -> Result<Admitted, Problem> {
        self.admit_nth(operation as usize, request).await
    }

    /// Checks what comes by another door than HTTP as the body of a request to this operation, and builds it.
    ///
    /// # Errors
    ///
    /// 400 with all that is wrong with it; 413.
    pub fn body<T: DeserializeOwned>(&self, operation: Operation, bytes: &[u8]) -> Result<T, Problem> {
        let (id, rules) = &self.operations[operation as usize];
        let mut violations = Violations::default();
        if let Some(rule) = &rules.body {
            rule.check(bytes, self.body_limit, &mut violations)?;
        }
        violations.into_result().map_err(Problem::validation)?;
        built(id, serde_json::from_slice(bytes))
    }

    /// Admits a request to the operation at this place among those that the contract was compiled for.
    ///
    /// # Errors
    ///
    /// Those of [`Contract::admit`], and 500 if there is no such operation.
    pub async fn admit_nth(&self, place: usize, request: Request) -> Result<Admitted, Problem> {
        match self.operations.get(place) {
            Some((id, rules)) => rules.admit(self, id, request).await,
            None => Err(Problem::internal(format_args!("the contract has no operation {place}"))),
        }
    }
}

impl Rules {
    async fn admit(
        &self,
        contract: &Contract,
        operation: &'static str,
        mut request: Request,
    ) -> Result<Admitted, Problem> {
        let caller = self.security.admit(contract, request.headers())?;
        self.offered.admit(request.headers())?;
        self.parameters.preconditions(request.headers())?;
        let mut violations = Violations::default();
        let path = if self.parameters.has_path() {
            let values = path_values(&mut request).await?;
            // The router lets nothing at all stand for a parameter; no path of the contract has an empty part.
            if values.iter().any(|(_, text)| text.is_empty()) {
                return Err(Problem::not_found("Path"));
            }
            self.parameters.path(&values, &mut violations)
        } else {
            Map::new()
        };
        let query = self.parameters.query(request.uri().query().unwrap_or_default(), &mut violations);
        let header = self.parameters.header(request.headers(), &mut violations);
        let body = match &self.body {
            Some(rule) => rule.admit(request, contract.body_limit, &mut violations).await?,
            None => None,
        };
        violations.into_result().map_err(Problem::validation)?;
        Ok(Admitted { operation, caller, path, query, header, body })
    }
}

/// The path's parameters as axum matched and decoded them.
async fn path_values(request: &mut Request) -> Result<RawPathParams, Problem> {
    request.extract_parts::<RawPathParams>().await.map_err(|rejection| {
        if rejection.status().is_client_error() {
            Problem::bad_request("The path is not valid UTF-8")
        } else {
            Problem::internal(rejection)
        }
    })
}

impl Admitted {
    /// Who sent the request. For operations that need a token.
    ///
    /// # Errors
    ///
    /// If the operation let an anonymous request in, which is a fault of the generated route.
    pub fn caller(&self) -> Result<Caller, Problem> {
        let id = self.operation;
        self.caller.clone().ok_or_else(|| Problem::internal(format_args!("operation {id} has no caller")))
    }

    /// The parameters of the path, defaults filled in.
    ///
    /// # Errors
    ///
    /// If they are not a `T` although they fit the contract.
    pub fn path<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let values = std::mem::take(&mut self.path);
        built(self.operation, serde_json::from_value(Value::Object(values)))
    }

    /// The parameters of the query, defaults filled in.
    ///
    /// # Errors
    ///
    /// If they are not a `T` although they fit the contract.
    pub fn query<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let values = std::mem::take(&mut self.query);
        built(self.operation, serde_json::from_value(Value::Object(values)))
    }

    /// The parameters among the headers, defaults filled in.
    ///
    /// # Errors
    ///
    /// If they are not a `T` although they fit the contract.
    pub fn header<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let values = std::mem::take(&mut self.header);
        built(self.operation, serde_json::from_value(Value::Object(values)))
    }

    /// The body, built from its own text so that extras keep theirs. A body that may be missing is an `Option`.
    ///
    /// # Errors
    ///
    /// If it is not a `T` although it fits the contract.
    pub fn body<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let text = self.body.take();
        built(self.operation, serde_json::from_slice(text.as_deref().unwrap_or(b"null")))
    }
}

/// The Rust types hold whatever the validators accept, save for oddities such as a date outside the calendar of the time
/// library. Those are the client's to change, and serde's own words could quote them.
fn built<T>(operation: &'static str, value: serde_json::Result<T>) -> Result<T, Problem> {
    value.map_err(|error| {
        tracing::warn!(
            operation,
            line = error.line(),
            column = error.column(),
            "a request fits the contract but not its Rust type"
        );
        Problem::bad_request("The request has a value that this server cannot represent")
    })
}
