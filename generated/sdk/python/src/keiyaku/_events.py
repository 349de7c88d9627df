"""Reads event streams."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextEvent:
    """An event of a stream, before its data is read."""

    event: str
    """What kind of event it is; `message` if the server does not say."""
    data: str
    """Its lines of data, joined."""
    id: str
    """The last id that the stream had up to this event."""


class EventParser:
    """Reads an event stream as the HTML standard has it (9.2.6), in pieces that may be cut anywhere."""

    last_event_id: str
    """The last id of the stream, to go on from; also ids without an event count."""
    retry: float | None
    """How many seconds the server wants to pass before the next connection, once it has said so."""

    def __init__(self, last_event_id: str = "") -> None:
        """Goes on after the given id."""
        self.last_event_id = self._id = last_event_id
        self.retry = None
        # It drops a byte order mark at the start, and keeps a character whose bytes come in two pieces.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line = ""
        self._after_return = False
        self._event = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> list[TextEvent]:
        """The events that end in this piece. What is cut off at the end of the stream is none."""
        text = self._decoder.decode(piece)
        # Of a line end that is cut in two, the second half is no line of its own.
        rest = text[1:] if self._after_return and text.startswith("\n") else text
        self._after_return = text.endswith("\r") if text else self._after_return
        *lines, unfinished = re.split("\r\n|\r|\n", rest)
        events = []
        for line in lines:
            whole, self._line = self._line + line, ""
            if whole:
                self._field(whole)
            else:
                events.extend(self._dispatch())
        self._line += unfinished
        return events

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and re.fullmatch("[0-9]+", value):
            self.retry = int(value) / 1000

    def _dispatch(self) -> list[TextEvent]:
        event, data = self._event or "message", self._data
        self.last_event_id, self._event, self._data = self._id, "", []
        return [TextEvent(event, "\n".join(data), self.last_event_id)] if data else []
