//! PostgreSQL: what the service promises on SQLite, asked of a real server that these tests start themselves.
//!
//! One server for the whole run, a database of its own for each test; see [`support::cluster`] for what must be installed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod commands;
mod counts;
mod erasure;
mod events;
mod leases;
mod moving;
mod opening;
mod outage;
mod queues;
mod schema;
mod service;
mod together;
