//! The command line: one file per command. No subcommand means `serve`.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.

mod healthcheck;
mod logs;
mod migrate;
mod process;
mod serve;
mod token;
mod worker;

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// A spec-first HTTP service with a durable job queue.
#[derive(Parser)]
#[command(version, about, after_help = "Configuration comes from environment variables; README.md lists them.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP and work on jobs (the default).
    Serve(serve::Serve),
    /// Work on jobs alone, beside a server on the same database.
    Worker(worker::Worker),
    /// Print a token that opens protected operations, signed with `JWT_SECRET`.
    Token(token::Token),
    /// Ask the service that this configuration starts whether it is ready: exit code 0 if so, else 1.
    Healthcheck,
    /// Make the database or bring its schema up to date, and stop.
    Migrate,
}

/// Why a command failed: one line, and the exit code.
pub(crate) struct Failure {
    code: u8,
    line: String,
}

impl Failure {
    fn new(error: impl Display) -> Failure {
        Failure { code: 1, line: one_line(error) }
    }

    fn configuration(error: impl Display) -> Failure {
        Failure { code: 2, line: one_line(error) }
    }
}

/// Some drivers explain themselves in several lines, PostgreSQL's among them.
fn one_line(error: impl Display) -> String {
    error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("keiyaku: {}", failure.line);
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Option<Command>) -> Result<(), Failure> {
    let config = Config::from_env().map_err(Failure::configuration)?;
    match command.unwrap_or(Command::Serve(serve::Serve::default())) {
        Command::Serve(serve) => serve.run(config),
        Command::Worker(worker) => worker.run(config),
        Command::Token(token) => token.run(&config),
        Command::Healthcheck => healthcheck::run(&config),
        Command::Migrate => migrate::run(&config),
    }
}
