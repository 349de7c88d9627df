// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! The contract's schemas, and the parameters of its operations.
//!
//! `Validate` repeats the contract's bounds for code that builds a model by hand. What a client sends is judged by the
//! contract itself, before it becomes a model.

use serde::{Deserialize, Serialize};
use validator::Validate;

/// `completed`: done. `failed`: the job reported an error. `timed_out`: it took too long. `panicked`: it crashed.
/// `lost`: its worker disappeared; it counts as a retry if it had begun for certain. `handed_back`: its worker shut
/// down first; `snoozed`: it asked to be run later; neither counts as a retry. `cancelled`: the job was cancelled
/// meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AttemptOutcome {
    /// `completed`
    #[serde(rename = "completed")]
    Completed,
    /// `failed`
    #[serde(rename = "failed")]
    Failed,
    /// `timed_out`
    #[serde(rename = "timed_out")]
    TimedOut,
    /// `panicked`
    #[serde(rename = "panicked")]
    Panicked,
    /// `lost`
    #[serde(rename = "lost")]
    Lost,
    /// `handed_back`
    #[serde(rename = "handed_back")]
    HandedBack,
    /// `snoozed`
    #[serde(rename = "snoozed")]
    Snoozed,
    /// `cancelled`
    #[serde(rename = "cancelled")]
    Cancelled,
}

impl AttemptOutcome {
    /// Every value, in the contract's order.
    pub const ALL: &[AttemptOutcome] = &[
        AttemptOutcome::Completed,
        AttemptOutcome::Failed,
        AttemptOutcome::TimedOut,
        AttemptOutcome::Panicked,
        AttemptOutcome::Lost,
        AttemptOutcome::HandedBack,
        AttemptOutcome::Snoozed,
        AttemptOutcome::Cancelled,
    ];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Panicked => "panicked",
            Self::Lost => "lost",
            Self::HandedBack => "handed_back",
            Self::Snoozed => "snoozed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for AttemptOutcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for AttemptOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of AttemptOutcome".to_owned())
    }
}

/// The payload of a `data_analysis` job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct DataAnalysisPayload {
    /// Only users created at this time or later. Default is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<chrono::DateTime<chrono::Utc>>,
    /// Only users created earlier than this time. Default is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<chrono::DateTime<chrono::Utc>>,
}

/// Always `connected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DatabaseStatus {
    /// `connected`
    #[serde(rename = "connected")]
    Connected,
}

impl DatabaseStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[DatabaseStatus] = &[DatabaseStatus::Connected];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
        }
    }
}

impl std::fmt::Display for DatabaseStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for DatabaseStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of DatabaseStatus".to_owned())
    }
}

/// The payload of an `erase_mail` job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct EraseMailPayload {
    /// The user who was deleted.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
    /// The user's `created_at`, as in the names of the files.
    pub signed_up_at: chrono::DateTime<chrono::Utc>,
}

/// The service is healthy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Health {
    /// Always `healthy`.
    pub status: HealthStatus,
    /// Always `connected`.
    pub database: DatabaseStatus,
    /// How many jobs wait, run and have failed.
    #[validate(nested)]
    pub jobs: HealthJobs,
}

/// How many jobs wait, run and have failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct HealthJobs {
    /// Waiting for the first attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub pending: i64,
    /// Running.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub processing: i64,
    /// Given up.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub failed: i64,
}

/// Always `healthy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HealthStatus {
    /// `healthy`
    #[serde(rename = "healthy")]
    Healthy,
}

impl HealthStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[HealthStatus] = &[HealthStatus::Healthy];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
        }
    }
}

