//! `keiyaku migrate-to`.
//!
//! One run brings the target to what the source holds at one moment, and compares the two. If no other process has the source
//! open, nothing can be written to it meanwhile, and the move is complete; else the next run brings the difference.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use diesel::QueryResult;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Failure;
use super::output::{Cell, Output, Shape, Table};
use crate::config::Config;
use crate::db::{self, AnyConnection, DatabaseUrl};
use crate::models::moving::{self, Standing, Sum, TABLES};

/// How long connections of a process that has ended may still be there.
const GOING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);
/// What PostgreSQL says of a text with a NUL, without telling where it is.
const NUL: &str = "0x00";

/// Move to PostgreSQL: copy all that the SQLite database holds, and compare.
///
/// Users, jobs with their history, stored answers, settings and keys: whoever follows a job or repeats a request notices
/// nothing. The target must be empty, or what an earlier run has begun: then only the difference is copied, so a run that was
/// broken off is finished by starting it again. Servers may go on while it copies. The move is complete when a run found no
/// other process on the source; so run it once beside the service, stop the service, and run it again.
///
/// Nothing in the source is changed, and until the move is complete no service starts on the target. In what a job has said of
/// itself, a NUL, which PostgreSQL cannot store, becomes U+FFFD there. The exit code is 0 for every run that has copied what
/// there was; whether the move is complete is said, and is a member of the JSON.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku migrate-to postgres://me@db.example/app
  DATABASE_URL=/data/users.db keiyaku migrate-to postgres://me@db.example/app --json | jq .complete

Others on this machine see the arguments of a command: PGPASSWORD or ~/.pgpass keep a password from them.

Variables: DATABASE_URL, the source.")]
pub(super) struct MigrateTo {
    /// The PostgreSQL database, as DATABASE_URL would name it.
    target: String,
    #[command(flatten)]
    shape: Shape,
}

/// What became of a table.
#[derive(Serialize)]
struct Moved {
    table: &'static str,
    rows: usize,
    /// Rows that this run has brought.
    copied: usize,
    /// Rows of an earlier run that the source has no more, or not like this.
    removed: usize,
    /// Of all rows, on both sides.
    sha256: String,
}

/// What is told of a run.
#[derive(Serialize)]
struct Report {
    source: PathBuf,
    target: String,
    /// Whether the service may start on the target.
    complete: bool,
    tables: Vec<Moved>,
}

/// Both databases, and how far it is.
struct Run {
    source: AnyConnection,
    target: AnyConnection,
    bar: ProgressBar,
}

impl MigrateTo {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        let DatabaseUrl::Sqlite(database) = &config.database_url else {
            let said = "is a PostgreSQL database already: DATABASE_URL names the SQLite database to copy";
            return Err(Failure::new(format!("{} {said}", config.database_url)));
        };
        let url = self.target()?;
        db::require_current(&config.database_url).map_err(Failure::new)?;
        db::migrate(&url).map_err(Failure::new)?;
        db::require_rights(&url, db::Purpose::Fill).map_err(Failure::new)?;
        let alone = db::alone(database).map_err(Failure::new)?;
        let complete = alone.is_some();
        let source = match alone {
            Some(alone) => alone.into_connection(),
            None => db::snapshot(database).map_err(Failure::new)?,
        };
        let target = db::connect(&url).map_err(Failure::new)?;
        let mut run = Run { source, target, bar: ProgressBar::hidden() };
        let standing = moving::standing(&mut run.source, &mut run.target);
        admit(standing.map_err(Failure::new)?, &url)?;
        run.wait_for_others(&url)?;
        let tables = run.all(complete)?;
        self.print(&Report { source: database.clone(), target: url.to_string(), complete, tables })
    }

    /// The value is not shown, whatever is wrong with it: it may hold a password.
    fn target(&self) -> Result<DatabaseUrl, Failure> {
        match self.target.parse() {
            Ok(url @ DatabaseUrl::Postgres(_)) => Ok(url),
            Ok(DatabaseUrl::Sqlite(_)) => Err(Failure::usage("TARGET: must be postgres://user@host/database")),
            Err(error) => Err(Failure::usage(format!("TARGET=[not shown]: {error}"))),
        }
    }

    fn print(&self, report: &Report) -> Result<(), Failure> {
        let mut out = Output::new();
        if self.shape.json {
            out.json(report)?;
            return out.done();
        }
        let number = |rows: usize| Cell::number(i64::try_from(rows).unwrap_or(i64::MAX));
        let row = |moved: &Moved| {
            let sha256 = moved.sha256.get(..16).unwrap_or_default();
            [
                Cell::text(moved.table),
                number(moved.rows),
                number(moved.copied),
                number(moved.removed),
                Cell::text(sha256),
            ]
        };
        let rows: Vec<[Cell; 5]> = report.tables.iter().map(row).collect();
        Table::new(["TABLE", "ROWS", "COPIED", "REMOVED", "SHA-256"]).rows(&mut out, &rows)?;
        let (source, target) = (report.source.display(), &report.target);
        if report.complete {
            let said = "compared row by row: set DATABASE_URL to it and start the service";
            writeln!(out, "{target} holds all that {source} holds, {said}")?;
        } else {
            let said = "stop every process that has it open and run this again, which copies what has changed since";
            writeln!(out, "not complete: {source} is in use, so {target} is a copy of one moment: {said}")?;
        }
        out.done()
    }
}

