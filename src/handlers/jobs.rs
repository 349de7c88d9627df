//! `jobs`: putting in, looking up, running again, cancelling, following.

mod bulk;
mod events;

use super::cursor::List;
use super::once::{self, Once};
use super::{cursor, follow_token, stored, utc};
use crate::api::apis::jobs::{
    CancelJobResponse, CancelJobsResponse, EnqueueJobResponse, EnqueueJobsResponse, GetJobResponse,
    GetJobStatsResponse, GetJobTimelineResponse, Jobs, ListJobsResponse, RetryJobResponse, RetryJobsResponse,
    StreamJobEventsResponse,
};
use crate::api::models::{
    self as contract, CancelJobPathParams, EnqueueJobHeaderParams, EnqueueJobsHeaderParams, GetJobPathParams,
    GetJobTimelineQueryParams, JobAttempt, JobBatch, JobCreate, JobMinute, JobPage, JobStats, JobStatus,
    JobStatusCounts, JobTimeline, JobTypeCounts, JobsToCancel, JobsToRetry, ListJobsOrder, ListJobsQueryParams,
    RetryJobPathParams, StreamJobEventsHeaderParams, StreamJobEventsQueryParams, Violation,
};
use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::app::App;
use crate::contract::Caller;
use crate::db::AnyConnection;
use crate::json::Int;
use crate::models::attempts::{self, Attempt};
use crate::models::jobs::control::{self, Outcome};
use crate::models::jobs::events::EventFilter;
use crate::models::jobs::{self, Enqueued, Filter, Job, NewJob, counts};
use crate::models::{column_time, job_minutes};
use crate::problem::Problem;

impl Jobs for App {
    async fn enqueue_job(
        &self,
        caller: Caller,
        header: EnqueueJobHeaderParams,
        body: JobCreate,
    ) -> Result<EnqueueJobResponse, Problem> {
        let key = once::key("enqueueJob", &caller.subject, header.idempotency_key, &body)?;
        let now = self.clock.now();
        let new = new_job(self, body, "", now).map_err(Problem::validation)?;
        let store = move |conn: &mut AnyConnection| {
            let Enqueued { id, is_new } = jobs::enqueue(conn, &new, now)?;
            let job = jobs::find(conn, id)?.ok_or(diesel::result::Error::NotFound)?;
            Ok(Stored { job, found: !is_new })
        };
        let Once { made, replayed } = once::once(self, key, now, |made: &Stored| made.job.user_id, store).await??;
        self.jobs.notify_one();
        let location = format!("/jobs/{}", made.job.id);
        let job_token = if made.found { None } else { follow_token(self, made.job.id)? };
        let (idempotency_replayed, body) = (replayed, shown(made.job, None)?);
        Ok(if made.found {
            EnqueueJobResponse::Status200 { location, idempotency_replayed, body }
        } else {
            EnqueueJobResponse::Status201 { location, idempotency_replayed, job_token, body }
        })
    }

    async fn enqueue_jobs(
        &self,
        caller: Caller,
        header: EnqueueJobsHeaderParams,
        body: JobBatch,
    ) -> Result<EnqueueJobsResponse, Problem> {
        bulk::enqueue(self, &caller, header.idempotency_key, body).await
    }

    async fn retry_jobs(&self, _caller: Caller, body: JobsToRetry) -> Result<RetryJobsResponse, Problem> {
        Ok(RetryJobsResponse::Status200 { body: bulk::retry(self, body).await? })
    }

    async fn cancel_jobs(&self, _caller: Caller, body: JobsToCancel) -> Result<CancelJobsResponse, Problem> {
        Ok(CancelJobsResponse::Status200 { body: bulk::cancel(self, body).await? })
    }

    async fn list_jobs(&self, _caller: Caller, query: ListJobsQueryParams) -> Result<ListJobsResponse, Problem> {
        let oldest_first = query.order == ListJobsOrder::Oldest;
        let list = if oldest_first { List::JobsOldestFirst } else { List::Jobs };
        let filter = Filter {
            ids: None,
            status: query.status,
            job_type: query.job_type,
            queue: query.queue,
            user_id: query.user_id,
            text: query.text,
            after: query.cursor.as_deref().map(|text| cursor::parse(list, text)).transpose()?,
            oldest_first,
        };
        let limit = i64::from(query.limit);
        let rows = self.db.read(move |conn| jobs::list(conn, &filter, limit + 1)).await?;
        let (rows, next_cursor) = cursor::page(list, rows, limit, |job| job.id);
        let items = rows.into_iter().map(|job| shown(job, None)).collect::<Result<_, _>>()?;
        Ok(ListJobsResponse::Status200 { body: JobPage { items, next_cursor } })
    }

