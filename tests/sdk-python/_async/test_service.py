"""The service is spoken to in its own types."""

from __future__ import annotations

import pickle
from datetime import datetime, timezone
from decimal import Decimal

import httpx
import pytest
from keiyaku import (
    AsyncClient,
    DataAnalysisJobCreate,
    DataAnalysisPayload,
    JobBatch,
    ProblemError,
    RequestOptions,
    SendWelcomeEmailJobCreate,
    SendWelcomeEmailPayload,
    UserCreate,
    UserPatch,
    flexible,
)
from support import AsyncAction, AsyncCounting, Fake, Request, Service

pytestmark = pytest.mark.anyio


async def problem(call: AsyncAction) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        await call()
    return caught.value


async def test_a_sign_up_and_the_same_again() -> None:
    with Service() as service:
        async with AsyncClient(f"{service.url}/") as client:
            body = UserCreate(email="taro@example.com", age=25, name="Tarō")
            created = await client.create_user(body, idempotency_key="a key")
            assert (created.status, created.body.name, created.body.bio) == (201, "Tarō", None)
            assert created.headers.location == f"/users/{created.body.id}"
            assert created.headers.idempotency_replayed is None
            assert created.response.headers["X-Request-Id"]
            assert abs((datetime.now(timezone.utc) - created.body.created_at).total_seconds()) < 60
            again = await client.create_user(body, idempotency_key="a key")
            assert again.body == created.body
            assert again.headers.idempotency_replayed is True


async def test_everything_that_is_wrong_with_a_request() -> None:
    with Service() as service:
        async with AsyncClient(service.url, token=service.token()) as client:
            error = await problem(lambda: client.create_user(UserCreate(email="taro", age=-1)))
            assert (error.status, error.kind, error.title) == (400, "problem", "Validation failed")
            assert str(error) == error.error == error.problem.error
            assert error.type and error.detail
            assert [violation.keyword for violation in error.violations("/age")] == ["minimum"]
            assert len(error.violations("/email")) == 1
            assert error.violations("/name") == []
            assert len(error.errors) == 2
            assert error.request_id == error.response.headers["X-Request-Id"]
            query = await problem(lambda: client.list_users(limit=1000))
            assert len(query.violations("/limit", "query")) == 1
            assert pickle.loads(pickle.dumps(query)).errors == query.errors


async def test_what_is_taken_what_is_not_there_and_what_needs_a_token() -> None:
    with Service() as service:
        async with AsyncClient(service.url, token=service.token()) as client:
            await client.create_user(UserCreate(email="taro@example.com", age=25))
            taken = await problem(lambda: client.create_user(UserCreate(email="Taro@example.com", age=3)))
            assert taken.status == 409
            assert (await problem(lambda: client.get_user(4711))).status == 404
        async with AsyncClient(service.url) as anonymous:
            assert (await problem(anonymous.list_users)).status == 401


async def test_versions_and_what_null_and_absence_mean() -> None:
    with Service() as service:
        async with AsyncClient(service.url, token=service.token()) as client:
            await client.create_user(UserCreate(email="taro@example.com", age=25, name="Taro", bio="Reads"))
            first = await client.get_user(1)
            assert first.status == 200
            again = await client.get_user(1, if_none_match=first.headers.etag)
            assert (again.status, again.body) == (304, None)
            if_match = first.headers.etag
            changed = await client.update_user(1, UserPatch(bio=None), if_match=if_match)
            assert (changed.body.bio, changed.body.name) == (None, "Taro")
            assert changed.headers.etag != if_match
            stale = await problem(lambda: client.update_user(1, UserPatch(name=None), if_match=if_match))
            assert stale.status == 412
            deleted = await client.delete_user(1, if_match=changed.headers.etag)
            assert (deleted.status, deleted.body, deleted.headers) == (204, None, None)


async def test_every_page_of_a_list_and_no_page_that_nobody_needs() -> None:
    with Service() as service:
        async with AsyncClient(service.url, token=service.token()) as client:
            for number in range(7):
                await client.create_user(UserCreate(email=f"user+{number}@example.com", age=number))
        counting = AsyncCounting()
        async with AsyncClient(service.url, token=service.token(), transport=counting) as client:
            ages = [user.age async for user in client.all_users(limit=2)]
            assert (ages, counting.sent) == ([0, 1, 2, 3, 4, 5, 6], 4)
            async for user in client.all_users(limit=2):
                assert user.age == 0
                break
            assert counting.sent == 5
            one = await client.list_users(email="user+3@example.com", is_active=True)
            assert [user.age for user in one.body.items] == [3]


async def test_jobs_health_and_metrics() -> None:
    with Service() as service:
        async with AsyncClient(service.url, token=service.token()) as client:
            since = datetime(2026, 1, 1, tzinfo=timezone.utc)
            body = DataAnalysisJobCreate(payload=DataAnalysisPayload(since=since), priority=3)
            enqueued = await client.enqueue_job(body)
            assert enqueued.body.payload == {"since": "2026-01-01T00:00:00+00:00"}
            assert (enqueued.status, enqueued.headers.location) == (201, f"/jobs/{enqueued.body.id}")
            async for event in client.stream_job_events(last_event_id=0):
                if event.event == "job" and event.data.status == "completed":
                    break
            job = (await client.get_job(enqueued.body.id)).body
            assert (job.status, job.priority, len(job.attempts or [])) == ("completed", 3, 1)
            welcome = SendWelcomeEmailJobCreate(payload=SendWelcomeEmailPayload(user_id=1), scheduled_at=since)
            batch = await client.enqueue_jobs(JobBatch(jobs=[body, welcome]))
            assert [receipt.found for receipt in batch.body.items] == [False, False]
            assert len([job async for job in client.all_jobs(limit=1)]) == 3
            health = await client.get_health()
            assert health.status == 200 and health.body.jobs.pending >= 0
            assert "jobs_processed_total" in (await client.get_metrics()).body
            assert (await client.get_openapi_json()).body["openapi"] == "3.1.0"
            signups = (await client.get_signups()).body
            assert signups.total == 0


