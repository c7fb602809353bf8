"""Whether a unit is about what a question names by a label: a code, "class R", "level 2"."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from app.answering.extractive.units import Kind, Unit
from app.answering.extractive.words import Reader, Word

_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[\w-]{2,}\Z")
_TOKEN = re.compile(r"\w+")
_VALUE = re.compile(r"[A-Z]\Z|\d{1,3}\Z")
# The most words between a noun and its label: "classes A, B and C".
REACH = 5
IN_LIST = 0.5


class Label(NamedTuple):
    """A code, or a noun with its value; `noun` is empty for a code. Both are stems."""

    noun: str
    value: str


def labels_of(words: Sequence[Word]) -> frozenset[Label]:
    """The labels that a question names."""
    found = {Label("", word.stem) for word in words if _CODE.match(word.surface)}
    for noun, value in pairwise(words):
        if (
            _VALUE.match(value.surface)
            and noun.surface.isalpha()
            and len(noun.surface) > 2
            and not noun.grammar
            and value.surface != "I"
        ):
            found.add(Label(noun.stem, value.stem))
    return frozenset(found)


def share_held(
    labels: Set[Label], unit: Unit, text: str, words: Sequence[Word], reader: Reader
) -> float:
    """The share of the labels that a unit holds, 0 to 1; 0 where there are none."""
    if not labels:
        return 0.0
    stems = [word.stem for word in words]
    return sum(_held(label, unit, text, stems, reader) for label in labels) / len(labels)


def _held(label: Label, unit: Unit, text: str, stems: Sequence[str], reader: Reader) -> float:
    """1 where a unit holds a label, `IN_LIST` where its value stands further behind, else 0."""
    if not label.noun:
        return float(label.value in stems)
    if unit.kind is Kind.ROW and _in_column(label, unit.header, text, reader):
        return 1.0
    held = 0.0
    for place, stem in enumerate(stems):
        if stem == label.noun:
            behind = stems[place + 1 : place + 1 + REACH]
            if behind[:1] == [label.value]:
                return 1.0
            held = IN_LIST if label.value in behind else held
    return held


def _in_column(label: Label, header: str, text: str, reader: Reader) -> bool:
    """Whether a row has the label's value below its noun: D in the column "Class"."""
    names, cells = header.split("|"), text.split("|")
    if len(names) != len(cells):
        return False
    # A cell's letter is no article, as `reader` would take it for.
    return any(
        label.value.casefold() in _TOKEN.findall(cell.casefold())
        and label.noun in reader.stems(name)
        for name, cell in zip(names, cells, strict=True)
    )
