"""How values become JSON, parameters and headers, and how they come back."""

from __future__ import annotations

import datetime
import enum
import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote


class Unset(enum.Enum):
    """Stands for a member that is left out, where `None` is a value."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = Unset.UNSET


def loads(text: bytes | str) -> Any:
    """Reads JSON. A number that a `float` would round is a `Decimal`."""
    return json.loads(text, parse_float=_number, parse_int=_integer)


def _number(text: str) -> float | Decimal:
    number, exact = float(text), Decimal(text)
    return number if Decimal(repr(number)) == exact else exact


def _integer(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        # It has more digits than Python makes integers of.
        return Decimal(text)


def dumps(value: object) -> str:
    """Writes JSON in which every number is what it was."""
    if is_dataclass(value) and not isinstance(value, type):
        value = members(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(_name(name))}:{dumps(member)}" for name, member in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, datetime.date):
        value = text(value)
    return json.dumps(value, allow_nan=False)


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the name of a member is a str, not {name!r}")
    return name


def members(value: Any) -> dict[str, object]:
    """The members that are sent of an object of the contract."""
    found: dict[str, object] = {}
    for member in _members(value.__class__):
        given = getattr(value, member.attribute)
        if given is not UNSET and not (given is None and member.absent is None):
            found[member.name] = given
    extras = getattr(value, "extras", None) or {}
    for name in extras:
        if any(name == member.name for member in _members(value.__class__)):
            raise ValueError(f"{name!r} is a declared member, and cannot be in `extras`, too")
    return {**found, **extras}


class _Member(NamedTuple):
    attribute: str
    name: str
    read: Callable[[Any], Any]
    hint: Any
    # What stands for it when it is left out.
    absent: object


@cache
def _members(of: type) -> tuple[_Member, ...]:
    hints = get_type_hints(of)
    return tuple(
        _Member(
            attribute=field.name,
            name=field.metadata.get("name", field.name),
            read=reader(hints[field.name]),
            hint=hints[field.name],
            absent=field.default,
        )
        for field in fields(of)
        if "extras" not in field.metadata
    )


@cache
def _has_extras(of: type) -> bool:
    return any("extras" in field.metadata for field in fields(of))


def _same(value: Any) -> Any:
    return value


@cache
def reader(hint: Any) -> Callable[[Any], Any]:
    """What makes a value of this type of what JSON has for it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        choices = [choice for choice in arguments if choice not in (types.NoneType, Unset)]
        read = reader(choices[0]) if len(choices) == 1 else partial(_read_choice, choices)
        return _same if read is _same else lambda value: None if value is None else read(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return partial(_read_object, hint)
    if hint is datetime.datetime:
        return _read_time
    if hint is datetime.date:
        return datetime.date.fromisoformat
    if hint is float:
        return float
    if origin in (list, Sequence):
        item = reader(arguments[0])
        return _same if item is _same else lambda values: [item(value) for value in values]
    if origin in (dict, Mapping):
        member = reader(arguments[1])
        return _same if member is _same else lambda values: {name: member(value) for name, value in values.items()}
    return _same


def _read_object(of: type, value: Any) -> Any:
    known = _members(of)
    given = {member.attribute: member.read(value[member.name]) for member in known if member.name in value}
    if _has_extras(of):
        declared = {member.name for member in known}
        given["extras"] = {name: extra for name, extra in value.items() if name not in declared}
    return of(**given)


def _read_choice(choices: Sequence[type], value: Any) -> Any:
    """Reads one of several objects, which a member of only one value tells apart."""
    for choice in choices:
        literals = [member for member in _members(choice) if get_origin(member.hint) is Literal]
        constants = [(member.name, get_args(member.hint)) for member in literals if len(get_args(member.hint)) == 1]
        if all(value.get(name) in values for name, values in constants):
            return _read_object(choice, value)
    raise ValueError("the value is none of those that the contract has")


def _read_time(value: str) -> datetime.datetime:
    """Reads a time of RFC 3339, of any number of digits. What no `datetime` can be becomes the nearest one."""
    found = re.fullmatch(r"(\d{4})(-\d\d-\d\dT\d\d:\d\d:)(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", value.upper())
    if not found:
        raise ValueError(f"{value!r} is no time")
    year, middle, second, fraction, zone = found.groups()
    if year == "0000":
        return datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)
    micros = f"{fraction or '':0<6}"[:6] if second != "60" else "999999"
    zone = "+00:00" if zone == "Z" else zone
    return datetime.datetime.fromisoformat(f"{year}{middle}{min(int(second), 59):02}.{micros}{zone}")


def text(value: object) -> str:
    """A single value as it is written in a URL or a header, and a time in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone, and the service wants one, as in datetime.now(timezone.utc)")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def header(value: object) -> str:
    """A header. The items of a list are joined."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(text, value))
    return text(value)


def read_headers(of: type, headers: Mapping[str, str]) -> Any:
    """The headers that the contract names."""
    given = {}
    for member in _members(of):
        value = headers.get(member.name)
        if value is not None:
            wanted = {member.hint, *get_args(member.hint)}
            convert = next((convert for kind, convert in _HEADERS.items() if kind in wanted), str)
            given[member.attribute] = convert(value)
    return of(**given)


_HEADERS: dict[type, Callable[[str], object]] = {bool: lambda value: value == "true", int: int, float: float}


def segment(value: object) -> str:
    """A parameter in the path. Of an empty text or of dots a URL would make another path, so these cannot be sent."""
    if text(value) in ("", ".", ".."):
        raise ValueError(f"{value!r} cannot be a part of a path")
    return _quoted(value)


def single(name: str, value: object) -> list[str]:
    """`name=value`"""
    return [] if value is None else [f"{_quoted(name)}={_quoted(value)}"]


def repeated(name: str, values: Sequence[object] | None) -> list[str]:
    """`name=a&name=b`"""
    return [pair for value in values or () for pair in single(name, value)]


def joined(name: str, values: Sequence[object] | None) -> list[str]:
    """`name=a,b`"""
    return [f"{_quoted(name)}={','.join(map(_quoted, values))}"] if values else []


def deep(name: str, value: object) -> list[str]:
    """`name[member]=value`"""
    given = {} if value is None else members(value)
    return [pair for member, single_value in given.items() for pair in single(f"{name}[{member}]", single_value)]


def _quoted(value: object) -> str:
    return quote(text(value), safe="")
