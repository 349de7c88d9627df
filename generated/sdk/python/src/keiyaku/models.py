# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""The types of the contract."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ._codec import UNSET, Unset


@dataclass(frozen=True, kw_only=True, slots=True)
class UserCreate:
    """A sign-up. Members that are not declared here are refused."""

    email: str
    """Where mail reaches the user; no quotes and no address in brackets. No two users have the same, compared without
    regard to case.
    """

    age: int
    """In whole years."""

    name: str | None = None
    """What to call the user."""

    bio: str | None = None
    """Some words about the user."""

    is_active: bool | None = None
    """Whether the account is in use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A user as stored."""

    id: int
    """Given by the server, never used again."""

    email: str
    """As the user wrote it."""

    age: int
    """In whole years."""

    name: str | None
    """What to call the user; null if not given."""

    bio: str | None
    """Some words about the user; null if not given."""

    is_active: bool
    """Whether the account is in use."""

    additional_data: dict[str, Any] | None
    """The undeclared members of the sign-up, as sent. Only a server in flexible mode takes any; null if there are
    none.
    """

    created_at: datetime.datetime
    """When the user signed up."""

    updated_at: datetime.datetime
    """When the user was last changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserPatch:
    """The members to change, each as in `UserCreate`. Members that are not declared here are refused; members that are
    left out stay as they are.
    """

    email: str | None = None
    """The new email."""

    age: int | None = None
    """In whole years."""

    name: str | None | Unset = UNSET
    """The new name; null clears it."""

    bio: str | None | Unset = UNSET
    """The new text; null clears it."""

    is_active: bool | None = None
    """Whether the account is in use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserPage:
    """One page of users."""

    items: list[User]
    """The users of this page."""

    next_cursor: str | None
    """Pass it as `cursor` to get the next page; null on the last page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserProfile:
    """What the `user_created` job made of the user's additional data."""

    user_id: int
    """Whose profile it is."""

    interests: list[str]
    """From `hobby`."""

    region: str | None
    """From `location`; null if there was none."""

    rank: UserRank
    """From `score`; null if there was none."""

    created_at: datetime.datetime
    """When the job made the profile."""

    updated_at: datetime.datetime
    """When the profile was last changed."""


UserRank: TypeAlias = Literal["bronze", "silver", "gold", "platinum"] | None
"""From `score`; null if there was none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A job as stored."""

    id: int
    """Given by the server, never used again."""

    job_type: str
    """What to do; one of the document's `x-job-types`."""

    queue: str
    """Where the job waits."""

    payload: dict[str, Any]
    """What to do it with; its schema depends on `job_type`."""

    status: JobStatus
    """`pending`: waits for its first attempt. `processing`: runs, or is about to. `retry_pending`: waits for another
    attempt after a failed one. `completed`, `failed` (no retries left), `cancelled`: finished. What runs for less than
    a tenth of a second may go from waiting to its end at once.
    """

    priority: int
    """Higher runs first."""

    max_retries: int
    """How often the job is tried again after a first failure."""

    retry_count: int
    """How often it has been tried again."""

    error_message: str | None
    """Why the last attempt failed; null if none failed."""

    output: dict[str, Any] | None
    """What the job found out, while it runs what it has found out so far; null for job types without a result."""

    scheduled_at: datetime.datetime
    """Not run before this time; for `retry_pending`, the time of the next try."""

    started_at: datetime.datetime | None
    """When the last attempt began; null before the first."""

    completed_at: datetime.datetime | None
    """When the job finished, in whatever way; null until then."""

    created_at: datetime.datetime
    """When the job was stored."""

    unique_key: str | None
    """The key that no other unfinished job of the type has; null if it has none."""

    timeout_seconds: int | None
    """How long an attempt may take, in seconds; null for the time that its type has."""

    progress: int | None
    """How far the last attempt is or has come, in percent; null if it says nothing of that."""

    progress_note: str | None
    """What the last attempt says of how far it is; null if it says nothing."""

    attempts: list[JobAttempt] | None = None
    """The last hundred finished attempts, first one first. Only in the answer of `getJob`."""


