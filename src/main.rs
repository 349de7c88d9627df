//! The `keiyaku` binary: reads the command line and runs one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    keiyaku::cli::main()
}
