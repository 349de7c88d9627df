// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! The contract's job types (`x-job-types`).

/// A job type: its name, what it is for, and the schema of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobType {
    /// The name that jobs carry.
    pub name: &'static str,
    /// What the contract says about it.
    pub description: &'static str,
    /// The schema of the payload: a component of the contract and a struct of [`models`](super::models).
    pub payload: &'static str,
}

/// Every job type, in the contract's order.
pub const ALL: &[JobType] =
    &[JobType { name: PAINT, description: "Paints with \"these\" <colors>.", payload: "Filter" }];

/// Paints with "these" <colors>.
///
/// Its payload is a [`Filter`](super::models::Filter).
pub const PAINT: &str = "paint";