    async fn get_job(&self, caller: Caller, path: GetJobPathParams) -> Result<GetJobResponse, Problem> {
        let id = path.job_id;
        within_reach(&caller, Some(id))?;
        let find = move |conn: &mut AnyConnection| {
            let Some(job) = jobs::find(conn, id)? else { return Ok(None) };
            attempts::of_job(conn, &job).map(|attempts| Some((job, attempts)))
        };
        let (job, attempts) = self.db.read(find).await?.ok_or_else(|| Problem::not_found("Job"))?;
        Ok(GetJobResponse::Status200 { body: shown(job, Some(attempts))? })
    }

    async fn retry_job(&self, _caller: Caller, path: RetryJobPathParams) -> Result<RetryJobResponse, Problem> {
        let (id, now) = (path.job_id, self.clock.now());
        let outcome = self.db.write(move |conn| control::retry(conn, id, now)).await?;
        let body = changed(outcome, "retried")?;
        self.jobs.notify_one();
        Ok(RetryJobResponse::Status200 { body })
    }

    async fn cancel_job(&self, _caller: Caller, path: CancelJobPathParams) -> Result<CancelJobResponse, Problem> {
        let (id, now) = (path.job_id, self.clock.now());
        let outcome = self.db.write(move |conn| control::cancel(conn, id, now)).await?;
        Ok(CancelJobResponse::Status200 { body: changed(outcome, "cancelled")? })
    }

    async fn get_job_stats(&self, _caller: Caller) -> Result<GetJobStatsResponse, Problem> {
        let (counts, oldest) =
            self.db.read(|conn| Ok((counts::by_type_and_status(conn)?, counts::oldest_waiting(conn)?))).await?;
        Ok(GetJobStatsResponse::Status200 { body: stats(&counts, oldest.map(utc)) })
    }

    async fn get_job_timeline(
        &self,
        _caller: Caller,
        query: GetJobTimelineQueryParams,
    ) -> Result<GetJobTimelineResponse, Problem> {
        let since = self.clock.now() - TimeDelta::minutes(query.minutes.into());
        let minutes = self.db.read(move |conn| job_minutes::since(conn, since)).await?;
        Ok(GetJobTimelineResponse::Status200 {
            body: JobTimeline { items: minutes.into_iter().map(minute_shown).collect() },
        })
    }

    async fn stream_job_events(
        &self,
        caller: Caller,
        query: StreamJobEventsQueryParams,
        header: StreamJobEventsHeaderParams,
    ) -> Result<StreamJobEventsResponse, Problem> {
        let StreamJobEventsQueryParams { job_type, queue, user_id, job_id } = query;
        within_reach(&caller, job_id)?;
        let filter = EventFilter { job_type, queue, user_id, job_id };
        let body = events::follow(self, filter, header.last_event_id, caller.expires_at).await?;
        Ok(StreamJobEventsResponse::Status200 { body, cache_control: "no-store".to_owned() })
    }
}

/// Whether a caller may read this job, `None` for any: all with the scope, else the own, for that is all that the other scope
/// which opens these operations, `jobs:follow`, gives. What is out of reach is forbidden whether it is there or not.
fn within_reach(caller: &Caller, job_id: Option<i64>) -> Result<(), Problem> {
    let own = || job_id.is_some_and(|id| caller.subject == format!("job:{id}"));
    if caller.may("jobs:read") || own() { Ok(()) } else { Err(Problem::forbidden(&["jobs:read"])) }
}

/// What an idempotency key keeps.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    job: Job,
    /// It was there before. What an older version has kept, the request had made.
    #[serde(default)]
    found: bool,
}

fn changed(outcome: Outcome, wish: &str) -> Result<contract::Job, Problem> {
    match outcome {
        Outcome::Changed(job) => shown(*job, None),
        Outcome::Missing => Err(Problem::not_found("Job")),
        Outcome::Refused(status) => {
            let status = status.replace('_', " ");
            let error = Problem::conflict(format!("The job is already {status}"));
            Err(error.with_detail(format!("A {status} job cannot be {wish}.")))
        }
        Outcome::Taken(other) => {
            let error = Problem::conflict("Another unfinished job has the same unique key");
            Err(error.with_detail(format!("Job {other} has it.")))
        }
    }
}

