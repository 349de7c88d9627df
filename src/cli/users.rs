//! `keiyaku users …`: many at once, in and out.

mod export;
mod import;

use clap::{Args, Subcommand, ValueEnum};

use super::{Failure, process};
use crate::config::Config;

/// Take users in from a file, or write them to one.
#[derive(Args)]
pub(super) struct Users {
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Subcommand)]
enum UsersCommand {
    Import(import::Import),
    Export(export::Export),
}

/// How users are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// JSON Lines: one sign-up a line, as POST /users takes it.
    Jsonl,
    /// Comma-separated, with the members' names in the first line; what the contract does not declare stands as one JSON object
    /// in the column `additional_data`.
    Csv,
}

/// The column of what the contract does not declare.
const EXTRAS: &str = "additional_data";

impl Users {
    pub(super) fn run(self, config: Config) -> Result<(), Failure> {
        process::on_database(config, async |app| match self.command {
            UsersCommand::Import(import) => import.run(&app).await,
            UsersCommand::Export(export) => export.run(&app).await,
        })
    }
}
