"""Filters on documents and their metadata, in a form that both backends translate.

As a user writes them (JSON): a mapping, all of whose entries must hold.

    {"department": "finance"}                equal, or, where the value is a list, contained in it
    {"department": ["finance", "hr"]}        any of these
    {"year": {"gte": 2024, "lt": 2026}}      a range: numbers, or ISO dates as text
    {"document": "policies/expenses.pdf"}    `document`, `title`, `source`, `media_type` are the
                                             document's own; every other name is metadata
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import WithJsonSchema

from ingestion.documents.document import Metadata, Scalar
from ingestion.documents.visibility import groups_of
from ingestion.errors import InvalidFilter
from ingestion.index.storable_values import quoted, shown, unstorable_number, unstorable_text

BUILT_IN = {
    "document": "document_id",
    "title": "title",
    "source": "source",
    "media_type": "media_type",
}
ISO_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
Bound: TypeAlias = Literal["gt", "gte", "lt", "lte"]
BOUNDS: tuple[Bound, ...] = ("gt", "gte", "lt", "lte")
_VALUE = {"type": ["string", "number", "boolean"]}
_RANGE = {
    "type": "object",
    "properties": {bound: {"type": ["number", "string"]} for bound in BOUNDS},
    "additionalProperties": False,
}
# Filters as a user writes them, for descriptions; `parse_filter` checks them.
GivenFilters: TypeAlias = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}, _RANGE]},
        }
    ),
]
# An index evaluates all conditions of a filter as one expression.
MOST_FIELDS = 32
MOST_VALUES = 1000
MOST_CHARS = 4096
# The facet that says who sees a chunk: `true` for everyone, else the names of groups. It comes from
# the field `groups` alone; a metadata field of this name counts for nothing.
VISIBLE = "plumbline:visible"
# The field that holds a chunk's language, beside what a source states under this name.
LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field equals (or, being a list, contains) one of the values."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The field lies within bounds, all numbers or all ISO dates."""

    field: str
    bounds: tuple[tuple[Bound, float | str], ...]


Filter: TypeAlias = tuple[AnyOf | Between, ...]


def is_built_in(field: str) -> bool:
    """Whether the field is the document's own rather than metadata."""
    return field in BUILT_IN


def facet(field: str, value: Scalar) -> str:
    """One field's value as text, types kept apart (`true` is not `"true"`), 2 and 2.0 the same."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps([field, value], ensure_ascii=False)


def facets(metadata: Metadata, language: str = "") -> list[str]:
    """Every value of every field, a list's values one by one; and who sees the document.

    `language` is what was detected, or what a stated one means; what the metadata states stays.
    """
    groups = groups_of(metadata)
    detected = facet(LANGUAGE, language)
    return [
        *(
            facet(field, item)
            for field, value in metadata.items()
            if field != VISIBLE
            for item in (value if isinstance(value, list) else [value])
        ),
        *([detected] if language and metadata.get(LANGUAGE) != language else []),
        *(facet(VISIBLE, who) for who in ([True] if groups is None else groups)),
    ]


def visible_to(groups: frozenset[str] | None) -> Filter | None:
    """What passes only documents that everyone sees and those of these groups; None: all do."""
    return None if groups is None else (AnyOf(VISIBLE, (True, *sorted(groups))),)


def both(one: Filter | None, other: Filter | None) -> Filter | None:
    """What passes both filters. Neither can widen the other: all conditions must hold."""
    return (*(one or ()), *(other or ())) or None


def allowed(given: Mapping[str, Any] | None, groups: frozenset[str] | None) -> Filter | None:
    """A user's filter, within what these groups see (None: all documents).

    Raises:
        InvalidFilter: as `parse_filter`.
    """
    where = parse_filter(given) if given else None
    return where if groups is None else both(visible_to(groups), where)


def parse_filter(given: Mapping[str, Any] | None) -> Filter | None:
    """Check a user's filter and put it into the common form; None for none.

    Raises:
        InvalidFilter: naming the field and what it may be.
    """
    if not given:
        return None
    if len(given) > MOST_FIELDS:
        raise InvalidFilter(f"filters: names {len(given):,} fields; name at most {MOST_FIELDS}.")
    # Names are checked before they are sorted.
    return tuple(_condition(field, value) for field, value in sorted(_named(given)))


def _named(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for field, value in given.items():
        if not isinstance(field, str) or not field or len(field) > 200:
            raise InvalidFilter("filters: a field's name must have 1 to 200 characters.")
        if why := unstorable_text(field):
            raise InvalidFilter(f"filters: the field's name {quoted(field)} {why}.")
        yield field, value


def _condition(field: str, value: Any) -> AnyOf | Between:
    place = f"filters.{shown(field)}"
    if field == VISIBLE:
        raise InvalidFilter(f"{place}: is reserved; filter by `groups`.")
    if isinstance(value, dict):
        return _between(field, value, place)
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > MOST_VALUES:
        raise InvalidFilter(f"{place}: give 1 to {MOST_VALUES} values.")
    for item in values:
        _check_value(item, place)
    if field in BUILT_IN and not all(isinstance(item, str) for item in values):
        raise InvalidFilter(f"{place}: takes text.")
    return AnyOf(field, tuple(values))


def _check_value(value: Any, place: str) -> None:
    if isinstance(value, str):
        why = unstorable_text(value)
        if not why and len(value) > MOST_CHARS:
            why = f"has more than {MOST_CHARS} characters"
    elif isinstance(value, int | float):
        why = unstorable_number(value)
    else:
        raise InvalidFilter(
            f"{place}: {_quoted(value)} is neither text, number nor true/false; write a value, "
            'a list of values, or a range like {"gte": 2024}.'
        )
    if why:
        raise InvalidFilter(f"{place}: {_quoted(value)} {why}.")


def _between(field: str, bounds: dict[str, Any], place: str) -> Between:
    if not bounds or not set(bounds) <= set(BOUNDS):
        got = ", ".join(shown(str(bound), 20) for bound in list(bounds)[:5])
        raise InvalidFilter(
            f"{place}: a range is made of {', '.join(BOUNDS)}; got {got or 'none'}."
        )
    if field in BUILT_IN:
        raise InvalidFilter(f"{place}: takes text, not a range.")
    limits: list[tuple[Bound, float | str]] = []
    for bound in BOUNDS:
        if bound in bounds:
            limits.append((bound, _limit(bounds[bound], f"{place}.{bound}")))
    if len({type(limit) for _, limit in limits}) > 1:
        raise InvalidFilter(f"{place}: a range takes numbers or dates, not both.")
    return Between(field, tuple(limits))


def _limit(limit: Any, place: str) -> float | str:
    if isinstance(limit, str) and _is_date(limit):
        return limit
    if isinstance(limit, int | float) and not isinstance(limit, bool):
        if why := unstorable_number(limit):
            raise InvalidFilter(f"{place}: {_quoted(limit)} {why}.")
        return float(limit)
    raise InvalidFilter(
        f"{place}: {_quoted(limit)} is neither a number nor an ISO date like 2026-04-01."
    )


def _quoted(value: Any) -> str:
    """A value as messages show it. A whole number may have more digits than Python writes."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and unstorable_number(value):
        return "the number"
    return shown(repr(value))


def _is_date(text: str) -> bool:
    if not ISO_DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:  # a 13th month, a year 0
        return False
    return True
