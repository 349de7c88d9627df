//! `keiyaku jobs show`.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::api::apis::jobs::{GetJobResponse, Jobs};
use crate::api::models::{AttemptOutcome, GetJobPathParams, Job, JobAttempt};
use crate::app::App;
use crate::cli::output::{Cell, Output, Shape, Table, time};
use crate::cli::{Failure, process};

/// Show a job: payload, progress, output, errors and every attempt.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs show 42
  keiyaku jobs show 42 --json | jq .payload

Variables: DATABASE_URL.")]
pub(super) struct Show {
    /// The job's id.
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    id: i64,
    #[command(flatten)]
    shape: Shape,
}

impl Show {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let path = GetJobPathParams { job_id: self.id };
        let GetJobResponse::Status200 { body: job } = app.get_job(process::operator(app), path).await?;
        let mut out = Output::new();
        if self.shape.json {
            out.json(&job)?
        } else {
            print(&mut out, &job)?
        }
        out.done()
    }
}

fn print(out: &mut Output, job: &Job) -> Result<(), Failure> {
    let mut line = |name: &str, value: Option<String>| match value {
        // A note or an error is whatever text the job's code makes.
        Some(value) => writeln!(out, "{name:<12} {}", value.replace(char::is_control, " ")),
        None => Ok(()),
    };
    line("id", Some(job.id.to_string()))?;
    line("type", Some(job.job_type.clone()))?;
    line("queue", Some(job.queue.clone()))?;
    line("status", Some(job.status.to_string()))?;
    line("priority", Some(job.priority.to_string()))?;
    line("retries", Some(format!("{} of {}", job.retry_count, job.max_retries)))?;
    line("timeout", job.timeout_seconds.map(|seconds| format!("{seconds} s")))?;
    line("unique key", job.unique_key.clone())?;
    line("created", Some(time(job.created_at)))?;
    line("due", Some(time(job.scheduled_at)))?;
    line("started", job.started_at.map(time))?;
    line("completed", job.completed_at.map(time))?;
    let progress = |percent| format!("{percent} % {}", job.progress_note.as_deref().unwrap_or_default());
    line("progress", job.progress.map(progress))?;
    line("error", job.error_message.clone())?;
    document(out, "payload", &job.payload)?;
    if let Some(output) = &job.output {
        document(out, "output", output)?;
    }
    attempts(out, job.attempts.as_deref().unwrap_or_default())
}

/// JSON escapes what a terminal would obey.
fn document(out: &mut Output, name: &str, value: &impl Serialize) -> Result<(), Failure> {
    // Through a value, because a member keeps its own text's white space.
    let value = serde_json::to_value(value).map_err(Failure::new)?;
    Ok(writeln!(out, "\n{name}\n{}", serde_json::to_string_pretty(&value).map_err(Failure::new)?)?)
}

fn attempts(out: &mut Output, attempts: &[JobAttempt]) -> Result<(), Failure> {
    if attempts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nattempts")?;
    let rows: Vec<_> = attempts.iter().map(attempt).collect();
    Ok(Table::new(["#", "OUTCOME", "STARTED", "TOOK", "WORKER", "ERROR"]).rows(out, &rows)?)
}

fn attempt(attempt: &JobAttempt) -> [Cell; 6] {
    let outcome = Cell::text(attempt.outcome.as_str());
    let took = (attempt.finished_at - attempt.started_at).as_seconds_f64();
    [
        Cell::number(i64::from(attempt.attempt)),
        match attempt.outcome {
            AttemptOutcome::Completed => outcome.coloured(anstyle::AnsiColor::Green),
            AttemptOutcome::Failed | AttemptOutcome::Panicked | AttemptOutcome::TimedOut | AttemptOutcome::Lost => {
                outcome.coloured(anstyle::AnsiColor::Red)
            }
            AttemptOutcome::HandedBack | AttemptOutcome::Snoozed | AttemptOutcome::Cancelled => outcome,
        },
        Cell::text(time(attempt.started_at)),
        Cell::text(format!("{took:.3} s")),
        Cell::text(attempt.worker.as_deref().unwrap_or("-")),
        Cell::text(attempt.error.as_deref().unwrap_or_default()),
    ]
}
