"""Sends requests and follows streams."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import TypeVar, cast

import httpx

from .._call import Answers, Call, Events, RequestOptions, Retry, StreamOptions, StreamState
from .._codec import dumps, header
from .._either import AsyncStream, AsyncToken, asked_async, sleep_async
from .._events import EventParser
from .._problem import problem_of
from .._read import read_answer, read_event
from .._retry import FIRST_RETRY, passes, reconnect_after, wait_after

T = TypeVar("T")


class AsyncCore:
    """What all operations need."""

    def __init__(
        self,
        base_url: str,
        *,
        token: AsyncToken | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | None = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Makes a client.

        Args:
            base_url: Where the service is, such as `https://api.example.com`.
            token: The bearer token, or a function that gives it, which is called before each request. It is sent to the
                operations that want one, and to no other.
            retry: Repeats what failed and can be repeated safely. Without it nothing is repeated.
            headers: Sent with every request.
            timeout: In seconds, for each step of a request; None for no limit.
            transport: What httpx sends requests with, for proxies, certificates and tests.
        """
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._retry = retry
        self._http = httpx.AsyncClient(headers=headers, timeout=timeout, transport=transport)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def _request(self, call: Call, headers: Mapping[str, object], timeout: httpx.Timeout) -> httpx.Request:
        given = httpx.Headers({"Content-Type": call.media} if call.media else None)
        for name, value in [*call.headers.items(), *headers.items()]:
            if value is not None:
                given[name] = header(value)
        if call.secured:
            token = await asked_async(self._token)
            if token:
                given["Authorization"] = f"Bearer {token}"
        query = "&".join(pair for pairs in call.query for pair in pairs)
        return self._http.build_request(
            call.method,
            f"{self._base_url}{call.path}{'?' if query else ''}{query}",
            headers=given,
            content=None if call.media is None else dumps(call.body),
            timeout=timeout,
        )

    async def _send(self, call: Call, answers: Answers[T], options: RequestOptions | None) -> T:
        """Sends a request and reads the answer; raises a `ProblemError` for one that the contract calls a problem."""
        options = options or RequestOptions()
        timeout = self._http.timeout if options.timeout is None else httpx.Timeout(options.timeout)
        # Put together once, so that an error in it is not taken for one of the network and repeated.
        request = await self._request(call, options.headers, timeout)
        if self._retry and "Idempotency-Key" in call.headers and "Idempotency-Key" not in request.headers:
            request.headers["Idempotency-Key"] = str(uuid.uuid4())
        repeatable = call.method == "GET" or "Idempotency-Key" in request.headers
        attempt = 0
        while True:
            attempt += 1
            try:
                return cast(T, read_answer(await self._http.send(request), answers))
            except Exception as error:
                wait = wait_after(error, attempt, self._retry) if repeatable and self._retry else None
                if wait is None:
                    raise
            await sleep_async(wait)

    async def _follow(self, call: Call, events: Events[T], options: StreamOptions | None) -> AsyncStream[T]:
        """
        The events of a stream, across connections: a new one goes on after the last event. Raises what no new
        connection would change, such as 403.
        """
        options = options or StreamOptions()
        timeout = httpx.Timeout(**{**self._http.timeout.as_dict(), "read": options.silence})
        last_id = header(call.headers.get("Last-Event-ID") or "")
        retry, failures = FIRST_RETRY, 0
        while True:
            parser = EventParser(last_id)
            reason: Exception | None = None
            try:
                options.on_state(StreamState(state="connecting"))
                headers = {"Accept": "text/event-stream", "Last-Event-ID": last_id or None, **options.headers}
                request = await self._request(call, headers, timeout)
                response = await self._http.send(request, stream=True)
                try:
                    media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                    if response.status_code != 200 or media != "text/event-stream":
                        await response.aread()
                        raise problem_of(response)
                    options.on_state(StreamState(state="open"))
                    async for piece in response.aiter_bytes():
                        failures = 0
                        for event in parser.feed(piece):
                            last_id = event.id or last_id
                            if events.by_name is None or event.event in events.by_name:
                                yield cast(T, read_event(event, events))
                        last_id = parser.last_event_id or last_id
                finally:
                    await response.aclose()
            except Exception as error:
                if not passes(error):
                    raise
                reason = error
            retry = retry if parser.retry is None else parser.retry
            failures += 1
            delay = reconnect_after(reason, failures, retry)
            options.on_state(StreamState(state="waiting", delay=delay, reason=reason))
            await sleep_async(delay)
