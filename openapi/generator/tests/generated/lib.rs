// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Regression <b>\"of\"</b> the generator & its templates 1: the contract as Rust.
//!
//! A server implements one trait per tag ([`apis`]) with the types of [`models`], and [`router`] makes an
//! [`axum::Router`] of it.

#![allow(
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    clippy::doc_lazy_continuation,
    reason = "doc comments are the contract's own prose, written for readers of the API"
)]
#![allow(clippy::large_enum_variant, reason = "a response lives for one function call; boxing it would cost more")]

#[allow(dead_code, reason = "a contract need not have every kind of answer")]
mod answer;
pub mod apis;
pub mod job_types;
pub mod models;
mod operation;
mod router;

pub use operation::Operation;
pub use router::router;
