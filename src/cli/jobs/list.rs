//! `keiyaku jobs list`.

use std::io::Write;

use clap::Args;

use super::{JobTable, Which, one_of};
use crate::api::apis::jobs::{Jobs, ListJobsResponse};
use crate::api::models::{JobPage, JobStatus, ListJobsOrder, ListJobsQueryParams};
use crate::app::App;
use crate::cli::output::{Output, Shape, note};
use crate::cli::{Failure, process};

/// The API's largest page.
const PAGE: i32 = 100;

/// List jobs, the newest first.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs list --status failed --type send_welcome_email
  keiyaku jobs list --text 'no such mailbox' --all --json | jq '.items[].id'

Variables: DATABASE_URL.")]
pub(super) struct List {
    /// Only jobs in this status.
    #[arg(long, value_parser = one_of(JobStatus::ALL, JobStatus::as_str))]
    status: Option<JobStatus>,
    #[command(flatten)]
    which: Which,
    /// Only jobs whose payload, error or unique key contains this, in whatever case of ASCII letters.
    #[arg(long)]
    text: Option<String>,
    /// The oldest first.
    #[arg(long)]
    oldest: bool,
    /// At most so many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them, page by page.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Go on where a list ended: the next_cursor that --json gave.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

impl List {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let mut left = if self.all { u32::MAX } else { self.limit };
        let mut cursor = self.cursor.clone();
        let mut out = Output::new();
        let mut printed = Printed { is_json: self.shape.json, any: false, table: JobTable::new() };
        printed.begin(&mut out)?;
        loop {
            let limit = i32::try_from(left).map_or(PAGE, |left| left.min(PAGE));
            let query = self.query(limit, cursor);
            let ListJobsResponse::Status200 { body } = app.list_jobs(process::operator(app), query).await?;
            let JobPage { items, next_cursor } = body;
            left = left.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
            printed.page(&mut out, &items)?;
            cursor = next_cursor;
            if cursor.is_none() || left == 0 {
                return printed.end(&mut out, cursor.as_deref());
            }
        }
    }

    fn query(&self, limit: i32, cursor: Option<String>) -> ListJobsQueryParams {
        let Which { job_type, queue, user_id } = self.which.clone();
        let order = if self.oldest { ListJobsOrder::Oldest } else { ListJobsOrder::Newest };
        ListJobsQueryParams {
            limit,
            cursor,
            status: self.status,
            job_type,
            queue,
            user_id,
            text: self.text.clone(),
            order,
        }
    }
}

/// A list that is printed as it is read, so that it may be longer than the memory is large. As JSON it is one `JobPage`.
struct Printed {
    is_json: bool,
    any: bool,
    table: JobTable,
}

impl Printed {
    fn begin(&self, out: &mut Output) -> Result<(), Failure> {
        if self.is_json {
            write!(out, "{{\"items\":[")?;
        }
        Ok(())
    }

    fn page(&mut self, out: &mut Output, items: &[crate::api::models::Job]) -> Result<(), Failure> {
        if !self.is_json {
            self.any |= !items.is_empty();
            return if items.is_empty() { Ok(()) } else { self.table.add(out, items) };
        }
        for job in items {
            let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
            write!(out, "{comma}")?;
            serde_json::to_writer(&mut *out, job).map_err(std::io::Error::from)?;
        }
        Ok(())
    }

    fn end(&self, out: &mut Output, cursor: Option<&str>) -> Result<(), Failure> {
        if self.is_json {
            write!(out, "],\"next_cursor\":")?;
            serde_json::to_writer(&mut *out, &cursor).map_err(std::io::Error::from)?;
            writeln!(out, "}}")?;
        }
        out.done()?;
        if !self.is_json && !self.any {
            note("no jobs");
        } else if !self.is_json && cursor.is_some() {
            note("there are more: --limit or --all shows them");
        }
        Ok(())
    }
}
