//! `keiyaku users …`: many at once, in and out.

mod export;
mod import;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::{Failure, process};
use crate::app::App;
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

/// A member of a sign-up that the contract declares.
struct Column {
    name: String,
    /// Whether its values are texts whatever they look like.
    is_text: bool,
}

/// The columns of what the contract declares, in its order.
fn columns(app: &App) -> Result<Vec<Column>, Failure> {
    let document: Value = serde_json::from_str(app.contract.json()).map_err(Failure::new)?;
    let members = document["components"]["schemas"]["UserCreate"]["properties"].as_object().into_iter().flatten();
    Ok(members.map(|(name, schema)| Column { name: name.clone(), is_text: schema["type"] == "string" }).collect())
}

impl Users {
    pub(super) fn run(self, config: Config) -> Result<(), Failure> {
        process::on_database(config, async |app| match self.command {
            UsersCommand::Import(import) => import.run(&app).await,
            UsersCommand::Export(export) => export.run(&app).await,
        })
    }
}
