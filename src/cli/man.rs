//! `keiyaku man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::output::Output;
use super::{Cli, Failure};

/// Print the manual page, or write one page a command into a folder.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku man | man -l -
  keiyaku man /usr/local/share/man/man1")]
pub(super) struct Man {
    /// The folder, which has to be there.
    folder: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self) -> Result<(), Failure> {
        if let Some(folder) = &self.folder {
            let failed = |error| Failure::new(format!("cannot write to {}: {error}", folder.display()));
            return clap_mangen::generate_to(Cli::command(), folder).map_err(failed);
        }
        let mut out = Output::new();
        clap_mangen::Man::new(Cli::command()).render(&mut out)?;
        out.done()
    }
}
