"""Makes of an answer and of an event what the contract says that they are."""

from __future__ import annotations

from typing import Any

import httpx

from ._call import Answer, Answers, Events, ServerEvent, Text
from ._codec import loads, read_headers, reader
from ._events import TextEvent
from ._problem import ProblemError, problem_of


def read_answer(response: httpx.Response, answers: Answers[Any]) -> Answer[int, Any, Any]:
    """An answer whose body has been read; raises a `ProblemError` for one that is none of the operation's own."""
    if response.status_code not in answers.by_status:
        raise problem_of(response)
    body, headers = answers.by_status[response.status_code]
    try:
        return Answer(
            status=response.status_code,
            body=_read_body(response, body),
            headers=None if headers is None else read_headers(headers, response.headers),
            response=response,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProblemError(response) from error


def _read_body(response: httpx.Response, body: Any) -> Any:
    if body is None:
        return None
    return response.text if body is Text else reader(body)(loads(response.content))


def read_event(event: TextEvent, events: Events[Any]) -> ServerEvent[str, Any]:
    """An event with its data; as text if the contract names none of the stream's events."""
    data = event.data if events.by_name is None else reader(events.by_name[event.event])(loads(event.data))
    return ServerEvent(event.event, event.id, data)