/// Nothing is ever overwritten that is not this copy itself.
fn admit(standing: Standing, url: &DatabaseUrl) -> Result<(), Failure> {
    let said = match standing {
        Standing::Empty | Standing::Unfinished => return Ok(()),
        Standing::Finished => "has been moved to already: set DATABASE_URL to it, or name an empty database",
        Standing::Other => "holds other data: name an empty database",
    };
    Err(Failure::new(format!("{url} {said}")))
}

impl Run {
    /// Fails when another process of this service is connected to the target, which is to be empty and nobody's.
    fn wait_for_others(&mut self, url: &DatabaseUrl) -> Result<(), Failure> {
        let started = Instant::now();
        while moving::others(&mut self.target).map_err(Failure::new)? > 0 {
            if started.elapsed() > GOING {
                return Err(Failure::new(format!("{url} is in use by another keiyaku: stop it, and try again")));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn all(&mut self, complete: bool) -> Result<Vec<Moved>, Failure> {
        moving::begin(&mut self.source, &mut self.target).map_err(Failure::new)?;
        self.bar = self.begun_bar().map_err(Failure::new)?;
        let mut removed = [0; TABLES.len()];
        for (table, removed) in TABLES.iter().zip(&mut removed) {
            *removed = self.step(table.name, |source, target, seen| (table.remove)(source, target, seen))?;
        }
        let mut copied = [0; TABLES.len()];
        for (table, copied) in TABLES.iter().zip(&mut copied) {
            *copied = self.step(table.name, |source, target, seen| (table.bring)(source, target, seen))?;
        }
        let mut tables = Vec::new();
        for (table, (removed, copied)) in TABLES.iter().zip(removed.into_iter().zip(copied)) {
            let Sum { rows, sha256 } = self.compared(table)?;
            tables.push(Moved { table: table.name, rows, copied, removed, sha256 });
        }
        if !moving::counts_are_right(&mut self.target).map_err(Failure::new)? {
            return Err(Failure::new("job_counts of the copy is not what its triggers keep: name an empty database"));
        }
        if complete {
            moving::finish(&mut self.source, &mut self.target).map_err(Failure::new)?;
        }
        self.bar.finish_and_clear();
        Ok(tables)
    }

    /// What the rows of a table come to, on both sides.
    fn compared(&mut self, table: &moving::Table) -> Result<Sum, Failure> {
        let ours = self.step(table.name, |source, _, seen| (table.sum)(source, seen))?;
        let theirs = self.step(table.name, |_, target, seen| (table.sum)(target, seen))?;
        if ours == theirs {
            return Ok(ours);
        }
        self.bar.finish_and_clear();
        let (ours, theirs, name) = (ours.rows, theirs.rows, table.name);
        let said = "does something else write to it? Run this again";
        Err(Failure::new(format!("{name} of the copy ({theirs} rows) is not the source's ({ours} rows): {said}")))
    }

    fn step<T>(
        &mut self,
        table: &'static str,
        work: impl FnOnce(&mut AnyConnection, &mut AnyConnection, moving::Seen<'_>) -> QueryResult<T>,
    ) -> Result<T, Failure> {
        let Run { source, target, bar } = self;
        bar.set_message(table);
        let done = work(source, target, &mut |rows| bar.inc(u64::try_from(rows).unwrap_or_default()));
        done.map_err(|error| {
            bar.finish_and_clear();
            if error.to_string().contains(NUL) {
                let said = "a text holds the character NUL, which PostgreSQL cannot store: take it out of the source";
                return Failure::new(format!("{table}: {said} (where instr(column, char(0)) > 0)"));
            }
            Failure::new(format!("{table}: {error} (run this again to go on)"))
        })
    }

    /// How far it is, on a terminal alone: the rows of an earlier run are looked at, those of the source are, and in the end both.
    fn begun_bar(&mut self) -> QueryResult<ProgressBar> {
        if !io::stderr().is_terminal() {
            return Ok(ProgressBar::hidden());
        }
        let mut rows = 0;
        for table in &TABLES {
            rows += 3 * (table.count)(&mut self.source)? + (table.count)(&mut self.target)?;
        }
        let bar = ProgressBar::new(u64::try_from(rows).unwrap_or_default());
        bar.enable_steady_tick(Duration::from_millis(200));
        let form = "{msg:16} {wide_bar} {percent}%, {eta} left";
        Ok(match ProgressStyle::with_template(form) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }
}