impl std::fmt::Display for HealthStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for HealthStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of HealthStatus".to_owned())
    }
}

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Job {
    /// Given by the server, never used again.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub id: i64,
    /// What to do; one of the document's `x-job-types`.
    #[validate(length(max = 64))]
    pub job_type: String,
    /// Where the job waits.
    #[validate(length(max = 64))]
    pub queue: String,
    /// What to do it with; its schema depends on `job_type`.
    pub payload: crate::json::Object,
    /// `pending`: waits for its first attempt. `processing`: runs, or is about to. `retry_pending`: waits for another attempt
    /// after a failed one. `completed`, `failed` (no retries left), `cancelled`: finished. What runs for less than a tenth of
    /// a second may go from waiting to its end at once.
    pub status: JobStatus,
    /// Higher runs first.
    #[serde(deserialize_with = "crate::json::integer")]
    pub priority: i32,
    /// How often the job is tried again after a first failure.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub max_retries: i32,
    /// How often it has been tried again.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub retry_count: i32,
    /// Why the last attempt failed; null if none failed.
    pub error_message: Option<String>,
    /// What the job found out, while it runs what it has found out so far; null for job types without a result.
    pub output: Option<crate::json::Object>,
    /// Not run before this time; for `retry_pending`, the time of the next try.
    pub scheduled_at: chrono::DateTime<chrono::Utc>,
    /// When the last attempt began; null before the first.
    pub started_at: Option<chrono::DateTime<chrono::Utc>>,
    /// When the job finished, in whatever way; null until then.
    pub completed_at: Option<chrono::DateTime<chrono::Utc>>,
    /// When the job was stored.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// The key that no other unfinished job of the type has; null if it has none.
    pub unique_key: Option<String>,
    /// How long an attempt may take, in seconds; null for the time that its type has.
    #[serde(deserialize_with = "crate::json::optional_integer")]
    #[validate(range(min = 1, max = 86400))]
    pub timeout_seconds: Option<i32>,
    /// How far the last attempt is or has come, in percent; null if it says nothing of that.
    #[serde(deserialize_with = "crate::json::optional_integer")]
    #[validate(range(min = 0, max = 100))]
    pub progress: Option<i32>,
    /// What the last attempt says of how far it is; null if it says nothing.
    pub progress_note: Option<String>,
    /// The last hundred finished attempts, first one first. Only in the answer of `getJob`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 100), nested)]
    pub attempts: Option<Vec<JobAttempt>>,
}

/// One finished attempt to run a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobAttempt {
    /// Counts from 1.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub attempt: i32,
    /// `completed`: done. `failed`: the job reported an error. `timed_out`: it took too long. `panicked`: it crashed.
    /// `lost`: its worker disappeared; it counts as a retry if it had begun for certain. `handed_back`: its worker shut
    /// down first; `snoozed`: it asked to be run later; neither counts as a retry. `cancelled`: the job was cancelled
    /// meanwhile.
    pub outcome: AttemptOutcome,
    /// The process that ran it; null if not known.
    pub worker: Option<String>,
    /// When it began.
    pub started_at: chrono::DateTime<chrono::Utc>,
    /// When it ended, or was found to be lost.
    pub finished_at: chrono::DateTime<chrono::Utc>,
    /// What went wrong; null if nothing did.
    pub error: Option<String>,
}

/// Jobs to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobBatch {
    /// The jobs.
    #[validate(length(min = 1, max = 1000), nested)]
    pub jobs: Vec<JobCreate>,
}

/// What became of the jobs of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobBatchResult {
    /// One for each job, in the same order.
    #[validate(length(max = 1000), nested)]
    pub items: Vec<JobReceipt>,
}

/// A job to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobCreate {
    /// What to do; one of the document's `x-job-types`.
    #[validate(length(min = 1, max = 64))]
    pub job_type: String,
    /// What to do it with; must fit the payload schema of `job_type`.
    pub payload: crate::json::Object,
    /// Where the job waits. A queue exists as soon as a job names it.
    #[serde(default = "JobCreate::default_queue")]
    #[validate(length(min = 1, max = 64))]
    pub queue: String,
    /// Higher runs first.
    #[serde(default = "JobCreate::default_priority", deserialize_with = "crate::json::integer")]
    pub priority: i32,
    /// How often to try again after a first failure.
    #[serde(default = "JobCreate::default_max_retries", deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0, max = 100))]
    pub max_retries: i32,
    /// Not run before this time. Default is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<chrono::DateTime<chrono::Utc>>,
    /// At most one unfinished job of a type has this key. While there is one, another is not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200))]
    pub unique_key: Option<String>,
    /// How long an attempt may take, in seconds. Default is the time that its type has.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 86400))]
    pub timeout_seconds: Option<i32>,
}

impl JobCreate {
    fn default_queue() -> String {
        "default".to_owned()
    }

    fn default_priority() -> i32 {
        0
    }

    fn default_max_retries() -> i32 {
        3
    }
}

