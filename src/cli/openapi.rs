//! `keiyaku openapi`.

use std::io::Write;

use clap::Args;

use super::Failure;
use super::output::Output;
use crate::config::Config;
use crate::contract::ValidationMode;

/// Print the API's OpenAPI document, as the service serves it.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku openapi > openapi.yaml
  keiyaku openapi --mode strict --json | jq .info.version

Variables: VALIDATION_MODE, unless --mode is given.")]
pub(super) struct Openapi {
    /// The mode whose document it is: default, flexible or strict; without it, that of VALIDATION_MODE.
    #[arg(long)]
    mode: Option<ValidationMode>,
    /// As YAML, which is the default.
    #[arg(long, conflicts_with = "json")]
    yaml: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Openapi {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mode = match self.mode {
            Some(mode) => mode,
            None => Config::from_env().map_err(Failure::usage)?.validation_mode,
        };
        let document = mode.document();
        let mut out = Output::new();
        write!(out, "{}", if self.json { document.json } else { document.yaml })?;
        out.done()
    }
}
