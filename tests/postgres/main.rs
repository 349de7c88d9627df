//! What is PostgreSQL's alone: transactions beside each other, opening, outages and the schema, on a real server that these
//! tests start themselves. What holds on both databases is asked by the other targets: `KEIYAKU_TEST_DATABASE=postgres`.
//!
//! One server for the whole run, a database of its own for each test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/postgres.rs"]
mod postgres;
mod support;

mod ahead;
mod cancel;
mod counts;
mod ends;
mod erasure;
mod events;
mod language;
mod leases;
mod line;
mod moving;
mod opening;
mod outage;
mod queues;
mod roles;
mod schema;
mod service;
#[cfg(feature = "postgres-tls")]
mod tls;
mod together;
mod unconfirmed;
mod unique;
