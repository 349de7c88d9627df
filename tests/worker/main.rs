//! Storage and worker, in this process, on a real database of each test's own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]
#![allow(missing_docs, reason = "the names of tests say what they show")]

#[path = "../support/database.rs"]
mod database;
mod support;

mod batches;
mod drain;
mod effects;
mod events;
mod failures;
mod full_disk;
mod idle;
mod leases;
mod model;
mod order;
mod plans;
mod progress;
mod queues;
mod reads;
mod registry;
mod shutdown;
mod ten_million;
mod two_processes;
mod wal;
mod writer;
