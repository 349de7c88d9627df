//! The contract against the real binary, in each of its modes: the conformance matrix, which is data, and the tools that
//! others wrote for OpenAPI documents and the services behind them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/database.rs"]
mod database;
mod fuzz;
mod lint;
mod matrix;
mod replay;
mod support;