/// What the attempts of one job type that ended in a minute came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobMinute {
    /// The minute's beginning.
    pub minute: chrono::DateTime<chrono::Utc>,
    /// The job type.
    #[validate(length(max = 64))]
    pub job_type: String,
    /// How many attempts succeeded.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub completed: i64,
    /// How many failed, those that took too long or lost their worker among them.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub failed: i64,
    /// From the time they were due to the time a worker took them, in milliseconds, on average.
    #[validate(range(min = 0.0))]
    pub wait_ms: f64,
    /// How long they ran, in milliseconds, on average.
    #[validate(range(min = 0.0))]
    pub run_ms: f64,
}

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobPage {
    /// The jobs of this page.
    #[validate(length(max = 100), nested)]
    pub items: Vec<Job>,
    /// Pass it as `cursor` to get the next page; null on the last page.
    #[validate(length(max = 200))]
    pub next_cursor: Option<String>,
}

/// Where one job of a batch stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobReceipt {
    /// The job's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub id: i64,
    /// True when an unfinished job has the same `unique_key`; then this is that job, and no other was stored.
    pub found: bool,
}

/// Counts of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobStats {
    /// How many jobs are in each status.
    #[validate(nested)]
    pub by_status: JobStatusCounts,
    /// The same counts per job type, by name.
    #[validate(nested)]
    pub by_job_type: Vec<JobTypeCounts>,
    /// Since when the job that has waited longest has been due (`pending` or `retry_pending`); null if none is due.
    pub oldest_pending_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// `pending`: waits for its first attempt. `processing`: runs, or is about to. `retry_pending`: waits for another attempt
/// after a failed one. `completed`, `failed` (no retries left), `cancelled`: finished. What runs for less than a tenth of
/// a second may go from waiting to its end at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobStatus {
    /// `pending`
    #[serde(rename = "pending")]
    Pending,
    /// `processing`
    #[serde(rename = "processing")]
    Processing,
    /// `completed`
    #[serde(rename = "completed")]
    Completed,
    /// `retry_pending`
    #[serde(rename = "retry_pending")]
    RetryPending,
    /// `failed`
    #[serde(rename = "failed")]
    Failed,
    /// `cancelled`
    #[serde(rename = "cancelled")]
    Cancelled,
}

impl JobStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[JobStatus] = &[
        JobStatus::Pending,
        JobStatus::Processing,
        JobStatus::Completed,
        JobStatus::RetryPending,
        JobStatus::Failed,
        JobStatus::Cancelled,
    ];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::RetryPending => "retry_pending",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for JobStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for JobStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of JobStatus".to_owned())
    }
}

/// How many jobs are in each status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobStatusCounts {
    /// Waiting for the first attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub pending: i64,
    /// Running.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub processing: i64,
    /// Done.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub completed: i64,
    /// Waiting for another attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub retry_pending: i64,
    /// Given up.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub failed: i64,
    /// Cancelled by hand.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub cancelled: i64,
}

/// What attempts came to, minute by minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobTimeline {
    /// One for each minute and job type.
    #[validate(nested)]
    pub items: Vec<JobMinute>,
}

/// How many jobs of one type are in each status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobTypeCounts {
    /// The job type.
    #[validate(length(max = 64))]
    pub job_type: String,
    /// Waiting for the first attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub pending: i64,
    /// Running.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub processing: i64,
    /// Done.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub completed: i64,
    /// Waiting for another attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub retry_pending: i64,
    /// Given up.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub failed: i64,
    /// Cancelled by hand.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub cancelled: i64,
}

/// What became of a wish for many jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobsChanged {
    /// How many jobs are as wished now.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub changed: i64,
    /// How many stay as they are, because another unfinished job has their `unique_key`.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub skipped: i64,
    /// True when the time was up before all were changed. Send the same request again for the others.
    pub more: bool,
}

/// Which jobs to cancel: those that all of this holds of. Finished jobs are passed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobsToCancel {
    /// Only these.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 1000))]
    pub ids: Option<Vec<i64>>,
    /// Only jobs in this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<JobsToCancelStatus>,
    /// Only jobs of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub job_type: Option<String>,
    /// Only jobs in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub queue: Option<String>,
    /// Only jobs that concern this user.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1))]
    pub user_id: Option<i64>,
}

/// The values of `status` in `JobsToCancel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobsToCancelStatus {
    /// `pending`
    #[serde(rename = "pending")]
    Pending,
    /// `processing`
    #[serde(rename = "processing")]
    Processing,
    /// `retry_pending`
    #[serde(rename = "retry_pending")]
    RetryPending,
}

