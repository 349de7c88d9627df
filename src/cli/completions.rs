//! `keiyaku completions`.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::output::Output;
use super::{Cli, Failure};

/// Print what a shell needs to complete commands and options.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku completions bash > /usr/share/bash-completion/completions/keiyaku
  keiyaku completions zsh > ~/.zfunc/_keiyaku
  keiyaku completions fish > ~/.config/fish/completions/keiyaku.fish")]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<(), Failure> {
        // Made first: the generator panics over a pipe that is closed.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "keiyaku", &mut script);
        let mut out = Output::new();
        out.write_all(&script)?;
        out.done()
    }
}
