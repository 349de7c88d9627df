//! Many processes on a PostgreSQL of their own, while processes are killed, the network is cut, and the database itself is
//! killed and a standby takes over: whatever was acknowledged is there, once, and so is each of its effects.
//!
//! `KEIYAKU_LONG=1` has each test take more users and more time, `KEIYAKU_BIN` names another binary to test, such as a release
//! build, and `KEIYAKU_SEED` repeats the choices of a run that failed, though not the moments at which they strike.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod chaos;
mod cut;
mod failover;