impl JobsToCancelStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[JobsToCancelStatus] =
        &[JobsToCancelStatus::Pending, JobsToCancelStatus::Processing, JobsToCancelStatus::RetryPending];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::RetryPending => "retry_pending",
        }
    }
}

impl std::fmt::Display for JobsToCancelStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for JobsToCancelStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of JobsToCancelStatus".to_owned())
    }
}

/// Which jobs to run again: those that all of this holds of. Jobs that are neither `failed` nor `cancelled` are passed
/// over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct JobsToRetry {
    /// Only these.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 1000))]
    pub ids: Option<Vec<i64>>,
    /// Only jobs in this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<JobsToRetryStatus>,
    /// Only jobs of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub job_type: Option<String>,
    /// Only jobs in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub queue: Option<String>,
    /// Only jobs that concern this user.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1))]
    pub user_id: Option<i64>,
}

/// The values of `status` in `JobsToRetry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobsToRetryStatus {
    /// `failed`
    #[serde(rename = "failed")]
    Failed,
    /// `cancelled`
    #[serde(rename = "cancelled")]
    Cancelled,
}

impl JobsToRetryStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[JobsToRetryStatus] = &[JobsToRetryStatus::Failed, JobsToRetryStatus::Cancelled];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for JobsToRetryStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for JobsToRetryStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of JobsToRetryStatus".to_owned())
    }
}

/// The values of `order` in `ListJobs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ListJobsOrder {
    /// `newest`
    #[serde(rename = "newest")]
    Newest,
    /// `oldest`
    #[serde(rename = "oldest")]
    Oldest,
}

impl ListJobsOrder {
    /// Every value, in the contract's order.
    pub const ALL: &[ListJobsOrder] = &[ListJobsOrder::Newest, ListJobsOrder::Oldest];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}

impl std::fmt::Display for ListJobsOrder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for ListJobsOrder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of ListJobsOrder".to_owned())
    }
}

/// What a reader of the stream was too far behind for. The list of jobs has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct MissedJobs {
    /// The first id that was left out.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub from: i64,
    /// The last id that was left out.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub to: i64,
}

/// A probe's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Probe {
    /// Always `ok`.
    pub status: ProbeStatus,
}

/// Always `ok`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProbeStatus {
    /// `ok`
    #[serde(rename = "ok")]
    Ok,
}

impl ProbeStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[ProbeStatus] = &[ProbeStatus::Ok];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
        }
    }
}

impl std::fmt::Display for ProbeStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for ProbeStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of ProbeStatus".to_owned())
    }
}

/// Every error, in one shape (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Problem {
    /// Names the kind of problem; `about:blank` means that the status says it all.
    pub r#type: String,
    /// The kind of problem in a few words.
    pub title: String,
    /// The HTTP status.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 400, max = 599))]
    pub status: i32,
    /// What happened this time, for developers.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// One sentence to show to people.
    pub error: String,
    /// Finds this request in the server's log; also in the `X-Request-Id` header.
    pub request_id: String,
    /// Everything that is wrong with the request, at most 100. Only when it does not fit the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<Violation>>,
}

/// A queue and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Queue {
    /// The queue's name.
    #[validate(length(max = 64))]
    pub name: String,
    /// Whether workers leave its jobs alone.
    pub paused: bool,
    /// How many of its jobs run at a time at most, in all processes; null for any number.
    #[serde(deserialize_with = "crate::json::optional_integer")]
    #[validate(range(min = 1))]
    pub max_running: Option<i32>,
    /// Jobs that wait for their first attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub pending: i64,
    /// Jobs that run.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub processing: i64,
    /// Jobs that wait for another attempt.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub retry_pending: i64,
    /// Jobs that were given up.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub failed: i64,
}

/// All queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct QueueList {
    /// The queues, by name.
    #[validate(nested)]
    pub items: Vec<Queue>,
}

/// What to change of a queue; members that are left out stay as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct QueuePatch {
    /// How many of its jobs may run at a time, in all processes; null for any number.
    #[serde(
        default,
        deserialize_with = "crate::json::double_optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    #[validate(range(min = 1))]
    pub max_running: Option<Option<i32>>,
}

