//! The command line, as the real binary has it: what it prints, what it leaves in the database, and its exit codes.
//!
//! Every test has a folder and a database of its own; most commands run beside a server on it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/database.rs"]
mod database;
mod support;

mod backup;
mod control;
mod doctor;
mod help;
mod jobs;
mod queues;
mod restore;
mod terminal;
mod users;
mod watch;
