//! The service as a client meets it: the real router behind a real socket, with a database of each test's own.
//!
//! Every answer that a test sees is checked against the contract on its way: see [`support::spec`].

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/database.rs"]
mod database;
mod support;

mod analysis;
mod bodies;
mod bulk;
mod changes;
mod contract;
mod control;
mod cors;
mod counts;
mod erasure;
mod errors;
mod events;
mod every;
mod examples;
mod follow;
mod headers;
mod idempotency;
mod jobs;
mod keys;
mod limits;
mod mail;
mod modes;
mod monitoring;
mod order;
mod pages;
mod properties;
mod protocol;
mod representations;
mod retention;
mod security;
mod sign_up;
mod tokens;
mod unique;
mod users;
mod validation;
mod watching;
