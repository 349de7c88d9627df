//! `keiyaku jobs enqueue`: what POST /jobs does, with the same checks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::Operation;
use crate::api::apis::jobs::{EnqueueJobResponse, Jobs};
use crate::api::models::{EnqueueJobHeaderParams, Job, JobCreate};
use crate::app::App;
use crate::cli::output::{Output, Shape, time};
use crate::cli::{Failure, process};

/// Put a job in.
///
/// It is checked by the contract as POST /jobs is; what does not fit is told with its place in that request.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku jobs enqueue data_analysis --payload '{\"since\": \"2030-01-01T00:00:00Z\"}' --queue reports
  keiyaku jobs enqueue send_welcome_email --payload @payload.json --at 2030-01-01T08:00:00Z
  jq -c .payload job.json | keiyaku jobs enqueue data_analysis --payload -

Variables: DATABASE_URL, DURABILITY, VALIDATION_MODE, BODY_LIMIT.")]
pub(super) struct Enqueue {
    /// What to do: one of the contract's job types.
    #[arg(value_name = "TYPE")]
    job_type: String,
    /// What to do it with: JSON, @file, or - for standard input.
    #[arg(long, default_value = "{}", value_name = "JSON|@FILE|-")]
    payload: String,
    /// Where it waits.
    #[arg(long)]
    queue: Option<String>,
    /// The higher, the sooner.
    #[arg(long, allow_negative_numbers = true)]
    priority: Option<i64>,
    /// How often it is tried again after a first failure.
    #[arg(long)]
    max_retries: Option<i64>,
    /// Not before this time, RFC 3339.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// At most one unfinished job of the type has this key; if there is one, it is shown and nothing is put in.
    #[arg(long, value_name = "KEY")]
    unique_key: Option<String>,
    /// How long an attempt may take, such as 90s or 5min.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    shape: Shape,
}

/// The request that says the same. The numbers are wider than the contract's, whose bounds then count.
#[derive(Serialize)]
struct Request<'a> {
    job_type: &'a str,
    payload: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_retries: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<u64>,
}

impl Enqueue {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let payload = self.payload(app.config.body_limit)?;
        let request = Request {
            job_type: &self.job_type,
            payload: &payload,
            queue: self.queue.as_deref(),
            priority: self.priority,
            max_retries: self.max_retries,
            scheduled_at: self.at.as_deref(),
            unique_key: self.unique_key.as_deref(),
            timeout_seconds: self.timeout.map(|timeout| timeout.as_secs()),
        };
        let request = serde_json::to_vec(&request).map_err(Failure::new)?;
        let body: JobCreate = app.contract.body(Operation::EnqueueJob, &request)?;
        let header = EnqueueJobHeaderParams { idempotency_key: None };
        match app.enqueue_job(process::operator(app), header, body).await? {
            EnqueueJobResponse::Status200 { body, .. } => self.print(&body, "was there already, with this unique key"),
            EnqueueJobResponse::Status201 { body, .. } => self.print(&body, "is put in"),
        }
    }

    /// The text as it came, once it is known to be JSON: the place of a mistake is told in the text that was given.
    fn payload(&self, limit: u64) -> Result<Box<RawValue>, Failure> {
        let refused = |error: &dyn std::fmt::Display| Failure::usage(format!("--payload {}: {error}", self.source()));
        let mut text = Vec::new();
        let read = match self.payload.strip_prefix('@') {
            Some(file) => File::open(file).and_then(|file| file.take(limit + 1).read_to_end(&mut text)),
            None if self.payload == "-" => io::stdin().take(limit + 1).read_to_end(&mut text),
            None => self.payload.as_bytes().read_to_end(&mut text),
        };
        read.map_err(|error| refused(&error))?;
        if text.len() as u64 > limit {
            return Err(refused(&format_args!("has more than the {limit} bytes of BODY_LIMIT")));
        }
        crate::json::parse(&text).map_err(|error| refused(&format_args!("is not well-formed JSON: {error}")))?;
        serde_json::from_slice(&text).map_err(|error| refused(&error))
    }

    /// Whence the payload comes; the text itself may be anybody's data.
    fn source(&self) -> &str {
        if self.payload.starts_with('@') || self.payload == "-" { &self.payload } else { "JSON" }
    }

    fn print(&self, job: &Job, what: &str) -> Result<(), Failure> {
        let mut out = Output::new();
        if self.shape.json {
            out.json(job)?;
        } else {
            let due = time(job.scheduled_at);
            writeln!(out, "job {} {what}: {} in queue {}, due {due}", job.id, job.job_type, job.queue)?;
        }
        out.done()
    }
}
