"""When to try again."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from ._call import Retry
from ._problem import ProblemError

# What httpx raises when the network fails, and not when it is used wrongly.
NETWORK: Final = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


# What a server wants to pass between two connections of a stream, until it says otherwise, in seconds.
FIRST_RETRY: Final = 1.0
LONGEST_WAIT: Final = 30.0


def wait_after(error: Exception, attempt: int, retry: Retry) -> float | None:
    """How many seconds to wait before the next try; None if there is to be none."""
    if attempt >= retry.attempts:
        return None
    if isinstance(error, ProblemError):
        wait = retry_after(error.response) if error.status in (429, 503) else None
        return wait if wait is not None and wait <= retry.longest_wait else None
    return backoff(0.2, attempt, retry.longest_wait) if isinstance(error, NETWORK) else None


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as a date."""
    text = response.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
    return max((date - datetime.now(timezone.utc)).total_seconds(), 0.0)


def backoff(first: float, attempt: int, longest: float) -> float:
    """Twice as long with each try, and up to half of it less, so that many clients do not come back at once."""
    # After sixty doublings every wait is the longest.
    return min(first * 2.0 ** min(attempt - 1, 60), longest) * (1 - random.random() / 2)


def passes(error: Exception) -> bool:
    """Whether another connection may go better: the network failed, or the server is overloaded or away."""
    if isinstance(error, ProblemError):
        return error.status == 429 or error.status >= 500
    return isinstance(error, NETWORK)


def reconnect_after(reason: Exception | None, failures: int, retry: float) -> float:
    """How many seconds to wait before a stream's next connection."""
    asked = retry_after(reason.response) if isinstance(reason, ProblemError) else None
    if asked is not None:
        return asked
    return retry if failures == 1 else backoff(retry, failures, max(retry, LONGEST_WAIT))
