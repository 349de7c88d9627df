# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""What the operations answer, and how that is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from . import models
from ._call import Answer, Answers, Events, ServerEvent, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateUser201Headers:
    """The headers of `create_user`, status 201."""

    etag: str = field(metadata={"name": "ETag"})
    """Names this version of the resource. Send it back as `If-Match`."""

    idempotency_replayed: bool | None = field(default=None, metadata={"name": "Idempotency-Replayed"})
    """Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`."""

    job_id: int | None = field(default=None, metadata={"name": "Job-Id"})
    """The job that follows from the request."""

    job_token: str | None = field(default=None, metadata={"name": "Job-Token"})
    """A bearer token with which anybody, such as a public page, may read this job and its events, and nothing else, for
    a quarter of an hour.
    """

    location: str = field(metadata={"name": "Location"})
    """Where the new resource is, such as `/users/1`."""


CreateUserAnswer: TypeAlias = Answer[Literal[201], models.User, CreateUser201Headers]
"""What `create_user` answers."""
CREATE_USER: Answers[CreateUserAnswer] = Answers({
    201: (models.User, CreateUser201Headers),
})


ListUsersAnswer: TypeAlias = Answer[Literal[200], models.UserPage, None]
"""What `list_users` answers."""
LIST_USERS: Answers[ListUsersAnswer] = Answers({
    200: (models.UserPage, None),
})


