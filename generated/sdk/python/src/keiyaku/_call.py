"""What a client is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import httpx

T = TypeVar("T")
Status_co = TypeVar("Status_co", covariant=True)
Body_co = TypeVar("Body_co", covariant=True)
Headers_co = TypeVar("Headers_co", covariant=True)
Name_co = TypeVar("Name_co", covariant=True)
Data_co = TypeVar("Data_co", covariant=True)


class Text:
    """Stands for a body that is text, where bodies have their types."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """
    When to try again: a GET, or a request with an `Idempotency-Key`, after a network failure and after 429 and 503 with
    `Retry-After`, which is honoured. A request that may have such a key and has none is given one.
    """

    attempts: int
    """How often a request is sent at most, the first time included."""
    longest_wait: float = 30
    """The longest wait in seconds. When the service asks for more, the error is raised."""


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """What one request has beside the parameters of its operation."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with this request; they replace those of the client."""
    timeout: float | httpx.Timeout | None = None
    """Instead of the client's timeout."""


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """Where a stream is."""

    state: Literal["connecting", "open", "waiting"]
    """`waiting`: the connection has ended."""
    delay: float = 0
    """In how many seconds the next try is."""
    reason: Exception | None = None
    """Why the connection has ended, unless it just did."""


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """What a stream has beside the parameters of its operation."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with each request; they replace those of the client."""
    on_state: Callable[[StreamState], object] = lambda state: None
    """Is told of every change of the connection."""
    silence: float = 60
    """
    After how many seconds without a sign of the server, not even a comment, a connection is given up for another.
    Choose more than the server's own silence.
    """


@dataclass(frozen=True)
class Answer(Generic[Status_co, Body_co, Headers_co]):
    """One of the answers that the contract has for an operation; `status` tells them apart."""

    status: Status_co
    body: Body_co
    headers: Headers_co
    """The headers that the contract names."""
    response: httpx.Response = field(repr=False, compare=False)
    """The answer as httpx gave it, with all its headers; the body has been read."""


@dataclass(frozen=True)
class ServerEvent(Generic[Name_co, Data_co]):
    """An event of a stream."""

    event: Name_co
    id: str
    """What to go on from: pass it as `last_event_id`."""
    data: Data_co


@dataclass(frozen=True)
class Call:
    """An operation's request, as the generated functions describe it."""

    method: str
    path: str
    secured: bool = False
    query: Sequence[Sequence[str]] = ()
    """Pairs that are encoded already."""
    headers: Mapping[str, object] = field(default_factory=dict)
    media: str | None = None
    body: object = None


class Answers(Generic[T]):
    """How the answers of an operation are read: the types of body and headers, by status."""

    def __init__(self, by_status: Mapping[int, tuple[Any, Any]]) -> None:
        self.by_status = by_status


class Events(Generic[T]):
    """How the data of a stream's events are read, by the event's name; without any all are given out, as text."""

    def __init__(self, by_name: Mapping[str, Any] | None = None) -> None:
        self.by_name = by_name
