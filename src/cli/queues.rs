//! `keiyaku queues …`: what is in the queues; pausing, resuming and limiting them.

use clap::{Args, Subcommand};

use super::output::{Cell, Output, Shape, Table, note};
use super::{Failure, process};
use crate::api::apis::queues::{
    ListQueuesResponse, PauseQueueResponse, Queues as Operations, ResumeQueueResponse, UpdateQueueResponse,
};
use crate::api::models::{PauseQueuePathParams, Queue, QueuePatch, ResumeQueuePathParams, UpdateQueuePathParams};
use crate::app::App;
use crate::config::{Config, WorkerQueues};

/// Look at queues, pause, resume and limit them.
///
/// Works on the database of DATABASE_URL itself, also while servers use it; they notice at once.
#[derive(Args)]
pub(super) struct Queues {
    #[command(subcommand)]
    command: QueuesCommand,
}

#[derive(Subcommand)]
enum QueuesCommand {
    /// List the queues that have jobs, are paused or have a limit.
    #[command(after_long_help = "Examples:\n  keiyaku queues list\n\nVariables: DATABASE_URL.")]
    List(Shape),
    /// Have workers start no more jobs of a queue; running ones finish. Also before it has jobs.
    #[command(after_long_help = "Examples:\n  keiyaku queues pause mail\n\nVariables: DATABASE_URL, DURABILITY.")]
    Pause(Named),
    /// Have workers start jobs of a queue again.
    #[command(after_long_help = "Examples:\n  keiyaku queues resume mail\n\nVariables: DATABASE_URL, DURABILITY.")]
    Resume(Named),
    Limit(Limit),
}

/// A queue, with or without jobs.
#[derive(Args)]
struct Named {
    /// The queue.
    name: String,
    #[command(flatten)]
    shape: Shape,
}

/// Limit how many jobs of a queue run at a time, in all processes together; also before it has jobs.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku queues limit reports --max-running 2
  keiyaku queues limit reports --no-limit

Variables: DATABASE_URL, DURABILITY.")]
struct Limit {
    /// The queue.
    #[arg(value_parser = new_name)]
    name: String,
    /// At most so many.
    #[arg(long, value_name = "N", required_unless_present = "no_limit")]
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    max_running: Option<i32>,
    /// Any number.
    #[arg(long, conflicts_with = "max_running")]
    no_limit: bool,
    #[command(flatten)]
    shape: Shape,
}

fn new_name(text: &str) -> Result<String, &'static str> {
    let said = "must have 1 to 64 letters, digits, _, . and -";
    WorkerQueues::is_name(text).then(|| text.to_owned()).ok_or(said)
}

impl Queues {
    pub(super) fn run(self, config: Config) -> Result<(), Failure> {
        process::on_database(config, async |app| self.command.run(&app).await)
    }
}

impl QueuesCommand {
    async fn run(self, app: &App) -> Result<(), Failure> {
        let operator = process::operator(app);
        let (queue, shape) = match self {
            QueuesCommand::List(shape) => return list(app, shape).await,
            QueuesCommand::Pause(Named { name, shape }) => {
                let PauseQueueResponse::Status200 { body } =
                    app.pause_queue(operator, PauseQueuePathParams { queue: name }).await?;
                (body, shape)
            }
            QueuesCommand::Resume(Named { name, shape }) => {
                let ResumeQueueResponse::Status200 { body } =
                    app.resume_queue(operator, ResumeQueuePathParams { queue: name }).await?;
                (body, shape)
            }
            QueuesCommand::Limit(Limit { name, max_running, shape, .. }) => {
                let patch = QueuePatch { max_running: Some(max_running) };
                let UpdateQueueResponse::Status200 { body } =
                    app.update_queue(operator, UpdateQueuePathParams { queue: name }, patch).await?;
                (body, shape)
            }
        };
        let mut out = Output::new();
        if shape.json {
            out.json(&queue)?
        } else {
            print(&mut out, &[queue])?
        }
        out.done()
    }
}

async fn list(app: &App, shape: Shape) -> Result<(), Failure> {
    let ListQueuesResponse::Status200 { body: queues } = app.list_queues(process::operator(app)).await?;
    let mut out = Output::new();
    if shape.json {
        out.json(&queues)?;
    } else if queues.items.is_empty() {
        note("no queues");
    } else {
        print(&mut out, &queues.items)?;
    }
    out.done()
}

fn print(out: &mut Output, queues: &[Queue]) -> Result<(), Failure> {
    let rows: Vec<[Cell; 7]> = queues.iter().map(row).collect();
    let heads = ["QUEUE", "STATE", "MAX RUNNING", "PENDING", "PROCESSING", "RETRY PENDING", "FAILED"];
    Ok(Table::new(heads).rows(out, &rows)?)
}

fn row(queue: &Queue) -> [Cell; 7] {
    let state = Cell::text(if queue.paused { "paused" } else { "open" });
    [
        Cell::text(&*queue.name),
        if queue.paused { state.coloured(anstyle::AnsiColor::Yellow) } else { state },
        Cell::number(queue.max_running.map(i64::from)),
        Cell::number(queue.pending),
        Cell::number(queue.processing),
        Cell::number(queue.retry_pending),
        Cell::number(queue.failed),
    ]
}
