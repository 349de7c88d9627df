//! The promises that only real processes can show: the binary is started, killed, stopped and traced.
//!
//! Every test has a folder, a database and a port of its own. Nothing sleeps for luck: [`support::eventually`] waits for
//! conditions, with a limit that only a broken service reaches.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod disk;
mod durable;
mod kill;
mod opening;
mod shutdown;
mod two;
