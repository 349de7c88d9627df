//! The tables: one file each, with its rows and every query on it. Models return `QueryResult` and know no HTTP.
//!
//! Times and everything random come in as arguments; nothing here asks a clock.

pub mod attempts;
pub mod jobs;
pub mod profiles;
pub mod signups;
pub mod users;
