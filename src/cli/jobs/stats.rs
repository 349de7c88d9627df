//! `keiyaku jobs stats`.

use std::io::Write;

use clap::Args;

use crate::api::apis::jobs::{GetJobStatsResponse, Jobs};
use crate::api::models::{JobStats, JobStatusCounts};
use crate::app::App;
use crate::cli::output::{Cell, Output, Shape, Table, time};
use crate::cli::{Failure, process};

/// Count the jobs of each type in each status.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs stats
  keiyaku jobs stats --json | jq .by_status.failed

Variables: DATABASE_URL.")]
pub(super) struct Stats {
    #[command(flatten)]
    shape: Shape,
}

impl Stats {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let GetJobStatsResponse::Status200 { body: stats } = app.get_job_stats(process::operator(app)).await?;
        let mut out = Output::new();
        if self.shape.json {
            out.json(&stats)?
        } else {
            print(&mut out, &stats)?
        }
        out.done()
    }
}

fn print(out: &mut Output, stats: &JobStats) -> Result<(), Failure> {
    let heads = ["TYPE", "PENDING", "PROCESSING", "RETRY PENDING", "COMPLETED", "FAILED", "CANCELLED"];
    let of_types = stats.by_job_type.iter().map(|of| {
        let counts = [of.pending, of.processing, of.retry_pending, of.completed, of.failed, of.cancelled];
        row(&of.job_type, counts)
    });
    let JobStatusCounts { pending, processing, completed, retry_pending, failed, cancelled } = stats.by_status;
    let total = row("all", [pending, processing, retry_pending, completed, failed, cancelled]);
    let rows: Vec<_> = of_types.chain([total]).collect();
    Table::new(heads).rows(out, &rows)?;
    if let Some(since) = stats.oldest_pending_at {
        writeln!(out, "\nthe oldest job that is due waits since {}", time(since))?;
    }
    Ok(())
}

fn row(name: &str, counts: [i64; 6]) -> [Cell; 7] {
    let [a, b, c, d, e, f] = counts.map(Cell::number);
    [Cell::text(name), a, b, c, d, e, f]
}
