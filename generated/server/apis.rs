// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! What a server implements: one trait per tag, and [`Api`] for all of them.

pub mod analytics;
pub mod jobs;
pub mod queues;
pub mod system;
pub mod users;

/// The whole contract: what [`router`](super::router()) serves.
pub trait Api:
    analytics::Analytics + jobs::Jobs + queues::Queues + system::System + users::Users + Clone + Send + Sync + 'static
{
    /// The compiled contract that admits requests before their handler sees them.
    fn contract(&self) -> &crate::contract::Contract;
}