async def test_times_that_no_datetime_can_be_are_read_all_the_same() -> None:
    with Service(WORKER_COUNT="0") as service:
        token = service.token()
        for text in ["0000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "9999-12-31T23:59:59.9999999Z"]:
            body = {"job_type": "data_analysis", "payload": {}, "scheduled_at": text}
            httpx.post(f"{service.url}/jobs", json=body, headers={"Authorization": f"Bearer {token}"})
        async with AsyncClient(service.url, token=token) as client:
            jobs = (await client.list_jobs(order="oldest")).body.items
            assert jobs
            for job in jobs:
                assert job.scheduled_at.tzinfo is not None


async def test_undeclared_members_survive_the_way_there_and_back() -> None:
    with Service(VALIDATION_MODE="flexible") as service:
        async with AsyncClient(service.url, token=service.token()) as client:
            exact = Decimal("12345678901234567890.123")
            extras = {"hobby": "fishing", "score": exact, "big": 2**200, "nested": {"list": [1.5, "zwei", None, exact]}}
            body = flexible.UserCreate(email="taro@example.com", age=25, extras=extras)
            created = await client.create_user(body)
            assert created.body.additional_data == extras
            assert '"score":12345678901234567890.123' in created.response.text
            read = await client.get_user(created.body.id)
            assert read.status == 200 and read.body.additional_data == extras
            copy = flexible.UserCreate(email="copy@example.com", age=25, extras=read.body.additional_data)
            copied = await client.create_user(copy)
            assert copied.body.additional_data == extras
            patch = flexible.UserPatch(extras={"hobby": None, "more": True})
            changed = (await client.update_user(created.body.id, patch)).body.additional_data or {}
            assert "hobby" not in changed and changed["more"] is True and changed["score"] == exact
            with pytest.raises(ValueError, match="declared member"):
                await client.update_user(1, flexible.UserPatch(extras={"email": "x@example.com"}))


async def test_the_token_goes_only_where_it_is_wanted() -> None:
    def answer(request: Request, index: int) -> None:
        body = '{"items":[],"next_cursor":null}'
        healthy = '{"status":"healthy","database":"connected","jobs":{"pending":0,"processing":0,"failed":0}}'
        request.reply(200, body=healthy if request.path == "/health" else body)

    asked: list[int] = []

    async def token() -> str:
        asked.append(1)
        return f"token {len(asked)}"

    with Fake(answer) as fake:
        async with AsyncClient(fake.url, token=token, headers={"X-All": "a", "X-One": "a"}) as client:
            await client.get_health()
            options = RequestOptions(headers={"x-one": "b"}, timeout=5)
            await client.list_users(email="a+b&c@example.com", options=options)
            await client.list_users()
        async with AsyncClient(fake.url, token=lambda: "plain") as client:
            await client.list_users()
        assert fake.sent("Authorization") == [None, "Bearer token 1", "Bearer token 2", "Bearer plain"]
        assert fake.requests[1].path == "/users?email=a%2Bb%26c%40example.com"
        assert (fake.requests[1].headers["X-All"], fake.requests[1].headers.get_all("X-One")) == ("a", ["b"])


@pytest.mark.parametrize(
    ("status", "media", "body", "kind"),
    [
        (502, "text/html", "<h1>Bad Gateway</h1>", "unexpected"),
        (200, "application/json", '{"items":[', "unexpected"),
        (200, "application/json", '{"items":[{"id":1}],"next_cursor":null}', "unexpected"),
        (200, "application/json", "null", "unexpected"),
        (500, "application/problem+json", "{", "unexpected"),
        (418, "application/problem+json; charset=utf-8", "PROBLEM", "problem"),
    ],
)
async def test_an_answer_that_is_none_of_the_contract_is_an_error(
    status: int, media: str, body: str, kind: str
) -> None:
    whole = (
        '{"type":"about:blank","title":"a","status":418,"detail":"b","instance":"/","error":"a teapot","request_id":"c"}'
    )
    headers = {"Content-Type": media}
    with Fake(lambda request, _: request.reply(status, headers, body.replace("PROBLEM", whole))) as fake:
        async with AsyncClient(fake.url) as client:
            error = await problem(client.list_users)
            assert (error.status, error.kind) == (status, kind)
            assert error.error and error.request_id is not None
            again = pickle.loads(pickle.dumps(error))
            assert (again.status, again.kind, again.problem) == (error.status, error.kind, error.problem)


async def test_a_path_is_never_made_into_another_one() -> None:
    async with AsyncClient("http://127.0.0.1:1") as client:
        for queue in ["", ".", ".."]:
            with pytest.raises(ValueError, match="cannot be a part of a path"):
                await client.pause_queue(queue)


async def test_a_time_without_a_zone_is_refused() -> None:
    async with AsyncClient("http://127.0.0.1:1") as client:
        body = DataAnalysisJobCreate(payload=DataAnalysisPayload(since=datetime(2026, 1, 1)))
        with pytest.raises(ValueError, match="has no time zone"):
            await client.enqueue_job(body)


async def test_failures_of_the_network_stay_what_httpx_raises() -> None:
    async with AsyncClient("http://127.0.0.1:1") as client:
        with pytest.raises(httpx.ConnectError):
            await client.list_users()
