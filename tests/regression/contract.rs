//! The regression spec's own contract, keyed by its own operations.

use axum::extract::Request;
use keiyaku::contract::{Admitted, Document, TokenKeys, ValidationMode};

use crate::api::Operation;
use crate::problem::Problem;

pub use keiyaku::contract::Caller;

const DOCUMENT: Document = Document {
    json: include_str!("../../openapi/generator/tests/generated/openapi.json"),
    yaml: include_str!("../../openapi/generator/tests/generated/openapi.yaml"),
};

pub struct Contract(keiyaku::contract::Contract);

impl Contract {
    pub fn load(keys: TokenKeys) -> Contract {
        let operations = Operation::ALL.iter().map(|operation| operation.id());
        let contract =
            keiyaku::contract::Contract::compile(ValidationMode::Default, DOCUMENT, operations, Some(keys), 16 * 1024);
        Contract(contract.unwrap())
    }

    pub async fn admit(&self, operation: Operation, request: Request) -> Result<Admitted, Problem> {
        self.0.admit_nth(operation as usize, request).await
    }
}