@dataclass(frozen=True, kw_only=True, slots=True)
class GetUser200Headers:
    """The headers of `get_user`, status 200."""

    etag: str = field(metadata={"name": "ETag"})
    """Names this version of the resource. Send it back as `If-Match`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GetUser304Headers:
    """The headers of `get_user`, status 304."""

    etag: str = field(metadata={"name": "ETag"})
    """Names this version of the resource. Send it back as `If-Match`."""


GetUserAnswer: TypeAlias = (
    Answer[Literal[200], models.User, GetUser200Headers]
    | Answer[Literal[304], None, GetUser304Headers]
)
"""What `get_user` answers."""
GET_USER: Answers[GetUserAnswer] = Answers({
    200: (models.User, GetUser200Headers),
    304: (None, GetUser304Headers),
})


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateUser200Headers:
    """The headers of `update_user`, status 200."""

    etag: str = field(metadata={"name": "ETag"})
    """Names this version of the resource. Send it back as `If-Match`."""


UpdateUserAnswer: TypeAlias = Answer[Literal[200], models.User, UpdateUser200Headers]
"""What `update_user` answers."""
UPDATE_USER: Answers[UpdateUserAnswer] = Answers({
    200: (models.User, UpdateUser200Headers),
})


DeleteUserAnswer: TypeAlias = Answer[Literal[204], None, None]
"""What `delete_user` answers."""
DELETE_USER: Answers[DeleteUserAnswer] = Answers({
    204: (None, None),
})


GetUserProfileAnswer: TypeAlias = Answer[Literal[200], models.UserProfile, None]
"""What `get_user_profile` answers."""
GET_USER_PROFILE: Answers[GetUserProfileAnswer] = Answers({
    200: (models.UserProfile, None),
})


@dataclass(frozen=True, kw_only=True, slots=True)
class EnqueueJob200Headers:
    """The headers of `enqueue_job`, status 200."""

    idempotency_replayed: bool | None = field(default=None, metadata={"name": "Idempotency-Replayed"})
    """Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`."""

    location: str = field(metadata={"name": "Location"})
    """Where the new resource is, such as `/users/1`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnqueueJob201Headers:
    """The headers of `enqueue_job`, status 201."""

    idempotency_replayed: bool | None = field(default=None, metadata={"name": "Idempotency-Replayed"})
    """Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`."""

    job_token: str | None = field(default=None, metadata={"name": "Job-Token"})
    """A bearer token with which anybody, such as a public page, may read this job and its events, and nothing else, for
    a quarter of an hour.
    """

    location: str = field(metadata={"name": "Location"})
    """Where the new resource is, such as `/users/1`."""


EnqueueJobAnswer: TypeAlias = (
    Answer[Literal[200], models.Job, EnqueueJob200Headers]
    | Answer[Literal[201], models.Job, EnqueueJob201Headers]
)
"""What `enqueue_job` answers."""
ENQUEUE_JOB: Answers[EnqueueJobAnswer] = Answers({
    200: (models.Job, EnqueueJob200Headers),
    201: (models.Job, EnqueueJob201Headers),
})


ListJobsAnswer: TypeAlias = Answer[Literal[200], models.JobPage, None]
"""What `list_jobs` answers."""
LIST_JOBS: Answers[ListJobsAnswer] = Answers({
    200: (models.JobPage, None),
})


@dataclass(frozen=True, kw_only=True, slots=True)
class EnqueueJobs200Headers:
    """The headers of `enqueue_jobs`, status 200."""

    idempotency_replayed: bool | None = field(default=None, metadata={"name": "Idempotency-Replayed"})
    """Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`."""


EnqueueJobsAnswer: TypeAlias = Answer[Literal[200], models.JobBatchResult, EnqueueJobs200Headers]
"""What `enqueue_jobs` answers."""
ENQUEUE_JOBS: Answers[EnqueueJobsAnswer] = Answers({
    200: (models.JobBatchResult, EnqueueJobs200Headers),
})


RetryJobsAnswer: TypeAlias = Answer[Literal[200], models.JobsChanged, None]
"""What `retry_jobs` answers."""
RETRY_JOBS: Answers[RetryJobsAnswer] = Answers({
    200: (models.JobsChanged, None),
})


CancelJobsAnswer: TypeAlias = Answer[Literal[200], models.JobsChanged, None]
"""What `cancel_jobs` answers."""
CANCEL_JOBS: Answers[CancelJobsAnswer] = Answers({
    200: (models.JobsChanged, None),
})


GetJobTimelineAnswer: TypeAlias = Answer[Literal[200], models.JobTimeline, None]
"""What `get_job_timeline` answers."""
GET_JOB_TIMELINE: Answers[GetJobTimelineAnswer] = Answers({
    200: (models.JobTimeline, None),
})


GetJobStatsAnswer: TypeAlias = Answer[Literal[200], models.JobStats, None]
"""What `get_job_stats` answers."""
GET_JOB_STATS: Answers[GetJobStatsAnswer] = Answers({
    200: (models.JobStats, None),
})


StreamJobEventsEvent: TypeAlias = (
    ServerEvent[Literal["job"], models.Job]
    | ServerEvent[Literal["missed"], models.MissedJobs]
)
"""What `stream_job_events` gives out."""
STREAM_JOB_EVENTS: Events[StreamJobEventsEvent] = Events({
    "job": models.Job,
    "missed": models.MissedJobs,
})


GetJobAnswer: TypeAlias = Answer[Literal[200], models.Job, None]
"""What `get_job` answers."""
GET_JOB: Answers[GetJobAnswer] = Answers({
    200: (models.Job, None),
})


RetryJobAnswer: TypeAlias = Answer[Literal[200], models.Job, None]
"""What `retry_job` answers."""
RETRY_JOB: Answers[RetryJobAnswer] = Answers({
    200: (models.Job, None),
})


CancelJobAnswer: TypeAlias = Answer[Literal[200], models.Job, None]
"""What `cancel_job` answers."""
CANCEL_JOB: Answers[CancelJobAnswer] = Answers({
    200: (models.Job, None),
})


ListWorkersAnswer: TypeAlias = Answer[Literal[200], models.WorkerList, None]
"""What `list_workers` answers."""
LIST_WORKERS: Answers[ListWorkersAnswer] = Answers({
    200: (models.WorkerList, None),
})


ListQueuesAnswer: TypeAlias = Answer[Literal[200], models.QueueList, None]
"""What `list_queues` answers."""
LIST_QUEUES: Answers[ListQueuesAnswer] = Answers({
    200: (models.QueueList, None),
})


UpdateQueueAnswer: TypeAlias = Answer[Literal[200], models.Queue, None]
"""What `update_queue` answers."""
UPDATE_QUEUE: Answers[UpdateQueueAnswer] = Answers({
    200: (models.Queue, None),
})


PauseQueueAnswer: TypeAlias = Answer[Literal[200], models.Queue, None]
"""What `pause_queue` answers."""
PAUSE_QUEUE: Answers[PauseQueueAnswer] = Answers({
    200: (models.Queue, None),
})


ResumeQueueAnswer: TypeAlias = Answer[Literal[200], models.Queue, None]
"""What `resume_queue` answers."""
RESUME_QUEUE: Answers[ResumeQueueAnswer] = Answers({
    200: (models.Queue, None),
})


GetSignupsAnswer: TypeAlias = Answer[Literal[200], models.SignupStats, None]
"""What `get_signups` answers."""
GET_SIGNUPS: Answers[GetSignupsAnswer] = Answers({
    200: (models.SignupStats, None),
})


GetHealthAnswer: TypeAlias = Answer[Literal[200], models.Health, None] | Answer[Literal[503], models.Unhealthy, None]
"""What `get_health` answers."""
GET_HEALTH: Answers[GetHealthAnswer] = Answers({
    200: (models.Health, None),
    503: (models.Unhealthy, None),
})


GetLivenessAnswer: TypeAlias = Answer[Literal[200], models.Probe, None]
"""What `get_liveness` answers."""
GET_LIVENESS: Answers[GetLivenessAnswer] = Answers({
    200: (models.Probe, None),
})


GetReadinessAnswer: TypeAlias = Answer[Literal[200], models.Probe, None]
"""What `get_readiness` answers."""
GET_READINESS: Answers[GetReadinessAnswer] = Answers({
    200: (models.Probe, None),
})


GetMetricsAnswer: TypeAlias = Answer[Literal[200], str, None]
"""What `get_metrics` answers."""
GET_METRICS: Answers[GetMetricsAnswer] = Answers({
    200: (Text, None),
})


GetOpenapiJsonAnswer: TypeAlias = Answer[Literal[200], dict[str, Any], None]
"""What `get_openapi_json` answers."""
GET_OPENAPI_JSON: Answers[GetOpenapiJsonAnswer] = Answers({
    200: (dict[str, Any], None),
})


GetOpenapiYamlAnswer: TypeAlias = Answer[Literal[200], str, None]
"""What `get_openapi_yaml` answers."""
GET_OPENAPI_YAML: Answers[GetOpenapiYamlAnswer] = Answers({
    200: (Text, None),
})