/// A job that a worker has claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct RunningJob {
    /// The job's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub job_id: i64,
    /// The job type.
    #[validate(length(max = 64))]
    pub job_type: String,
    /// The queue it was in.
    #[validate(length(max = 64))]
    pub queue: String,
    /// When it was claimed.
    pub started_at: chrono::DateTime<chrono::Utc>,
    /// How far it is, in percent; null if it says nothing of that.
    #[serde(deserialize_with = "crate::json::optional_integer")]
    #[validate(range(min = 0, max = 100))]
    pub progress: Option<i32>,
    /// What it says of how far it is; null if it says nothing.
    pub progress_note: Option<String>,
}

/// The payload of a `send_welcome_email` job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct SendWelcomeEmailPayload {
    /// Whom to welcome.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
}

/// The sign-ups of one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct SignupDay {
    /// The day, in UTC.
    pub date: chrono::NaiveDate,
    /// How many users signed up.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub count: i64,
}

/// Sign-ups per day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct SignupStats {
    /// Over all days of the range.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub total: i64,
    /// Every day of the range, earliest first.
    #[validate(length(max = 366), nested)]
    pub days: Vec<SignupDay>,
}

/// The service is not healthy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Unhealthy {
    /// Always `unhealthy`.
    pub status: UnhealthyStatus,
    /// What is wrong.
    pub error: UnhealthyError,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnhealthyError {
    /// `database connection failed`
    #[serde(rename = "database connection failed")]
    DatabaseConnectionFailed,
    /// `job queue unavailable`
    #[serde(rename = "job queue unavailable")]
    JobQueueUnavailable,
}

impl UnhealthyError {
    /// Every value, in the contract's order.
    pub const ALL: &[UnhealthyError] = &[UnhealthyError::DatabaseConnectionFailed, UnhealthyError::JobQueueUnavailable];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DatabaseConnectionFailed => "database connection failed",
            Self::JobQueueUnavailable => "job queue unavailable",
        }
    }
}

impl std::fmt::Display for UnhealthyError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for UnhealthyError {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of UnhealthyError".to_owned())
    }
}

/// Always `unhealthy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnhealthyStatus {
    /// `unhealthy`
    #[serde(rename = "unhealthy")]
    Unhealthy,
}

impl UnhealthyStatus {
    /// Every value, in the contract's order.
    pub const ALL: &[UnhealthyStatus] = &[UnhealthyStatus::Unhealthy];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl std::fmt::Display for UnhealthyStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for UnhealthyStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of UnhealthyStatus".to_owned())
    }
}

/// A user as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct User {
    /// Given by the server, never used again.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub id: i64,
    /// As the user wrote it.
    #[validate(length(max = 254))]
    pub email: String,
    /// In whole years.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub age: i32,
    /// What to call the user; null if not given.
    #[validate(length(max = 100))]
    pub name: Option<String>,
    /// Some words about the user; null if not given.
    #[validate(length(max = 2000))]
    pub bio: Option<String>,
    /// Whether the account is in use.
    pub is_active: bool,
    /// The undeclared members of the sign-up, as sent. Only a server in flexible mode takes any; null if there are
    /// none.
    pub additional_data: Option<crate::json::Object>,
    /// When the user signed up.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When the user was last changed.
    pub updated_at: chrono::DateTime<chrono::Utc>,
}

/// A sign-up. Members that are not declared here are kept in the user's `additional_data` and handed to the
/// `user_created` job, which reads `hobby`, `location` and `score`. Members named like those that the server sets
/// (`id`, `created_at`, `updated_at`, `additional_data`) are refused.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct UserCreate {
    /// Where mail reaches the user; no quotes and no address in brackets. No two users have the same, compared without regard to case.
    #[validate(length(max = 254))]
    pub email: String,
    /// In whole years.
    #[validate(range(min = 0))]
    pub age: i32,
    /// What to call the user.
    #[validate(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Some words about the user.
    #[validate(length(max = 2000))]
    pub bio: Option<String>,
    /// Whether the account is in use.
    pub is_active: bool,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl UserCreate {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self {
            email: members.required("email")?,
            age: members.required::<crate::json::Int<i32>>("age")?.0,
            name: members.optional("name")?,
            bio: members.optional("bio")?,
            is_active: members.optional("is_active")?.unwrap_or_else(UserCreate::default_is_active),
            additional_properties: members.rest(),
        })
    }

    fn default_is_active() -> bool {
        true
    }
}

