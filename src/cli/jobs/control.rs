//! `keiyaku jobs retry` and `keiyaku jobs cancel`: by id, or all that a filter finds.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::{Which, one_of, print};
use crate::api::apis::jobs::{CancelJobResponse, CancelJobsResponse, Jobs, RetryJobResponse, RetryJobsResponse};
use crate::api::models::{
    CancelJobPathParams, Job, JobStatus, JobsChanged, JobsToCancel, JobsToCancelStatus, JobsToRetry, JobsToRetryStatus,
    RetryJobPathParams,
};
use crate::app::App;
use crate::cli::output::{Output, Shape, note};
use crate::cli::{Failure, process};
use crate::models::jobs::control::{CANCELLABLE, RETRYABLE};
use crate::models::jobs::{Filter, count};
use crate::problem::Problem;

/// Run failed or cancelled jobs again, due now and with all their retries.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs retry 42 43
  keiyaku jobs retry --all-matching --status failed --type send_welcome_email

Variables: DATABASE_URL, DURABILITY.")]
pub(super) struct Retry {
    /// Only jobs in this status.
    #[arg(long, requires = "all_matching", value_parser = one_of(JobsToRetryStatus::ALL, JobsToRetryStatus::as_str))]
    status: Option<JobsToRetryStatus>,
    #[command(flatten)]
    selection: Selection,
}

/// Cancel jobs that wait or run; one that runs is told to stop, and its result will not count.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs cancel 42
  keiyaku jobs cancel --all-matching --queue reports --yes

Variables: DATABASE_URL, DURABILITY.")]
pub(super) struct Cancel {
    /// Only jobs in this status.
    #[arg(long, requires = "all_matching", value_parser = one_of(JobsToCancelStatus::ALL, JobsToCancelStatus::as_str))]
    status: Option<JobsToCancelStatus>,
    #[command(flatten)]
    selection: Selection,
}

/// Which jobs to change.
#[derive(Args)]
struct Selection {
    /// The jobs' ids.
    #[arg(required_unless_present = "all_matching", conflicts_with = "all_matching")]
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    ids: Vec<i64>,
    /// All jobs that the filters find, instead of some by their ids; without filters, all.
    #[arg(long)]
    all_matching: bool,
    #[command(flatten)]
    which: Which,
    /// Do not ask first.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Retry {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let Retry { status, selection } = self;
        if !selection.all_matching {
            let retry = async |job_id| {
                let RetryJobResponse::Status200 { body } =
                    app.retry_job(process::operator(app), RetryJobPathParams { job_id }).await?;
                Ok(body)
            };
            return selection.each(retry).await;
        }
        let only = status.map(|status| status.as_str());
        if !selection.agreed(app, &RETRYABLE, only, "run again").await? {
            return selection.print(&JobsChanged { changed: 0, skipped: 0, more: false }, "put back to waiting");
        }
        let Which { job_type, queue, user_id } = selection.which.clone();
        let wish = JobsToRetry { ids: None, status, job_type, queue, user_id };
        let retry = async || {
            let RetryJobsResponse::Status200 { body } = app.retry_jobs(process::operator(app), wish.clone()).await?;
            Ok(body)
        };
        selection.until_done(retry, "put back to waiting").await
    }
}

impl Cancel {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let Cancel { status, selection } = self;
        if !selection.all_matching {
            let cancel = async |job_id| {
                let CancelJobResponse::Status200 { body } =
                    app.cancel_job(process::operator(app), CancelJobPathParams { job_id }).await?;
                Ok(body)
            };
            return selection.each(cancel).await;
        }
        let only = status.map(|status| status.as_str());
        if !selection.agreed(app, &CANCELLABLE, only, "cancelled").await? {
            return selection.print(&JobsChanged { changed: 0, skipped: 0, more: false }, "cancelled");
        }
        let Which { job_type, queue, user_id } = selection.which.clone();
        let wish = JobsToCancel { ids: None, status, job_type, queue, user_id };
        let cancel = async || {
            let CancelJobsResponse::Status200 { body } = app.cancel_jobs(process::operator(app), wish.clone()).await?;
            Ok(body)
        };
        selection.until_done(cancel, "cancelled").await
    }
}

impl Selection {
    /// Changes one after another. What cannot be changed is told, and keeps no other from it.
    async fn each(&self, change: impl AsyncFn(i64) -> Result<Job, Problem>) -> Result<(), Failure> {
        let Which { job_type, queue, user_id } = &self.which;
        if job_type.is_some() || queue.is_some() || user_id.is_some() {
            return Err(Failure::usage("--type, --queue and --user go with --all-matching, and not with ids"));
        }
        let (mut changed, mut refused) = (Vec::new(), 0);
        let mut seen = HashSet::new();
        for id in self.ids.iter().filter(|id| seen.insert(**id)) {
            match change(*id).await {
                Ok(job) => changed.push(job),
                Err(problem) => {
                    let said = Failure::from(problem).line.unwrap_or_default();
                    note(&format!("keiyaku: job {id}: {said}"));
                    refused += 1;
                }
            }
        }
        print(self.shape, changed)?;
        match refused {
            0 => Ok(()),
            _ => Err(Failure::told()),
        }
    }

    /// Whether there is anything to change; fails unless so many shall be changed.
    async fn agreed(&self, app: &App, statuses: &[JobStatus], only: Option<&str>, what: &str) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            let said = "without a terminal to ask on, --all-matching needs --yes";
            return Err(Failure::usage(said));
        }
        let Which { job_type, queue, user_id } = self.which.clone();
        let filter = Filter { job_type, queue, user_id, ..Filter::default() };
        let statuses: Vec<JobStatus> =
            statuses.iter().copied().filter(|status| only.is_none_or(|only| only == status.as_str())).collect();
        let found = app.db.read(move |conn| {
            let of = |status| Filter { status: Some(status), ..filter.clone() };
            statuses.into_iter().map(|status| count(conn, &of(status))).sum::<Result<i64, _>>()
        });
        match found.await? {
            0 => Ok(false),
            found if ask(&format!("{found} jobs are to be {what}. Go on? [y/N] "))? => Ok(true),
            _ => Err(Failure::new("nothing was changed")),
        }
    }

    async fn until_done(
        &self,
        change: impl AsyncFn() -> Result<JobsChanged, Problem>,
        what: &str,
    ) -> Result<(), Failure> {
        let mut all = JobsChanged { changed: 0, skipped: 0, more: true };
        while all.more {
            let some = change().await?;
            all = JobsChanged {
                changed: all.changed + some.changed,
                // Those that were passed over are looked at again.
                skipped: some.skipped,
                more: some.more,
            };
        }
        self.print(&all, what)
    }

    fn print(&self, all: &JobsChanged, what: &str) -> Result<(), Failure> {
        let mut out = Output::new();
        if self.shape.json {
            out.json(all)?;
        } else {
            writeln!(out, "{} jobs are {what}", all.changed)?;
            if all.skipped > 0 {
                writeln!(out, "{} are as they were: another unfinished job has their unique key", all.skipped)?;
            }
        }
        out.done()
    }
}

fn ask(question: &str) -> io::Result<bool> {
    write!(io::stderr(), "{question}")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
