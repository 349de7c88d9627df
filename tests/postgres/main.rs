//! PostgreSQL: what the service promises on SQLite, asked of a real server that these tests start themselves.
//!
//! One server for the whole run, a database of its own for each test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/postgres.rs"]
mod postgres;
mod support;

mod commands;
mod counts;
mod erasure;
mod events;
mod leases;
mod opening;
mod outage;
mod queues;
mod schema;
mod service;
mod together;