JobStatus: TypeAlias = Literal["pending", "processing", "completed", "retry_pending", "failed", "cancelled"]
"""`pending`: waits for its first attempt. `processing`: runs, or is about to. `retry_pending`: waits for another
attempt after a failed one. `completed`, `failed` (no retries left), `cancelled`: finished. What runs for less than a
tenth of a second may go from waiting to its end at once.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobAttempt:
    """One finished attempt to run a job."""

    attempt: int
    """Counts from 1."""

    outcome: AttemptOutcome
    """`completed`: done. `failed`: the job reported an error. `timed_out`: it took too long. `panicked`: it crashed.
    `lost`: its worker disappeared; it counts as a retry if it had begun for certain. `handed_back`: its worker shut
    down first; `snoozed`: it asked to be run later; neither counts as a retry. `cancelled`: the job was cancelled
    meanwhile.
    """

    worker: str | None
    """The process that ran it; null if not known."""

    started_at: datetime.datetime
    """When it began."""

    finished_at: datetime.datetime
    """When it ended, or was found to be lost."""

    error: str | None
    """What went wrong; null if nothing did."""


AttemptOutcome: TypeAlias = Literal[
    "completed",
    "failed",
    "timed_out",
    "panicked",
    "lost",
    "handed_back",
    "snoozed",
    "cancelled",
]
"""`completed`: done. `failed`: the job reported an error. `timed_out`: it took too long. `panicked`: it crashed.
`lost`: its worker disappeared; it counts as a retry if it had begun for certain. `handed_back`: its worker shut
down first; `snoozed`: it asked to be run later; neither counts as a retry. `cancelled`: the job was cancelled
meanwhile.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """One page of jobs."""

    items: list[Job]
    """The jobs of this page."""

    next_cursor: str | None
    """Pass it as `cursor` to get the next page; null on the last page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MissedJobs:
    """What a reader of the stream was too far behind for. The list of jobs has it."""

    from_: int = field(metadata={"name": "from"})
    """The first id that was left out."""

    to: int
    """The last id that was left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCreateOf:
    """What a `JobCreate` of any type has."""

    queue: str | None = None
    """Where the job waits. A queue exists as soon as a job names it."""

    priority: int | None = None
    """Higher runs first."""

    max_retries: int | None = None
    """How often to try again after a first failure."""

    scheduled_at: datetime.datetime | None = None
    """Not run before this time. Default is now."""

    unique_key: str | None = None
    """At most one unfinished job of a type has this key. While there is one, another is not stored."""

    timeout_seconds: int | None = None
    """How long an attempt may take, in seconds. Default is the time that its type has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserCreatedJobCreate(JobCreateOf):
    """Checks in a new user. Makes the profile, counts the sign-up and enqueues `send_welcome_email`."""

    payload: UserCreatedPayload
    """What to do it with; must fit the payload schema of `job_type`."""

    job_type: Literal["user_created"] = "user_created"
    """What to do; one of the document's `x-job-types`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendWelcomeEmailJobCreate(JobCreateOf):
    """Sends the welcome mail to a user."""

    payload: SendWelcomeEmailPayload
    """What to do it with; must fit the payload schema of `job_type`."""

    job_type: Literal["send_welcome_email"] = "send_welcome_email"
    """What to do; one of the document's `x-job-types`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EraseMailJobCreate(JobCreateOf):
    """Removes the mail that was written to a deleted user from the mail folder."""

    payload: EraseMailPayload
    """What to do it with; must fit the payload schema of `job_type`."""

    job_type: Literal["erase_mail"] = "erase_mail"
    """What to do; one of the document's `x-job-types`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataAnalysisJobCreate(JobCreateOf):
    """Makes a report on the users and their additional data; the report is the job's `output`."""

    payload: DataAnalysisPayload
    """What to do it with; must fit the payload schema of `job_type`."""

    job_type: Literal["data_analysis"] = "data_analysis"
    """What to do; one of the document's `x-job-types`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobBatch:
    """Jobs to run."""

    jobs: Sequence[JobCreate]
    """The jobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobBatchResult:
    """What became of the jobs of a batch."""

    items: list[JobReceipt]
    """One for each job, in the same order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobReceipt:
    """Where one job of a batch stands."""

    id: int
    """The job's id."""

    found: bool
    """True when an unfinished job has the same `unique_key`; then this is that job, and no other was stored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobsToRetry:
    """Which jobs to run again: those that all of this holds of. Jobs that are neither `failed` nor `cancelled` are
    passed over.
    """

    ids: Sequence[int] | None = None
    """Only these."""

    status: JobsToRetryStatus | None = None
    """Only jobs in this status."""

    job_type: str | None = None
    """Only jobs of this type."""

    queue: str | None = None
    """Only jobs in this queue."""

    user_id: int | None = None
    """Only jobs that concern this user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobsToCancel:
    """Which jobs to cancel: those that all of this holds of. Finished jobs are passed over."""

    ids: Sequence[int] | None = None
    """Only these."""

    status: JobsToCancelStatus | None = None
    """Only jobs in this status."""

    job_type: str | None = None
    """Only jobs of this type."""

    queue: str | None = None
    """Only jobs in this queue."""

    user_id: int | None = None
    """Only jobs that concern this user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobsChanged:
    """What became of a wish for many jobs."""

    changed: int
    """How many jobs are as wished now."""

    skipped: int
    """How many stay as they are, because another unfinished job has their `unique_key`."""

    more: bool
    """True when the time was up before all were changed. Send the same request again for the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobStats:
    """Counts of jobs."""

    by_status: JobStatusCounts
    """How many jobs are in each status."""

    by_job_type: list[JobTypeCounts]
    """The same counts per job type, by name."""

    oldest_pending_at: datetime.datetime | None
    """Since when the job that has waited longest has been due (`pending` or `retry_pending`); null if none is due."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobStatusCounts:
    """How many jobs are in each status."""

    pending: int
    """Waiting for the first attempt."""

    processing: int
    """Running."""

    completed: int
    """Done."""

    retry_pending: int
    """Waiting for another attempt."""

    failed: int
    """Given up."""

    cancelled: int
    """Cancelled by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobTypeCounts:
    """How many jobs of one type are in each status."""

    job_type: str
    """The job type."""

    pending: int
    """Waiting for the first attempt."""

    processing: int
    """Running."""

    completed: int
    """Done."""

    retry_pending: int
    """Waiting for another attempt."""

    failed: int
    """Given up."""

    cancelled: int
    """Cancelled by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue and what is in it."""

    name: str
    """The queue's name."""

    paused: bool
    """Whether workers leave its jobs alone."""

    max_running: int | None
    """How many of its jobs run at a time at most, in all processes; null for any number."""

    pending: int
    """Jobs that wait for their first attempt."""

    processing: int
    """Jobs that run."""

    retry_pending: int
    """Jobs that wait for another attempt."""

    failed: int
    """Jobs that were given up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobTimeline:
    """What attempts came to, minute by minute."""

    items: list[JobMinute]
    """One for each minute and job type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobMinute:
    """What the attempts of one job type that ended in a minute came to."""

    minute: datetime.datetime
    """The minute's beginning."""

    job_type: str
    """The job type."""

    completed: int
    """How many attempts succeeded."""

    failed: int
    """How many failed, those that took too long or lost their worker among them."""

    wait_ms: float
    """From the time they were due to the time a worker took them, in milliseconds, on average."""

    run_ms: float
    """How long they ran, in milliseconds, on average."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerList:
    """All workers."""

    items: list[Worker]
    """The workers, by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """A process that runs jobs."""

    name: str
    """Its name, as in the attempts of jobs."""

    started_at: datetime.datetime
    """When it started."""

    seen_at: datetime.datetime
    """When it last said that it is there; it does so once a minute."""

    executors: int
    """How many jobs it runs at a time."""

    queues: str
    """Which queues it serves; `*` stands for all others, and a number for the most jobs at a time."""

    running: list[RunningJob]
    """The jobs that it has claimed, the newest first; of all workers together at most 1,000."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningJob:
    """A job that a worker has claimed."""

    job_id: int
    """The job's id."""

    job_type: str
    """The job type."""

    queue: str
    """The queue it was in."""

    started_at: datetime.datetime
    """When it was claimed."""

    progress: int | None
    """How far it is, in percent; null if it says nothing of that."""

    progress_note: str | None
    """What it says of how far it is; null if it says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePatch:
    """What to change of a queue; members that are left out stay as they are."""

    max_running: int | None | Unset = UNSET
    """How many of its jobs may run at a time, in all processes; null for any number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueList:
    """All queues."""

    items: list[Queue]
    """The queues, by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignupStats:
    """Sign-ups per day."""

    total: int
    """Over all days of the range."""

    days: list[SignupDay]
    """Every day of the range, earliest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignupDay:
    """The sign-ups of one day."""

    date: datetime.date
    """The day, in UTC."""

    count: int
    """How many users signed up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """The service is healthy."""

    status: HealthStatus
    """Always `healthy`."""

    database: DatabaseStatus
    """Always `connected`."""

    jobs: HealthJobs
    """How many jobs wait, run and have failed."""


HealthStatus: TypeAlias = Literal["healthy"]
"""Always `healthy`."""


DatabaseStatus: TypeAlias = Literal["connected"]
"""Always `connected`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthJobs:
    """How many jobs wait, run and have failed."""

    pending: int
    """Waiting for the first attempt."""

    processing: int
    """Running."""

    failed: int
    """Given up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unhealthy:
    """The service is not healthy."""

    status: UnhealthyStatus
    """Always `unhealthy`."""

    error: UnhealthyError
    """What is wrong."""


UnhealthyStatus: TypeAlias = Literal["unhealthy"]
"""Always `unhealthy`."""


UnhealthyError: TypeAlias = Literal["database connection failed", "job queue unavailable"]
"""What is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A probe's answer."""

    status: ProbeStatus
    """Always `ok`."""


