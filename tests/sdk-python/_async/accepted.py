"""What the types accept and what they refuse. Nothing here is run: mypy is told each error, and tells of one less."""

from __future__ import annotations

from typing import Literal

from keiyaku import (
    AsyncClient,
    DataAnalysisJobCreate,
    DataAnalysisPayload,
    EraseMailPayload,
    Job,
    JobCreate,
    MissedJobs,
    SendWelcomeEmailJobCreate,
    SendWelcomeEmailPayload,
    User,
    UserCreate,
    UserPatch,
    flexible,
)


async def requests(client: AsyncClient) -> None:
    await client.create_user(UserCreate(email="taro@example.com", age=25))
    await client.create_user(UserCreate(email="taro@example.com", age=25, name=None))
    # A misspelt member.
    UserCreate(email="taro@example.com", age=25, nmae="Taro")  # type: ignore[call-arg]
    # A member is missing.
    UserCreate(email="taro@example.com")  # type: ignore[call-arg]
    # A member of another type.
    UserCreate(email="taro@example.com", age="25")  # type: ignore[arg-type]
    # The parameter is in the path.
    await client.get_user()  # type: ignore[call-arg]
    await client.list_users()
    # A misspelt parameter.
    await client.list_users(limt=10)  # type: ignore[call-arg]
    # Another operation's body.
    await client.create_user(UserPatch(name=None))  # type: ignore[arg-type]

    await client.create_user(flexible.UserCreate(email="taro@example.com", age=25, extras={"hobby": ["fishing"]}))
    # Closed types take no undeclared members.
    UserCreate(email="taro@example.com", age=25, extras={})  # type: ignore[call-arg]
    # A misspelt member is an error in open types, too, and a declared one keeps its type.
    flexible.UserCreate(email="taro@example.com", age=25, nmae="Taro")  # type: ignore[call-arg]
    flexible.UserCreate(email="taro@example.com", age="25")  # type: ignore[arg-type]
    await client.update_user(1, flexible.UserPatch(extras={"hobby": None}))


async def answers(client: AsyncClient) -> User | str:
    answer = await client.get_user(1)
    # With 304 there is no body.
    answer.body.id  # type: ignore[union-attr]
    status: Literal[200, 304] = answer.status
    etag: str = answer.headers.etag
    created = await client.create_user(UserCreate(email="taro@example.com", age=25))
    replayed: bool | None = created.headers.idempotency_replayed
    # The contract has no such header, and the user no such member.
    created.headers.etga  # type: ignore[attr-defined]
    created.body.emial  # type: ignore[attr-defined]
    # What was answered stays as it is.
    created.body.email = "x"  # type: ignore[misc]
    return answer.body if answer.status == 200 else f"{status} {etag} {replayed}"


async def jobs(client: AsyncClient) -> None:
    await client.enqueue_job(DataAnalysisJobCreate(payload=DataAnalysisPayload()))
    await client.enqueue_job(SendWelcomeEmailJobCreate(payload=SendWelcomeEmailPayload(user_id=1), priority=10))
    # The payload is that of another type.
    DataAnalysisJobCreate(payload=EraseMailPayload(user_id=1))  # type: ignore[arg-type, call-arg]
    # A misspelt member of the payload, and of the job.
    DataAnalysisPayload(snice="2026-01-01T00:00:00Z")  # type: ignore[call-arg]
    DataAnalysisJobCreate(payload=DataAnalysisPayload(), prioritty=1)  # type: ignore[call-arg]
    # There is no such type.
    DataAnalysisJobCreate(job_type="data_analysys", payload=DataAnalysisPayload())  # type: ignore[arg-type]
    job: JobCreate = DataAnalysisJobCreate(payload=DataAnalysisPayload())
    if job.job_type == "data_analysis":
        payload: DataAnalysisPayload = job.payload
        assert payload
    await client.enqueue_job(job)


async def iteration(client: AsyncClient) -> None:
    async for job in client.all_jobs(status="failed"):
        typed: Job = job
        # There is no such status.
        if typed.status == "finished":  # type: ignore[comparison-overlap]
            return
    async for event in client.stream_job_events(last_event_id="4711"):
        if event.event == "job":
            told: Job = event.data
            assert told
        else:
            missed: MissedJobs = event.data
            assert missed.from_
