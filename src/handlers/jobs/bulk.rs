//! Many jobs at once: putting in, running again, cancelling.

use std::time::Instant;

use diesel::QueryResult;

use super::new_job;
use crate::api::apis::jobs::EnqueueJobsResponse;
use crate::api::models::{
    JobBatch, JobBatchResult, JobReceipt, JobStatus, JobsChanged, JobsToCancel, JobsToCancelStatus, JobsToRetry,
    JobsToRetryStatus,
};
use crate::app::App;
use crate::contract::Caller;
use crate::db::AnyConnection;
use crate::handlers::once::{self, Once};
use crate::models::jobs::control::{self, Step};
use crate::models::jobs::{self, Filter, NewJob};
use crate::problem::Problem;

/// Jobs that are changed in one transaction, so that it stays short.
const STEP: i64 = 500;

pub(super) async fn enqueue(
    app: &App,
    caller: &Caller,
    idempotency_key: Option<String>,
    body: JobBatch,
) -> Result<EnqueueJobsResponse, Problem> {
    let key = once::key("enqueueJobs", &caller.subject, idempotency_key, &body)?;
    let now = app.clock.now();
    let (mut new, mut violations): (Vec<NewJob>, Vec<_>) = (Vec::with_capacity(body.jobs.len()), Vec::new());
    for (place, job) in body.jobs.into_iter().enumerate() {
        match new_job(app, job, &format!("/jobs/{place}"), now) {
            Ok(job) => new.push(job),
            Err(found) => violations.extend(found),
        }
    }
    if !violations.is_empty() {
        return Err(Problem::validation(violations));
    }
    let store = move |conn: &mut AnyConnection| {
        let enqueued = jobs::enqueue_all(conn, &new, now)?;
        Ok(enqueued.into_iter().map(|job| JobReceipt { id: job.id, found: !job.is_new }).collect())
    };
    // Receipts are about nobody: they hold nothing but ids.
    let Once { made, replayed } = once::once(app, key, now, |_: &Vec<JobReceipt>| None, store).await??;
    app.jobs.notify_one();
    Ok(EnqueueJobsResponse::Status200 { idempotency_replayed: replayed, body: JobBatchResult { items: made } })
}

pub(super) async fn retry(app: &App, body: JobsToRetry) -> Result<JobsChanged, Problem> {
    let JobsToRetry { ids, status, job_type, queue, user_id } = body;
    let statuses = match status {
        Some(JobsToRetryStatus::Failed) => vec![JobStatus::Failed],
        Some(JobsToRetryStatus::Cancelled) => vec![JobStatus::Cancelled],
        None => control::RETRYABLE.to_vec(),
    };
    let filter = Filter { ids, job_type, queue, user_id, ..Filter::default() };
    change(app, &statuses, filter, control::retry_all).await
}

pub(super) async fn cancel(app: &App, body: JobsToCancel) -> Result<JobsChanged, Problem> {
    let JobsToCancel { ids, status, job_type, queue, user_id } = body;
    let statuses = match status {
        Some(JobsToCancelStatus::Pending) => vec![JobStatus::Pending],
        Some(JobsToCancelStatus::Processing) => vec![JobStatus::Processing],
        Some(JobsToCancelStatus::RetryPending) => vec![JobStatus::RetryPending],
        // In this order a job that starts, fails or is given back meanwhile does not slip through.
        None => vec![
            JobStatus::Pending,
            JobStatus::RetryPending,
            JobStatus::Processing,
            JobStatus::RetryPending,
            JobStatus::Pending,
        ],
    };
    let filter = Filter { ids, job_type, queue, user_id, ..Filter::default() };
    change(app, &statuses, filter, control::cancel_all).await
}

type Change = fn(&mut AnyConnection, &Filter, i64, chrono::NaiveDateTime) -> QueryResult<Step>;

/// Changes what the filter finds, in one status after another and step by step, until the time is up. That is not before
/// something was changed: the same request begins at the newest again, and would for ever look at jobs that stay as they are.
async fn change(app: &App, statuses: &[JobStatus], mut filter: Filter, change: Change) -> Result<JobsChanged, Problem> {
    let (begun, most) = (Instant::now(), app.config.request_timeout / 2);
    let mut done = JobsChanged { changed: 0, skipped: 0, more: false };
    let count = |jobs| i64::try_from(jobs).unwrap_or(i64::MAX);
    for status in statuses {
        (filter.status, filter.after) = (Some(*status), None);
        loop {
            let (clock, wanted) = (app.clock.clone(), filter.clone());
            let step = move |conn: &mut AnyConnection| change(conn, &wanted, STEP, clock.now());
            let step = app.db.write_in_background(step).await?;
            app.jobs.notify_one();
            done.changed += count(step.changed);
            done.skipped += count(step.taken);
            filter.after = step.last;
            if filter.after.is_none() {
                break;
            }
            if done.changed > 0 && begun.elapsed() >= most {
                done.more = true;
                return Ok(done);
            }
        }
    }
    Ok(done)
}
