//! The regression spec's own contract, keyed by its own operations.

use axum::extract::Request;
use axum::http::HeaderMap;
use keiyaku::contract::{Admitted, Document, TokenKeys, ValidationMode};
use serde_json::Value;

use crate::api::Operation;
use crate::problem::Problem;

pub use keiyaku::contract::Caller;

const DOCUMENT: Document = Document {
    json: include_str!("../../openapi/generator/tests/generated/openapi.json"),
    yaml: include_str!("../../openapi/generator/tests/generated/openapi.yaml"),
};

pub struct Contract(keiyaku::contract::Contract);

impl Contract {
    pub fn load(mode: ValidationMode, keys: TokenKeys) -> Contract {
        let operations = Operation::ALL.iter().map(|operation| operation.id());
        let document = if mode == ValidationMode::Strict { strict() } else { DOCUMENT };
        Contract(keiyaku::contract::Contract::compile(mode, document, operations, Some(keys), 16 * 1024).unwrap())
    }

    pub async fn admit(&self, operation: Operation, request: Request) -> Result<Admitted, Problem> {
        self.0.admit_nth(operation as usize, request).await
    }

    pub fn tell_deprecation(&self, operation: Operation, headers: &mut HeaderMap) {
        self.0.tell_deprecation_of_nth(operation as usize, headers);
    }
}

/// The document as an overlay for strict mode would change it.
fn strict() -> Document {
    let mut document: Value = serde_json::from_str(DOCUMENT.json).unwrap();
    document["x-undeclared-query-parameters"] = "refuse".into();
    Document { json: document.to_string().leak(), ..DOCUMENT }
}
