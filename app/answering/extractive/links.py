"""Which units go on from one another: a value of the one that the other says more about.

A question that takes two passages names a thing, and asks what stands elsewhere about a value of it:
"which set point for ice cream?" needs the row that says that ice cream is of class A, and the row of
class A. In tables, that is a join: the same value in columns of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from app.answering.extractive.evidence import Candidate
from app.answering.extractive.units import Kind

# Codes, and letters or numbers behind the noun that they count: "DR-30", "class A", "tier 1".
_CODE = re.compile(r"\b(?:[A-Z]{1,5}-?\d[\w-]*|[A-Z]{2,}\d*)\b")
_NUMBERED = re.compile(r"\b([A-Za-z]{3,})\s+([A-Z]|\d{1,2})\b")
# Values that join nothing: yes, no, dashes, and numbers that are measures rather than names.
_EMPTY = frozenset({"", "-", "–", "—", "yes", "no", "none", "n/a"})
_LONGEST_VALUE = 40


def keys_of(candidate: Candidate) -> frozenset[tuple[str, str]]:
    """What a unit can be joined by: (what it is, value), both in lower case; codes are (`""`, code).

    A row gives its cells under their columns' names, all other text its codes and numbered nouns.
    """
    keys: set[tuple[str, str]] = set()
    if candidate.unit.kind is Kind.ROW:
        columns = [name.strip().lower() for name in candidate.unit.header.split(" | ")]
        cells = [cell.strip() for cell in candidate.text.split("|")]
        for number, cell in enumerate(cells):
            column = columns[number] if number < len(columns) else ""
            keys.update(_of_cell(column, cell))
    keys.update(_in_text(candidate.text))
    return frozenset(keys)


def _of_cell(column: str, cell: str) -> Iterable[tuple[str, str]]:
    value = cell.lower()
    if value in _EMPTY or len(value) > _LONGEST_VALUE or re.fullmatch(r"[\W\d]+", value):
        return
    if column:
        yield column.removesuffix("s"), value
    if len(value) > 3:
        yield "", value


def _in_text(text: str) -> Iterable[tuple[str, str]]:
    for found in _CODE.finditer(text):
        yield "", found[0].lower()
    for found in _NUMBERED.finditer(text):
        yield found[1].lower().removesuffix("s"), found[2].lower()


def new_keys(keys: Set[tuple[str, str]], question: str) -> frozenset[tuple[str, str]]:
    """The keys that the question does not name itself."""
    words = " ".join(re.findall(r"[\w-]+", question.lower()))
    lower = f" {words} "
    return frozenset(
        (what, value)
        for what, value in keys
        if f" {value} " not in lower and f" {what} {value} " not in lower
    )
