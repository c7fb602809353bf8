"""JSON that callers send: read only where every value in it can be stored and sent on."""

from __future__ import annotations

import json
import re
from typing import Any

from app.errors import InvalidRequest
from ingestion.index.storable_values import quoted, shown, unstorable_number, unstorable_text

# Nothing that is understood here is nested deeper than this.
MOST_DEPTH = 64
# Longer ones have more than 64 bits, and some are longer than Python converts.
MOST_DIGITS = 20
MOST_PLACE = 200
STRING_OR_MARK = re.compile(r'"((?:[^"\\]|\\.)*)"|[\[\]{},]')


class _LongNumber:
    """Stands for a whole number with more digits than any that can be stored."""


_LONG = _LongNumber()


def read_json(content: str | bytes, where: str = "", whole: str = "the body") -> Any:
    """The value that a text of JSON stands for.

    Args:
        content: the text; bytes are UTF-8, as RFC 8259 has it.
        where: a field that holds the text, named before fields in it; empty: none does.
        whole: what messages call the text where no field is named; empty: nothing.

    Raises:
        InvalidRequest: it is not JSON, or holds what cannot be stored: half of a surrogate pair, a
            NUL character, a number that is not finite or has more than 64 bits, a name twice in
            one object, more than `MOST_DEPTH` levels. The message names the field.
    """
    whole = where or whole
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _refusal(whole, f"is not UTF-8 text (byte {error.start})") from error
    try:
        value = _DECODER.decode(content)
    except RecursionError:
        raise _too_deep(_place_of_depth(content, where) or whole) from None
    except json.JSONDecodeError as error:
        why = f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise _refusal(whole, why) from error
    _check(value, where, whole, 0)
    return value


def _whole_number(digits: str) -> Any:
    return int(digits) if len(digits) <= MOST_DIGITS else _LONG


class _Doubled(dict[str, Any]):
    """An object with a name twice.

    Attributes:
        name: the name.
    """

    name: str


def _with_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled, seen = _Doubled(found), set()
    for name, _ in pairs:
        if name in seen:
            doubled.name = name
            break
        seen.add(name)
    return doubled


def _check(value: Any, place: str, whole: str, depth: int) -> None:
    """Raise `InvalidRequest` where the value, or one in it, cannot be stored.

    Args:
        place: where the value is: names and numbers with dots between; empty at the top.
        whole: what to call the top.
        depth: objects and lists around the value.
    """
    why = None
    if isinstance(value, str):
        why = unstorable_text(value)
    elif isinstance(value, int | float):
        why = unstorable_number(value)
    elif value is _LONG:
        why = "is a whole number of more than 64 bits"
    elif isinstance(value, dict | list):
        if depth >= MOST_DEPTH:
            raise _too_deep(place or whole)
        if isinstance(value, _Doubled):
            why = f"has the name {quoted(value.name)} twice"
        elif isinstance(value, dict):
            for name, item in value.items():
                if unfit := unstorable_text(name):
                    raise _refusal(place or whole, f"the name {quoted(name)} {unfit}")
                _check(item, f"{place}.{name}" if place else name, whole, depth + 1)
        else:
            for number, item in enumerate(value):
                _check(item, f"{place}.{number}" if place else str(number), whole, depth + 1)
    if why:
        raise _refusal(place or whole, why)


def _refusal(place: str, why: str) -> InvalidRequest:
    at = shown(place, MOST_PLACE)
    return InvalidRequest(f"{at}: {why}." if at else f"{why}.")


def _too_deep(place: str) -> InvalidRequest:
    return _refusal(place, f"is nested too deeply; at most {MOST_DEPTH} levels are read")


def _place_of_depth(content: str, where: str) -> str:
    """The place of the first value that is nested too deeply, in a text too deep for the parser."""
    steps: list[str] = [where] if where else []
    numbers: list[int | None] = []  # for each list the number of its item; None: an object
    name = ""
    for found in STRING_OR_MARK.finditer(content):
        mark = found[0]
        if mark in ("[", "{"):
            if numbers:
                at = numbers[-1]
                steps.append(name if at is None else str(at))
            if len(numbers) >= MOST_DEPTH:
                break
            numbers.append(0 if mark == "[" else None)
        elif mark in ("]", "}"):
            if numbers:
                numbers.pop()
            if numbers and steps:
                steps.pop()
        elif mark == ",":
            if numbers and (at := numbers[-1]) is not None:
                numbers[-1] = at + 1
        elif numbers and numbers[-1] is None:
            # A text in an object is a name or a value; the one before a bracket is its name.
            name = found[1]
    return ".".join(steps)


_DECODER = json.JSONDecoder(parse_int=_whole_number, object_pairs_hook=_with_unique_names)