ProbeStatus: TypeAlias = Literal["ok"]
"""Always `ok`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Every error, in one shape (RFC 9457)."""

    type: str
    """Names the kind of problem; `about:blank` means that the status says it all."""

    title: str
    """The kind of problem in a few words."""

    status: int
    """The HTTP status."""

    detail: str
    """What happened this time, for developers."""

    instance: str
    """The path that was asked for."""

    error: str
    """One sentence to show to people."""

    request_id: str
    """Finds this request in the server's log; also in the `X-Request-Id` header."""

    errors: list[Violation] | None = None
    """Everything that is wrong with the request, at most 100. Only when it does not fit the contract."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One thing that is wrong with a request. The value itself is never repeated."""

    in_: ViolationIn = field(metadata={"name": "in"})
    """The part of the request."""

    pointer: str
    """Where it is: a JSON Pointer (RFC 6901) into the body, or `/` and the name of the parameter. The empty string
    is the whole body.
    """

    keyword: str
    """The rule that is broken, a JSON Schema keyword such as `required`, `format` or `maxLength`."""

    message: str
    """What is wrong, in words."""


ViolationIn: TypeAlias = Literal["path", "query", "header", "body"]
"""The part of the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserCreatedPayload:
    """The payload of a `user_created` job. When the user is deleted, all but `user_id` is erased from it."""

    user_id: int
    """The new user."""

    user_data: UserSnapshot | None = None
    """The user as it was at the sign-up."""

    additional_props: Mapping[str, Any] | None | Unset = UNSET
    """The undeclared members of the sign-up, as sent. The job reads `hobby`, `location` and `score`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserSnapshot:
    """The user as it was at the sign-up."""

    id: int
    """The user's id."""

    email: str
    """The user's email."""

    age: int
    """In whole years."""

    name: str | None
    """The user's name; null if not given."""

    bio: str | None
    """Some words about the user; null if not given."""

    is_active: bool
    """Whether the account is in use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendWelcomeEmailPayload:
    """The payload of a `send_welcome_email` job."""

    user_id: int
    """Whom to welcome."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EraseMailPayload:
    """The payload of an `erase_mail` job."""

    user_id: int
    """The user who was deleted."""

    signed_up_at: datetime.datetime
    """The user's `created_at`, as in the names of the files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataAnalysisPayload:
    """The payload of a `data_analysis` job."""

    since: datetime.datetime | None = None
    """Only users created at this time or later. Default is all."""

    until: datetime.datetime | None = None
    """Only users created earlier than this time. Default is all."""


JobsToRetryStatus: TypeAlias = Literal["failed", "cancelled"]
"""The values of `status` in `JobsToRetry`."""


JobsToCancelStatus: TypeAlias = Literal["pending", "processing", "retry_pending"]
"""The values of `status` in `JobsToCancel`."""


ListJobsOrder: TypeAlias = Literal["newest", "oldest"]
"""The values of `order` in `ListJobs`."""


JobCreate: TypeAlias = UserCreatedJobCreate | SendWelcomeEmailJobCreate | EraseMailJobCreate | DataAnalysisJobCreate
"""A job to run."""
