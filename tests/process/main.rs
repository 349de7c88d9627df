//! The promises that only real processes can show: the binary is started, killed, stopped and traced.
//!
//! Every test has a folder, a database and a port of its own. Nothing sleeps for luck: [`support::eventually`] waits for
//! conditions, with a limit that only a broken service reaches.
//!
//! `KEIYAKU_LONG=1` has the tests that can show more in more time take it, and `KEIYAKU_BIN` names another binary to test,
//! such as a release build: only there do they hold the service to its speed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/database.rs"]
mod database;
mod support;

mod attack;
mod chaos;
mod disk;
mod durable;
mod erasure;
mod events;
mod healthcheck;
mod idempotency;
mod kill;
mod manager;
mod opening;
mod ops;
mod shutdown;
mod tls;
mod token;
mod traces;
mod two;
mod unread;
mod worker;
mod workers;
