//! Keiyaku: a spec-first HTTP service with a durable job queue.
//!
//! The modules, in reading order. Data flows one way: http → handlers → models → db.

pub mod config;

#[path = "../generated/server/lib.rs"]
pub mod api;
pub mod contract;
pub mod json;
pub mod problem;

pub mod app;
pub mod clock;
pub mod events;
pub mod handlers;
pub mod http;

pub mod db;
pub mod models;
#[expect(missing_docs, reason = "printed by diesel")]
pub mod schema;

pub mod jobs;
pub mod mail;
pub mod metrics;
mod traces;
pub mod worker;

pub mod cli;
