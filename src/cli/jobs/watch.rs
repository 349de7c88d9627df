//! `keiyaku jobs watch`: what GET /jobs/events tells.

use clap::Args;

use super::{JobTable, Which};
use crate::api::apis::jobs::Jobs;
use crate::api::models::{GetJobPathParams, Job};
use crate::app::App;
use crate::cli::output::{Output, Shape, note};
use crate::cli::{Failure, process};
use crate::events::Reader;
use crate::handlers::jobs::shown;
use crate::models::jobs::events::EventFilter;

/// Follow the jobs as they change, in whatever process, until Ctrl-C.
///
/// Each line is a job as it is after a change. With --json each line is one JSON document.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs watch --type data_analysis
  keiyaku jobs watch --json | jq -r 'select(.status == \"failed\") | .id'

Variables: DATABASE_URL.")]
pub(super) struct Watch {
    #[command(flatten)]
    which: Which,
    /// Only the job with this id.
    #[arg(long = "job", value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    job_id: Option<i64>,
    #[command(flatten)]
    shape: Shape,
}

impl Watch {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        tokio::select! {
            ended = self.follow(app) => ended,
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        }
    }

    async fn follow(self, app: &App) -> Result<(), Failure> {
        let Which { job_type, queue, user_id } = self.which;
        let filter = EventFilter { job_type, queue, user_id, job_id: self.job_id };
        if let Some(job_id) = self.job_id {
            app.get_job(process::operator(app), GetJobPathParams { job_id }).await?;
        }
        let mut reader = Reader::start(&app.events, &app.db, filter, None).await?;
        note("following the jobs as they change; Ctrl-C ends it");
        let (mut out, mut table) = (Output::new(), JobTable::new());
        loop {
            let look = reader.look().await?;
            if let Some((from, to)) = look.missed {
                note(&format!("more has changed than can be shown: versions {from} to {to} are left out"));
            }
            let jobs = look.jobs.into_iter().map(|(job, _)| shown(job, None)).collect::<Result<Vec<Job>, _>>()?;
            if self.shape.json {
                jobs.iter().try_for_each(|job| out.json(job))?;
            } else if !jobs.is_empty() {
                table.add(&mut out, &jobs)?;
            }
            out.done()?;
            if !look.more {
                reader.changed().await;
            }
        }
    }
}