/// What the request asks for, checked as far as no schema of the contract does it; `at` is its place in the body.
fn new_job(app: &App, body: JobCreate, at: &str, now: NaiveDateTime) -> Result<NewJob, Vec<Violation>> {
    // It was JSON when it came, and no number in it was too large.
    let payload = serde_json::to_string(&body.payload).unwrap_or_default();
    let value: Value = serde_json::from_str(&payload).unwrap_or_default();
    app.contract.check_payload(at, &body.job_type, &value)?;
    Ok(NewJob {
        job_type: body.job_type,
        queue: body.queue,
        payload,
        // Every payload that is about a user says so in this member; see `jobs::Job::user_id`.
        user_id: body.payload.get("user_id").and_then(integer),
        priority: body.priority,
        max_retries: body.max_retries,
        scheduled_at: body.scheduled_at.map(|time| column_time(time).max(now)),
        unique_key: body.unique_key,
        timeout_seconds: body.timeout_seconds,
    })
}

/// An integer in any of the spellings that a payload's schema takes: `7.0` is user 7, too.
fn integer(text: &RawValue) -> Option<i64> {
    serde_json::from_str(text.get()).ok().map(|Int(number)| number)
}

fn stats(counts: &[(String, String, i64)], oldest_pending_at: Option<chrono::DateTime<chrono::Utc>>) -> JobStats {
    let number = |job_type: Option<&str>, status: JobStatus| -> i64 {
        let of_type = counts.iter().filter(|(name, ..)| job_type.is_none_or(|wanted| wanted == name));
        of_type.filter(|(_, stored, _)| stored == status.as_str()).map(|(.., count)| count).sum()
    };
    let mut names: Vec<&str> = counts.iter().map(|(name, ..)| name.as_str()).collect();
    names.dedup();
    let by_job_type = names.into_iter().map(|name| JobTypeCounts {
        job_type: name.to_owned(),
        pending: number(Some(name), JobStatus::Pending),
        processing: number(Some(name), JobStatus::Processing),
        completed: number(Some(name), JobStatus::Completed),
        retry_pending: number(Some(name), JobStatus::RetryPending),
        failed: number(Some(name), JobStatus::Failed),
        cancelled: number(Some(name), JobStatus::Cancelled),
    });
    JobStats {
        by_job_type: by_job_type.collect(),
        by_status: JobStatusCounts {
            pending: number(None, JobStatus::Pending),
            processing: number(None, JobStatus::Processing),
            completed: number(None, JobStatus::Completed),
            retry_pending: number(None, JobStatus::RetryPending),
            failed: number(None, JobStatus::Failed),
            cancelled: number(None, JobStatus::Cancelled),
        },
        oldest_pending_at,
    }
}

fn minute_shown(minute: job_minutes::JobMinute) -> JobMinute {
    let attempts = (minute.completed + minute.failed).max(1) as f64;
    JobMinute {
        minute: utc(minute.minute),
        job_type: minute.job_type,
        completed: minute.completed,
        failed: minute.failed,
        wait_ms: minute.wait_us as f64 / attempts / 1e3,
        run_ms: minute.run_us as f64 / attempts / 1e3,
    }
}

/// The job as the contract shows it.
pub(crate) fn shown(job: Job, attempts: Option<Vec<Attempt>>) -> Result<contract::Job, Problem> {
    let attempts = attempts.map(|list| list.into_iter().map(attempt_shown).collect::<Result<_, _>>()).transpose()?;
    Ok(contract::Job {
        id: job.id,
        job_type: job.job_type,
        queue: job.queue,
        payload: stored(&job.payload)?,
        status: job.status.parse().map_err(|_| Problem::internal("an unknown job status is stored"))?,
        priority: job.priority,
        max_retries: job.max_retries,
        retry_count: job.retry_count,
        error_message: job.error_message,
        output: job.output.as_deref().map(stored).transpose()?,
        scheduled_at: utc(job.scheduled_at),
        started_at: job.started_at.map(utc),
        completed_at: job.completed_at.map(utc),
        created_at: utc(job.created_at),
        unique_key: job.unique_key,
        timeout_seconds: job.timeout_seconds,
        progress: job.progress,
        progress_note: job.progress_note,
        attempts,
    })
}

fn attempt_shown(attempt: Attempt) -> Result<JobAttempt, Problem> {
    Ok(JobAttempt {
        attempt: attempt.attempt,
        outcome: attempt.outcome.parse().map_err(|_| Problem::internal("an unknown outcome is stored"))?,
        worker: attempt.worker,
        error: attempt.error,
        started_at: utc(attempt.started_at),
        finished_at: utc(attempt.finished_at),
    })
}
