// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! What a server implements: one trait per tag, and [`Api`] for all of them.

pub mod echo;
pub mod streams;

/// The whole contract: what [`router`](super::router()) serves.
pub trait Api: echo::Echo + streams::Streams + Clone + Send + Sync + 'static {
    /// The compiled contract that admits requests before their handler sees them.
    fn contract(&self) -> &crate::contract::Contract;
}
