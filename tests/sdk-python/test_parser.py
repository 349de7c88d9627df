"""Event streams are parsed wherever they are cut."""

from __future__ import annotations

import pytest
from keiyaku import EventParser, TextEvent

# Every rule of the standard at once, and characters of two, three and four bytes.
LINES = [
    "\ufeffretry: 250",
    "id: 1",
    "",
    ": a comment",
    "event: job",
    "data: one",
    "data:  two",
    "data",
    "id: 2",
    "",
    "data:é日😀",
    "unknown: x",
    "retry: 1s",
    "id: a\0b",
    "",
    "event: nothing",
    "id:3",
    "",
    "data",
    "",
    "id",
    "data: without an id",
    "",
    "id: 9",
    "data: cut off",
]

EVENTS = [
    TextEvent("job", "one\n two\n", "2"),
    TextEvent("message", "é日😀", "2"),
    TextEvent("message", "", "3"),
    TextEvent("message", "without an id", ""),
]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_stream_cut_at_every_byte(end: str) -> None:
    whole = end.join(LINES).encode()
    for cut in range(len(whole) + 1):
        parser = EventParser()
        assert [*parser.feed(whole[:cut]), *parser.feed(whole[cut:])] == EVENTS
        assert (parser.retry, parser.last_event_id) == (0.25, "")
    parser = EventParser()
    assert [event for byte in whole for event in parser.feed(bytes([byte]))] == EVENTS


def test_line_ends_of_different_kinds_and_an_empty_piece_between_the_two_halves_of_one() -> None:
    parser = EventParser()
    pieces = [b"data: a\r", b"", b"\n\r", b"\ndata: b\n\r\n"]
    assert [event.data for piece in pieces for event in parser.feed(piece)] == ["a", "b"]


def test_what_is_no_line_end_in_a_stream_stays_in_its_line() -> None:
    parser = EventParser()
    assert [event.data for event in parser.feed("data: a\u2028b\x85c\x0bd\n\n".encode())] == ["a\u2028b\x85c\x0bd"]


def test_an_id_without_an_event_counts_and_so_does_the_one_to_begin_with() -> None:
    parser = EventParser("7")
    assert parser.feed(b"data: x\n\nid: 8\n") == [TextEvent("message", "x", "7")]
    assert parser.last_event_id == "7", "the block has not ended"
    parser.feed(b"\n")
    assert parser.last_event_id == "8"
