//! The welcome mail through a real mail server: aiosmtpd, in a process of its own for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]
#![allow(missing_docs, reason = "the names of tests say what they show")]

#[path = "../support/database.rs"]
mod database;
mod support;

mod delivery;
mod failures;
mod security;