impl<'de> Deserialize<'de> for UserCreate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for UserCreate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("email", &self.email)?;
        map.serialize_entry("age", &self.age)?;
        if let Some(value) = &self.name {
            map.serialize_entry("name", value)?;
        }
        if let Some(value) = &self.bio {
            map.serialize_entry("bio", value)?;
        }
        map.serialize_entry("is_active", &self.is_active)?;
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The payload of a `user_created` job. When the user is deleted, all but `user_id` is erased from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UserCreatedPayload {
    /// The new user.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
    /// The user as it was at the sign-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub user_data: Option<UserSnapshot>,
    /// The undeclared members of the sign-up, as sent. The job reads `hobby`, `location` and `score`.
    #[serde(default, deserialize_with = "crate::json::double_option", skip_serializing_if = "Option::is_none")]
    pub additional_props: Option<Option<crate::json::Object>>,
}

/// One page of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UserPage {
    /// The users of this page.
    #[validate(length(max = 100), nested)]
    pub items: Vec<User>,
    /// Pass it as `cursor` to get the next page; null on the last page.
    #[validate(length(max = 200))]
    pub next_cursor: Option<String>,
}

/// The members to change, each as in `UserCreate`. Members that are not declared here change `additional_data`:
/// null removes one. Members named like those that the server sets (`id`, `created_at`, `updated_at`,
/// `additional_data`) are refused. Members that are left out stay as they are.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct UserPatch {
    /// The new email.
    #[validate(length(max = 254))]
    pub email: Option<String>,
    /// In whole years.
    #[validate(range(min = 0))]
    pub age: Option<i32>,
    /// The new name; null clears it.
    #[validate(length(min = 1, max = 100))]
    pub name: Option<Option<String>>,
    /// The new text; null clears it.
    #[validate(length(max = 2000))]
    pub bio: Option<Option<String>>,
    /// Whether the account is in use.
    pub is_active: Option<bool>,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl UserPatch {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self {
            email: members.optional("email")?,
            age: members.optional::<crate::json::Int<i32>>("age")?.map(|int| int.0),
            name: members.optional("name")?,
            bio: members.optional("bio")?,
            is_active: members.optional("is_active")?,
            additional_properties: members.rest(),
        })
    }
}

impl<'de> Deserialize<'de> for UserPatch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for UserPatch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        if let Some(value) = &self.email {
            map.serialize_entry("email", value)?;
        }
        if let Some(value) = &self.age {
            map.serialize_entry("age", value)?;
        }
        if let Some(value) = &self.name {
            map.serialize_entry("name", value)?;
        }
        if let Some(value) = &self.bio {
            map.serialize_entry("bio", value)?;
        }
        if let Some(value) = &self.is_active {
            map.serialize_entry("is_active", value)?;
        }
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// What the `user_created` job made of the user's additional data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UserProfile {
    /// Whose profile it is.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
    /// From `hobby`.
    pub interests: Vec<String>,
    /// From `location`; null if there was none.
    pub region: Option<String>,
    /// From `score`; null if there was none.
    pub rank: Option<UserRank>,
    /// When the job made the profile.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When the profile was last changed.
    pub updated_at: chrono::DateTime<chrono::Utc>,
}

/// From `score`; null if there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UserRank {
    /// `bronze`
    #[serde(rename = "bronze")]
    Bronze,
    /// `silver`
    #[serde(rename = "silver")]
    Silver,
    /// `gold`
    #[serde(rename = "gold")]
    Gold,
    /// `platinum`
    #[serde(rename = "platinum")]
    Platinum,
}

impl UserRank {
    /// Every value, in the contract's order.
    pub const ALL: &[UserRank] = &[UserRank::Bronze, UserRank::Silver, UserRank::Gold, UserRank::Platinum];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
            Self::Platinum => "platinum",
        }
    }
}

impl std::fmt::Display for UserRank {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for UserRank {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of UserRank".to_owned())
    }
}

/// The user as it was at the sign-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UserSnapshot {
    /// The user's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub id: i64,
    /// The user's email.
    #[validate(length(max = 254))]
    pub email: String,
    /// In whole years.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub age: i32,
    /// The user's name; null if not given.
    #[validate(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Some words about the user; null if not given.
    #[validate(length(max = 2000))]
    pub bio: Option<String>,
    /// Whether the account is in use.
    pub is_active: bool,
}

