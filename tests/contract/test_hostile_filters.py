"""Filters that nobody would write: refused by the field's name, or evaluated; never an index error."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.errors import InvalidRequest
from app.json_input import read_json
from evals.benchmarks.sweeping.values import NAMES, NUMBERS, TEXTS, WORST, json_value, written
from ingestion.errors import InvalidFilter
from ingestion.index.filters import MOST_CHARS, MOST_FIELDS, MOST_VALUES, parse_filter
from tests.contract.chunks import unit

FIELDS = [
    *NAMES,
    *(text[:200] for text in TEXTS),
    "a\0b",
    "\ud800",
    "year",
    "document",
    "title",
    "groups",
]


def search(opened: Any, given: Any) -> str | None:
    """Search with a filter; what is said where it is refused."""
    try:
        where = parse_filter(given)
        opened.dense(unit(1), 3, where)
        opened.lexical("glacier anchor", 3, where)
    except InvalidFilter as error:
        return str(error)
    return None


def is_fit(message: str | None) -> bool:
    """Whether a refusal, if there is one, names a field and can be shown."""
    return message is None or (
        message.startswith("filters") and message.isprintable() and len(message) < 500
    )


def test_any_name_of_a_field_is_evaluated_or_refused(filled: Any) -> None:
    opened, _, _ = filled
    for field in FIELDS:
        for value in (["a", 2.5], {"gte": 1, "lt": 2.5}, {"gt": "2024-01-01"}):
            assert is_fit(search(opened, {field: value})), field


def test_any_value_is_evaluated_or_refused(filled: Any) -> None:
    opened, _, _ = filled
    numbers = [float(n) if n.count("9") < 400 else 10**400 for n in NUMBERS]
    for value in [*numbers, 2**63 - 1, 10**5000, -(10**5000), *TEXTS, "\ud800", "a\0"]:
        for given in ([value, 1], {"gte": value}):
            assert is_fit(search(opened, {"year": given}))
    rng = random.Random(7)
    for value in [*WORST, *(json_value(rng) for _ in range(60))]:
        try:
            found = read_json(written({"year": value}))
        except InvalidRequest:
            continue
        assert is_fit(search(opened, found))


def test_the_most_that_a_filter_may_hold_is_evaluated(filled: Any) -> None:
    opened, _, _ = filled
    for most in (
        {f"field {number}": ["x" * 100] * 3 for number in range(MOST_FIELDS)},
        {f"field {number}": {"gte": 1, "lt": 9} for number in range(MOST_FIELDS)},
        {"year": [f"{number}'\"\\" for number in range(MOST_VALUES)]},
        {"year": "'" * MOST_CHARS},
    ):
        assert search(opened, most) is None
    for too_much in (
        {str(number): 1 for number in range(MOST_FIELDS + 1)},
        {"year": [1] * (MOST_VALUES + 1)},
        {"year": "x" * (MOST_CHARS + 1)},
    ):
        with pytest.raises(InvalidFilter, match="filters"):
            parse_filter(too_much)
