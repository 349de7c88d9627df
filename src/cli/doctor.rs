//! `keiyaku doctor`: what is wrong, and what to do about it. It changes nothing: what it writes was there before.

mod database;
mod surroundings;

use std::fmt::Display;
use std::io::Write;

use anstyle::AnsiColor;
use clap::Args;
use serde::Serialize;

use super::output::{Output, Shape};
use super::{Failure, process};
use crate::config::Config;
use crate::db;

/// Check configuration, database, disk, clock, mail, ports, certificate and queues.
///
/// Each check is ok, warn or fail, and says what to do. Nothing is changed, made or sent; a mail server is greeted and signed in
/// to. Exit code 1 if any check fails.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku doctor
  keiyaku doctor --json | jq '.checks[] | select(.result != \"ok\")'

Variables: all that the service reads; README.md lists them.")]
pub(super) struct Doctor {
    #[command(flatten)]
    shape: Shape,
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    result: Verdict,
    message: String,
    /// What to do.
    advice: Option<String>,
}

/// All of them.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

impl Check {
    fn ok(name: &'static str, message: impl Display) -> Check {
        Check { name, result: Verdict::Ok, message: message.to_string(), advice: None }
    }

    fn warn(name: &'static str, message: impl Display, advice: impl Display) -> Check {
        Check { name, result: Verdict::Warn, message: message.to_string(), advice: Some(advice.to_string()) }
    }

    fn fail(name: &'static str, message: impl Display, advice: impl Display) -> Check {
        Check { result: Verdict::Fail, ..Check::warn(name, message, advice) }
    }
}

impl Doctor {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (config, problems) = Config::with_problems();
        let mut checks = Vec::new();
        for problem in &problems {
            checks.push(Check::fail("configuration", problem, "set the variable to what is allowed, or unset it"));
        }
        match config {
            Ok(config) => {
                if problems.is_empty() {
                    checks.push(Check::ok("configuration", "every variable has a value that is allowed"));
                }
                examine(config, &mut checks)?;
            }
            Err(error) => checks.push(Check::fail("configuration", error, "set the variable to what is allowed")),
        }
        let report = Report { ok: checks.iter().all(|check| check.result != Verdict::Fail), checks };
        let mut out = Output::new();
        if self.shape.json {
            out.json(&report)?
        } else {
            print(&mut out, &report)?
        }
        out.done()?;
        if report.ok { Ok(()) } else { Err(Failure::told()) }
    }
}

fn examine(config: Config, checks: &mut Vec<Check>) -> Result<(), Failure> {
    checks.push(surroundings::tokens(&config));
    checks.extend(surroundings::certificate(&config));
    checks.push(surroundings::port(&config));
    checks.extend(surroundings::disk(&config.database_url));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    checks.push(runtime.block_on(surroundings::mail(&config)));
    match db::require_rights(&config.database_url, db::Purpose::Work).and_then(|()| process::database(&config)) {
        Err(error) => checks.push(database::unusable(&error)),
        Ok(db) => {
            let app = process::app(config, db)?;
            checks.extend(runtime.block_on(database::checks(&app)));
        }
    }
    Ok(())
}

/// Not a table: what is wrong must not be shortened.
fn print(out: &mut Output, report: &Report) -> Result<(), Failure> {
    let widest = report.checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for Check { name, result, message, advice } in &report.checks {
        let (word, color) = match result {
            Verdict::Ok => ("ok", AnsiColor::Green),
            Verdict::Warn => ("warn", AnsiColor::Yellow),
            Verdict::Fail => ("fail", AnsiColor::Red),
        };
        let style = out.style(color.on_default());
        writeln!(out, "{style}{word:4}{style:#}  {name:widest$}  {message}")?;
        if let Some(advice) = advice {
            writeln!(out, "{:4}  {:widest$}  → {advice}", "", "")?;
        }
    }
    Ok(())
}