/// One thing that is wrong with a request. The value itself is never repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Violation {
    /// The part of the request.
    pub r#in: ViolationIn,
    /// Where it is: a JSON Pointer (RFC 6901) into the body, or `/` and the name of the parameter. The empty string
    /// is the whole body.
    pub pointer: String,
    /// The rule that is broken, a JSON Schema keyword such as `required`, `format` or `maxLength`.
    pub keyword: String,
    /// What is wrong, in words.
    pub message: String,
}

/// The part of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ViolationIn {
    /// `path`
    #[serde(rename = "path")]
    Path,
    /// `query`
    #[serde(rename = "query")]
    Query,
    /// `header`
    #[serde(rename = "header")]
    Header,
    /// `body`
    #[serde(rename = "body")]
    Body,
}

impl ViolationIn {
    /// Every value, in the contract's order.
    pub const ALL: &[ViolationIn] = &[ViolationIn::Path, ViolationIn::Query, ViolationIn::Header, ViolationIn::Body];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
        }
    }
}

impl std::fmt::Display for ViolationIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for ViolationIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of ViolationIn".to_owned())
    }
}

/// A process that runs jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Worker {
    /// Its name, as in the attempts of jobs.
    pub name: String,
    /// When it started.
    pub started_at: chrono::DateTime<chrono::Utc>,
    /// When it last said that it is there; it does so once a minute.
    pub seen_at: chrono::DateTime<chrono::Utc>,
    /// How many jobs it runs at a time.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0))]
    pub executors: i32,
    /// Which queues it serves; `*` stands for all others, and a number for the most jobs at a time.
    pub queues: String,
    /// The jobs that it has claimed, the newest first; of all workers together at most 1,000.
    #[validate(length(max = 1000), nested)]
    pub running: Vec<RunningJob>,
}

/// All workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct WorkerList {
    /// The workers, by name.
    #[validate(nested)]
    pub items: Vec<Worker>,
}

/// The query parameters of `GET /analytics/signups`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct GetSignupsQueryParams {
    /// First day. Default is 29 days before `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<chrono::NaiveDate>,
    /// Last day, included. Default is today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<chrono::NaiveDate>,
}

/// The path parameters of `POST /jobs/{job_id}/cancel`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct CancelJobPathParams {
    /// The job's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub job_id: i64,
}

/// The header parameters of `POST /jobs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct EnqueueJobHeaderParams {
    /// Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The first success is stored
    /// together with what it made, and every later request with this key and the same body gets that answer again, with
    /// `Idempotency-Replayed`; with another body it is a 422. Errors are not stored: correct what is wrong and use the
    /// same key. Keys are kept for a day, unless the operator chose otherwise. They belong to the operation and to the
    /// subject of your token; on an operation that is open to all, they belong to all, so take one that nobody can guess.
    /// A UUID is a good key. Quotes around it are no part of it, but count for its length.
    #[serde(rename = "Idempotency-Key", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 255))]
    pub idempotency_key: Option<String>,
}

/// The header parameters of `POST /jobs/batch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct EnqueueJobsHeaderParams {
    /// Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The first success is stored
    /// together with what it made, and every later request with this key and the same body gets that answer again, with
    /// `Idempotency-Replayed`; with another body it is a 422. Errors are not stored: correct what is wrong and use the
    /// same key. Keys are kept for a day, unless the operator chose otherwise. They belong to the operation and to the
    /// subject of your token; on an operation that is open to all, they belong to all, so take one that nobody can guess.
    /// A UUID is a good key. Quotes around it are no part of it, but count for its length.
    #[serde(rename = "Idempotency-Key", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 255))]
    pub idempotency_key: Option<String>,
}

/// The path parameters of `GET /jobs/{job_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct GetJobPathParams {
    /// The job's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub job_id: i64,
}

/// The query parameters of `GET /jobs/timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct GetJobTimelineQueryParams {
    /// How far to look back.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1, max = 1440))]
    pub minutes: i32,
}

/// The query parameters of `GET /jobs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct ListJobsQueryParams {
    /// How many items a page holds at most.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1, max = 100))]
    pub limit: i32,
    /// The `next_cursor` of the page before. Leave it out to get the first page. Do not make or change one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200))]
    pub cursor: Option<String>,
    /// Only jobs in this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<JobStatus>,
    /// Only jobs of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub job_type: Option<String>,
    /// Only jobs in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub queue: Option<String>,
    /// Only jobs that concern this user.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1))]
    pub user_id: Option<i64>,
    /// Only jobs whose payload, error or unique key contains this text, in whatever case (of ASCII letters). The payload
    /// is searched as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200))]
    pub text: Option<String>,
    /// Which jobs come first. A cursor belongs to one order.
    pub order: ListJobsOrder,
}

