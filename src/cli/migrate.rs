//! `keiyaku migrate`.

use std::io::Write;

use clap::Args;

use super::Failure;
use super::output::Output;
use crate::config::Config;
use crate::db;

/// Make the database or bring its schema up to date, and stop.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku migrate
  DATABASE_URL=postgres://me@db/app keiyaku migrate

Variables: DATABASE_URL.")]
pub(super) struct Migrate;

impl Migrate {
    pub(super) fn run(&self, config: &Config) -> Result<(), Failure> {
        db::migrate(&config.database_url).map_err(Failure::new)?;
        let mut out = Output::new();
        writeln!(out, "{} is up to date", config.database_url)?;
        out.done()
    }
}
