"""Answers that are errors."""

from __future__ import annotations

from typing import Any, Literal

import httpx

from ._codec import loads, reader
from .models import Problem, Violation, ViolationIn


class ProblemError(Exception):
    """An answer that is an error. Failures of the network are not: they stay what httpx raises."""

    status: int
    kind: Literal["problem", "unexpected"]
    """
    `problem`: the service answered with a problem document. `unexpected`: the answer is none that the contract has,
    from a proxy for instance; `problem` then says what is known.
    """
    problem: Problem
    """The problem document; its members are attributes of the error, too."""
    response: httpx.Response
    """The answer as httpx gave it, for its headers; the body has been read."""

    def __init__(self, response: httpx.Response, problem: Problem | None = None) -> None:
        self.status = response.status_code
        self.kind = "unexpected" if problem is None else "problem"
        self.problem = _unexpected(response) if problem is None else problem
        self.response = response
        super().__init__(self.problem.error)

    def __reduce__(self) -> tuple[Any, ...]:
        # What a process pool hands over must be made again.
        return _restored, (self.response, self.problem, self.kind)

    @property
    def type(self) -> str:
        """Names the kind of problem; `about:blank` means that the status says it all."""
        return self.problem.type

    @property
    def title(self) -> str:
        """The kind of problem in a few words."""
        return self.problem.title

    @property
    def detail(self) -> str:
        """What happened this time, for developers."""
        return self.problem.detail

    @property
    def error(self) -> str:
        """One sentence to show to people."""
        return self.problem.error

    @property
    def request_id(self) -> str:
        """Finds the request in the server's log."""
        return self.problem.request_id

    @property
    def errors(self) -> list[Violation]:
        """Everything that is wrong with the request, if it does not fit the contract."""
        return list(self.problem.errors or ())

    def violations(self, pointer: str, place: ViolationIn = "body") -> list[Violation]:
        """What is wrong at a JSON Pointer, such as `/email`: in the body, or in `query`, `header` or `path`."""
        return [violation for violation in self.errors if violation.in_ == place and violation.pointer == pointer]


def _restored(response: httpx.Response, problem: Problem, kind: Literal["problem", "unexpected"]) -> ProblemError:
    error = ProblemError(response, problem)
    error.kind = kind
    return error


def problem_of(response: httpx.Response) -> ProblemError:
    """What an answer that is none of an operation's own is raised as. Its body has been read."""
    media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media != "application/problem+json":
        return ProblemError(response)
    try:
        return ProblemError(response, reader(Problem)(loads(response.content)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return ProblemError(response)


def _unexpected(response: httpx.Response) -> Problem:
    status, phrase = response.status_code, response.reason_phrase
    return Problem(
        type="about:blank",
        title=phrase or f"Status {status}",
        status=status,
        detail="The answer is none that the contract has.",
        instance=str(response.request.url),
        error=f"Unexpected answer: {status} {phrase}".strip(),
        request_id=response.headers.get("X-Request-Id", ""),
    )