/// The path parameters of `POST /jobs/{job_id}/retry`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct RetryJobPathParams {
    /// The job's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub job_id: i64,
}

/// The query parameters of `GET /jobs/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct StreamJobEventsQueryParams {
    /// Only jobs of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub job_type: Option<String>,
    /// Only jobs in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    pub queue: Option<String>,
    /// Only jobs that concern this user.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1))]
    pub user_id: Option<i64>,
    /// Only this job. Without `Last-Event-ID` the stream then begins with the job as it is.
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1))]
    pub job_id: Option<i64>,
}

/// The header parameters of `GET /jobs/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct StreamJobEventsHeaderParams {
    /// Start after this event. Without it the stream starts with the next change.
    #[serde(
        rename = "Last-Event-ID",
        default,
        deserialize_with = "crate::json::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    #[validate(range(min = 0))]
    pub last_event_id: Option<i64>,
}

/// The path parameters of `POST /queues/{queue}/pause`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct PauseQueuePathParams {
    /// The queue's name.
    #[validate(length(min = 1, max = 64))]
    pub queue: String,
}

/// The path parameters of `POST /queues/{queue}/resume`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct ResumeQueuePathParams {
    /// The queue's name.
    #[validate(length(min = 1, max = 64))]
    pub queue: String,
}

/// The path parameters of `PATCH /queues/{queue}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UpdateQueuePathParams {
    /// The queue's name, as a job may have it.
    #[validate(length(min = 1, max = 64))]
    pub queue: String,
}

/// The header parameters of `POST /users`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct CreateUserHeaderParams {
    /// Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The first success is stored
    /// together with what it made, and every later request with this key and the same body gets that answer again, with
    /// `Idempotency-Replayed`; with another body it is a 422. Errors are not stored: correct what is wrong and use the
    /// same key. Keys are kept for a day, unless the operator chose otherwise. They belong to the operation and to the
    /// subject of your token; on an operation that is open to all, they belong to all, so take one that nobody can guess.
    /// A UUID is a good key. Quotes around it are no part of it, but count for its length.
    #[serde(rename = "Idempotency-Key", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 255))]
    pub idempotency_key: Option<String>,
}

/// The path parameters of `DELETE /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct DeleteUserPathParams {
    /// The user's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
}

/// The header parameters of `DELETE /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct DeleteUserHeaderParams {
    /// The `ETag` of the version that you read, or several, in one header or in more. Without it the request applies to
    /// whatever is stored.
    #[serde(rename = "If-Match", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200))]
    pub if_match: Option<String>,
}

/// The path parameters of `GET /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct GetUserPathParams {
    /// The user's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
}

/// The header parameters of `GET /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct GetUserHeaderParams {
    /// The `ETag` of the version that you have, or several, in one header or in more. If one is the current one, the
    /// answer is 304.
    #[serde(rename = "If-None-Match", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 1000))]
    pub if_none_match: Option<String>,
}

/// The path parameters of `GET /users/{user_id}/profile`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct GetUserProfilePathParams {
    /// The user's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
}

/// The query parameters of `GET /users`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct ListUsersQueryParams {
    /// How many items a page holds at most.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1, max = 100))]
    pub limit: i32,
    /// The `next_cursor` of the page before. Leave it out to get the first page. Do not make or change one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200))]
    pub cursor: Option<String>,
    /// Only the user with this email, compared without regard to case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 254))]
    pub email: Option<String>,
    /// Only users that are active, or only those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Only users created at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<chrono::DateTime<chrono::Utc>>,
    /// Only users created earlier than this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<chrono::DateTime<chrono::Utc>>,
}

/// The path parameters of `PATCH /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UpdateUserPathParams {
    /// The user's id.
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub user_id: i64,
}

/// The header parameters of `PATCH /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct UpdateUserHeaderParams {
    /// The `ETag` of the version that you read, or several, in one header or in more. Without it the request applies to
    /// whatever is stored.
    #[serde(rename = "If-Match", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200))]
    pub if_match: Option<String>,
}
