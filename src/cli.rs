//! The command line: one file per command. No subcommand means `serve`.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. Commands that work on the data do so on the database itself,
//! beside servers that may be using it; what they do with it is what the handlers do.

mod backup;
mod completions;
mod doctor;
mod healthcheck;
mod jobs;
mod logs;
mod man;
mod manager;
mod migrate;
mod migrate_to;
mod openapi;
mod output;
mod part;
mod process;
mod queues;
mod restore;
mod serve;
mod token;
mod users;
mod worker;

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::api::models::Violation;
use crate::config::Config;
use crate::db::DbError;
use crate::problem::Problem;

/// A spec-first HTTP service with a durable job queue.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
#[command(after_help = "Configuration comes from environment variables; README.md lists them.")]
#[command(after_long_help = "\
Examples:
  keiyaku serve --dev                     try it out: serves on port 8080 and prints a token
  keiyaku jobs list --status failed       what went wrong
  keiyaku backup /backups/users.db        while servers go on

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. Configuration comes from environment variables; README.md lists \
them, and each command's help names those that it reads.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Worker(worker::Work),
    Jobs(jobs::Jobs),
    Queues(queues::Queues),
    Users(users::Users),
    Token(token::Token),
    Healthcheck(healthcheck::Healthcheck),
    Migrate(migrate::Migrate),
    MigrateTo(migrate_to::MigrateTo),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Doctor(doctor::Doctor),
    Openapi(openapi::Openapi),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Why a command failed: one line, and the exit code. Nothing is said when nobody reads any more.
pub(crate) struct Failure {
    code: u8,
    line: Option<String>,
}

impl Failure {
    fn new(error: impl Display) -> Failure {
        Failure { code: 1, line: Some(one_line(error)) }
    }

    /// Wrong usage or configuration.
    fn usage(error: impl Display) -> Failure {
        Failure { code: 2, line: Some(one_line(error)) }
    }

    /// All that is wrong has been told.
    fn told() -> Failure {
        Failure { code: 1, line: None }
    }
}

/// An error of what a command prints. That the reader has gone (`| head`) is none.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure { code: 0, line: None },
            _ => Failure::new(error),
        }
    }
}

/// What a handler says, in the words of the command line: with the cause, which a client over HTTP is not told.
impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        if let Some(cause) = problem.cause() {
            return Failure::new(cause);
        }
        if !problem.violations().is_empty() {
            return Failure::usage(told(problem.violations()));
        }
        let said = match problem.detail() {
            Some(detail) => format!("{}: {detail}", problem.error()),
            None => problem.error().to_owned(),
        };
        // 409 is of the data; all other refusals of a client are of what it asked for.
        let is_usage = [400, 413, 422].contains(&problem.status().as_u16());
        if is_usage { Failure::usage(said) } else { Failure::new(said) }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Failure {
        Failure::new(error)
    }
}

/// Every violation with its pointer.
fn told(violations: &[Violation]) -> String {
    let told = |found: &Violation| match found.pointer.as_str() {
        "" => found.message.clone(),
        pointer => format!("{pointer}: {}", found.message),
    };
    violations.iter().map(told).collect::<Vec<_>>().join("; ")
}

/// Some drivers explain themselves in several lines, PostgreSQL's among them.
fn one_line(error: impl Display) -> String {
    let text = error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    output::shown(text.trim_end())
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => run(cli.command.unwrap_or(Command::Serve(serve::Serve::default()))),
        Err(asked) if !asked.use_stderr() || asked.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            asked.exit()
        }
        Err(error) => Err(misused(&error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(line) = failure.line {
                output::note(&format!("keiyaku: {line}"));
            }
            ExitCode::from(failure.code)
        }
    }
}

/// Clap's words, on one line.
fn misused(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let said = text.split("\n\nUsage:").next().unwrap_or_default().split("\n\nFor more information").next();
    let words: Vec<&str> = said.unwrap_or_default().split_whitespace().collect();
    let said = words.join(" ");
    Failure::usage(format!("{} (--help says more)", said.trim_start_matches("error: ")))
}

fn run(command: Command) -> Result<(), Failure> {
    let config = || Config::from_env().map_err(Failure::usage);
    match command {
        Command::Serve(serve) => serve.run(config()?),
        Command::Worker(work) => work.run(config()?),
        Command::Jobs(jobs) => jobs.run(config()?),
        Command::Queues(queues) => queues.run(config()?),
        Command::Users(users) => users.run(config()?),
        Command::Token(token) => token.run(&config()?),
        Command::Healthcheck(check) => check.run(&config()?),
        Command::Migrate(migrate) => migrate.run(&config()?),
        Command::MigrateTo(migrate) => migrate.run(&config()?),
        Command::Backup(backup) => backup.run(&config()?),
        Command::Restore(restore) => restore.run(&config()?),
        Command::Doctor(doctor) => doctor.run(),
        Command::Openapi(openapi) => openapi.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
}
