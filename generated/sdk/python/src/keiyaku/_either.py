"""What code with `async` and code without it have for the same. The client without it is made of the other."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TypeAlias, TypeVar

import anyio

T = TypeVar("T")

Token: TypeAlias = str | Callable[[], str]
"""A bearer token, or where to get one."""
AsyncToken: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A bearer token, or where to get one."""

Stream: TypeAlias = Generator[T, None, None]
"""Events as they come. `close()` ends it, and so does the end of a loop over it."""
AsyncStream: TypeAlias = AsyncGenerator[T, None]
"""Events as they come. `aclose()` ends it; `contextlib.aclosing` does so at the end of a block."""


def asked_sync(token: Token | None) -> str | None:
    """The token for a request."""
    return token() if callable(token) else token


async def asked_async(token: AsyncToken | None) -> str | None:
    """The token for a request."""
    given = token() if callable(token) else token
    return await given if isinstance(given, Awaitable) else given


def sleep_sync(seconds: float) -> None:
    """Waits."""
    time.sleep(seconds)


async def sleep_async(seconds: float) -> None:
    """Waits."""
    await anyio.sleep(seconds)
