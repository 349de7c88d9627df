//! `keiyaku jobs …`: one file each. Every one calls the handler of the API's operation, so both do the same.

mod control;
mod enqueue;
mod list;
mod show;
mod stats;
mod watch;

use anstyle::AnsiColor;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::output::{Cell, Output, Shape, Table, time};
use super::{Failure, process};
use crate::api::models::{Job, JobPage, JobStatus};
use crate::config::Config;

/// Look at jobs, put them in, run them again, cancel them.
///
/// Works on the database of DATABASE_URL itself, also while servers use it; they notice at once.
#[derive(Args)]
pub(super) struct Jobs {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Subcommand)]
enum JobsCommand {
    List(list::List),
    Show(show::Show),
    Enqueue(enqueue::Enqueue),
    Retry(control::Retry),
    Cancel(control::Cancel),
    Stats(stats::Stats),
    Watch(watch::Watch),
}

impl Jobs {
    pub(super) fn run(self, config: Config) -> Result<(), Failure> {
        process::on_database(config, async |app| match self.command {
            JobsCommand::List(list) => list.run(&app).await,
            JobsCommand::Show(show) => show.run(&app).await,
            JobsCommand::Enqueue(enqueue) => enqueue.run(&app).await,
            JobsCommand::Retry(retry) => retry.run(&app).await,
            JobsCommand::Cancel(cancel) => cancel.run(&app).await,
            JobsCommand::Stats(stats) => stats.run(&app).await,
            JobsCommand::Watch(watch) => watch.run(&app).await,
        })
    }
}

/// Which jobs are meant, beside their status.
#[derive(Args, Clone)]
struct Which {
    /// Only jobs of this type.
    #[arg(long = "type", value_name = "TYPE")]
    job_type: Option<String>,
    /// Only jobs in this queue.
    #[arg(long)]
    queue: Option<String>,
    /// Only jobs about the user with this id.
    #[arg(long = "user", value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    user_id: Option<i64>,
}

/// Takes one of a few words of the contract.
fn one_of<T>(all: &'static [T], word: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let words: Vec<&'static str> = all.iter().map(|value| word(*value)).collect();
    PossibleValuesParser::new(words)
        .try_map(move |text| all.iter().copied().find(|value| word(*value) == text).ok_or("is none of the values"))
}

/// Jobs in a table that grows page by page.
struct JobTable(Table<8>);

impl JobTable {
    fn new() -> JobTable {
        JobTable(Table::new(["ID", "TYPE", "QUEUE", "STATUS", "PRIORITY", "RETRIES", "DUE", "ERROR"]))
    }

    fn add(&mut self, out: &mut Output, jobs: &[Job]) -> Result<(), Failure> {
        let rows: Vec<[Cell; 8]> = jobs.iter().map(row).collect();
        Ok(self.0.rows(out, &rows)?)
    }
}

fn row(job: &Job) -> [Cell; 8] {
    let note = match (&job.error_message, job.progress) {
        (_, Some(percent)) if job.status == JobStatus::Processing => {
            format!("{percent} % {}", job.progress_note.as_deref().unwrap_or_default())
        }
        (error, _) => error.clone().unwrap_or_default(),
    };
    [
        Cell::number(job.id),
        Cell::text(&*job.job_type),
        Cell::text(&*job.queue),
        status(job.status),
        Cell::number(i64::from(job.priority)),
        Cell::text(format!("{}/{}", job.retry_count, job.max_retries)),
        Cell::text(time(job.scheduled_at)),
        Cell::text(note),
    ]
}

fn status(status: JobStatus) -> Cell {
    let cell = Cell::text(status.as_str());
    match status {
        JobStatus::Pending => cell,
        JobStatus::Processing => cell.coloured(AnsiColor::Cyan),
        JobStatus::Completed => cell.coloured(AnsiColor::Green),
        JobStatus::RetryPending => cell.coloured(AnsiColor::Yellow),
        JobStatus::Failed => cell.coloured(AnsiColor::Red),
        JobStatus::Cancelled => cell.coloured(AnsiColor::BrightBlack),
    }
}

/// A few jobs: the API's page of them, or a table.
fn print(shape: Shape, jobs: Vec<Job>) -> Result<(), Failure> {
    let mut out = Output::new();
    if shape.json {
        out.json(&JobPage { items: jobs, next_cursor: None })?;
    } else if !jobs.is_empty() {
        JobTable::new().add(&mut out, &jobs)?;
    }
    out.done()
}
