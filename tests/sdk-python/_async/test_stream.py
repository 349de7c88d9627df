"""Streams of events go on after a break."""

from __future__ import annotations

import signal
import threading
from typing import Any

import httpx
import pytest
from keiyaku import (
    AsyncClient,
    DataAnalysisJobCreate,
    DataAnalysisPayload,
    Job,
    MissedJobs,
    ProblemError,
    StreamJobEventsEvent,
    StreamOptions,
    StreamState,
)
from support import Fake, Request, Service, in_time

pytestmark = pytest.mark.anyio

NULLS = "error_message output started_at completed_at unique_key timeout_seconds progress progress_note".split()


def job(number: int) -> str:
    members = f'"id":{number},"job_type":"data_analysis","queue":"default","payload":{{}},"status":"pending"'
    counts = '"priority":0,"max_retries":3,"retry_count":0'
    times = '"scheduled_at":"2026-01-01T00:00:00Z","created_at":"2026-01-01T00:00:00Z"'
    nulls = ",".join(f'"{name}":null' for name in NULLS)
    return f"id: {number}\nevent: job\ndata: {{{members},\ndata: {counts},{times},{nulls}}}\n\n"


async def take(client: AsyncClient, count: int, **arguments: Any) -> list[StreamJobEventsEvent]:
    """So many events, then the end."""
    taken: list[StreamJobEventsEvent] = []
    events = client.stream_job_events(**arguments)
    async for event in events:
        taken.append(event)
        if len(taken) == count:
            break
    await events.aclose()
    return taken


async def test_jobs_of_the_real_service_across_its_restart() -> None:
    """Another thread stops and starts the service while this one reads."""
    with Service() as service:
        token = service.token()
        states: list[str] = []
        wanted: list[int] = []
        failed: list[BaseException] = []

        def enqueue() -> None:
            # Whoever enqueues is no part of what is tried here.
            body = {"job_type": "data_analysis", "payload": {}}
            headers = {"Authorization": f"Bearer {token}"}
            wanted.append(httpx.post(f"{service.url}/jobs", json=body, headers=headers).json()["id"])

        def opened(times: int) -> None:
            in_time(f"opened {times} times", lambda: states.count("open") >= times)

        def happen() -> None:
            try:
                opened(1)
                enqueue()
                service.stop()
                service.start()
                # Put in while nobody follows, perhaps: the stream goes on where it was.
                enqueue()
                opened(2)
                service.stop(signal.SIGKILL)
                service.start()
                opened(3)
                enqueue()
            except BaseException as error:
                failed.append(error)
                raise

        happening = threading.Thread(target=happen)
        happening.start()
        # A job can be told twice around a break.
        done: set[int] = set()
        async with AsyncClient(service.url, token=lambda: token) as client:
            options = StreamOptions(on_state=lambda state: states.append(state.state), silence=30)
            async for event in client.stream_job_events(job_type="data_analysis", options=options):
                assert event.id.isdigit() and not failed
                if event.event == "job" and event.data.status == "completed":
                    done.add(event.data.id)
                    if len(done) == 3:
                        break
        happening.join()
        assert done == set(wanted)
        assert states[:3] == ["connecting", "open", "waiting"]


async def test_a_break_repeats_nothing_and_loses_nothing() -> None:
    def answer(request: Request, index: int) -> None:
        if index == 0:
            # Whole events, an id by itself, and one event that is cut off.
            request.stream(f"retry: 20\nid: 3\n\n{job(4)}id: 6\n\nid: 7\nevent: job\ndata: {{")
            request.cut()
        elif index == 1:
            request.stream("event: of a newer service\ndata: x\n\n: still there\n\n")
            request.end()
        else:
            request.stream(f'{job(8)}event: missed\ndata: {{"from":9,"to":11}}\nid: 11\n\n')
            request.hold()

    states: list[StreamState] = []
    with Fake(answer) as fake:
        async with AsyncClient(fake.url, token="abc") as client:
            options = StreamOptions(on_state=states.append)
            events = await take(client, 3, queue="a b", options=options)
        assert [(event.event, event.id) for event in events] == [("job", "4"), ("job", "8"), ("missed", "11")]
        assert isinstance(events[0].data, Job) and events[0].data.id == 4
        assert events[2].data == MissedJobs(from_=9, to=11)
        assert fake.sent("Last-Event-ID") == [None, "6", "6"]
        assert (fake.requests[2].path, fake.sent("Authorization")[2]) == ("/jobs/events?queue=a%20b", "Bearer abc")
    once = ["connecting", "open", "waiting"]
    assert [state.state for state in states] == [*once, *once, "connecting", "open"]
    waits = [state for state in states if state.state == "waiting"]
    assert [wait.delay for wait in waits] == [0.02, 0.02]
    assert isinstance(waits[0].reason, httpx.RemoteProtocolError) and waits[1].reason is None


async def test_begins_after_the_event_that_it_is_told_and_waits_as_long_as_an_overloaded_service_asks() -> None:
    def answer(request: Request, index: int) -> None:
        if index < 2:
            request.reply(503 if index == 0 else 429, {"Retry-After": "0"})
        else:
            request.stream(job(9))
            request.hold()

    with Fake(answer) as fake:
        async with AsyncClient(fake.url) as client:
            events = await take(client, 1, last_event_id="9007199254740993")
        assert [event.id for event in events] == ["9"]
        assert fake.sent("Last-Event-ID") == ["9007199254740993"] * 3


async def test_what_another_connection_would_not_change_is_raised() -> None:
    def answer(request: Request, index: int) -> None:
        request.reply(403) if index == 0 else request.reply(200, {"Content-Type": "text/html"}, "<p>")

    with Fake(answer) as fake:
        async with AsyncClient(fake.url) as client:
            for status in [403, 200]:
                with pytest.raises(ProblemError) as caught:
                    await take(client, 1)
                assert caught.value.status == status
        assert len(fake.requests) == 2


async def test_a_connection_that_is_silent_is_given_up_for_another() -> None:
    def answer(request: Request, index: int) -> None:
        request.stream("retry: 0\n\n" if index == 0 else job(1))
        request.hold()

    with Fake(answer) as fake:
        async with AsyncClient(fake.url) as client:
            events = await take(client, 1, options=StreamOptions(silence=0.1))
        assert ([event.id for event in events], len(fake.requests)) == (["1"], 2)


async def test_leaving_the_stream_ends_the_connection() -> None:
    def answer(request: Request, index: int) -> None:
        request.stream(job(1))
        request.hold()

    with Fake(answer) as fake:
        async with AsyncClient(fake.url) as client:
            await take(client, 1)
            assert fake.left.acquire(timeout=10)
