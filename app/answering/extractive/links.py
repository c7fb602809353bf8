"""Two passages at once: a value in the unit about the question's thing is the key of the row that answers.

"How warm may bananas get?": one row says that bananas are of class D, another what holds for class D.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.answering.extractive.evidence import Candidate, Evidence
from app.answering.extractive.units import Kind
from app.answering.extractive.words import Reader

# How much of the question, by weight, each of the two holds that the other does not, and both together.
LEAST_GAIN = 0.12
LEAST_TOGETHER = 0.6
# A row's key stands in one of its first cells: a code, then a name.
KEY_CELLS = 2
LONGEST_KEY = 40
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z][\w-]{2,}\b")
_NAME = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)+\b")


class Cell(NamedTuple):
    """A value and the name of its column, empty where that is not known."""

    text: str
    column: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two units that answer together.

    Attributes:
        source: index of the unit that the question's thing is in.
        target: index of the row whose key the source names.
        together: share of the question's words that they hold, by weight.
    """

    source: int
    target: int
    together: float


def best_link(evidence: Evidence, scores: Mapping[int, float]) -> Link | None:
    """The two linked units that hold most of the question; None where no two are worth it.

    Args:
        evidence: units and what was measured of them.
        scores: of units, log-odds; of links that hold as much, the one with the better source wins.
    """
    reader = Reader()
    candidates, telling = evidence.candidates, evidence.telling
    anywhere = frozenset().union(*(candidate.stems for candidate in candidates))
    # What no unit says is no reason to look at two of them.
    asked = frozenset(evidence.stems) & anywhere
    named = _named(evidence, reader)
    held = [candidate.stems & asked for candidate in candidates]
    keyed = _rows_by_key(candidates)
    best: tuple[tuple[float, float, float], Link] | None = None
    for source, candidate in enumerate(candidates):
        if candidate.unit.kind is Kind.HEADING or not held[source]:
            continue
        alone = telling.share(asked, held[source])
        for value in _values(candidate):
            if _is_of_the_question(value.text, named):
                continue
            for target, column in keyed.get(value.text.casefold(), ()):
                other = candidates[target]
                if (
                    target == source
                    or other.unit.header == candidate.unit.header
                    or not _mean_the_same(value, column, reader)
                    or not named <= candidate.stems | other.stems
                ):
                    continue
                framed = held[target] | (reader.stems(other.unit.about) & asked)
                adds = telling.share(asked, framed)
                together = telling.share(asked, held[source] | framed)
                if together - max(alone, adds) < LEAST_GAIN or together < LEAST_TOGETHER:
                    continue
                order = (together, telling.share(asked, held[target]), scores.get(source, 0.0))
                if best is None or order > best[0]:
                    best = (order, Link(source, target, together))
    return None if best is None else best[1]


def _named(evidence: Evidence, reader: Reader) -> frozenset[str]:
    """Stems of the codes and class letters in the question that any unit holds."""
    anywhere = frozenset().union(*(candidate.stems for candidate in evidence.candidates))
    words = reader.read(evidence.question)
    return anywhere & {
        word.stem
        for word in words
        if _shape(word.surface) is not None and not (word.surface == "A" and word.start == 0)
    }


def _shape(text: str) -> str | None:
    """What a code looks like, `A-9` for `PG-101`; None for what is no code."""
    if not (text.isupper() and (len(text) == 1 or any(c.isdigit() for c in text))):
        return None
    return re.sub(r"[A-Z]+", "A", re.sub(r"\d+", "9", text)) if text != "I" else None


def _is_of_the_question(value: str, named: frozenset[str]) -> bool:
    """Whether a value is a code like one that the question names: it, or one beside it."""
    shape = _shape(value.upper()) if len(value) == 1 or any(c.isdigit() for c in value) else None
    return shape is not None and any(_shape(stem.upper()) == shape for stem in named)


def _rows_by_key(candidates: Sequence[Candidate]) -> dict[str, list[tuple[int, str]]]:
    """Indices of rows, and the name of the key's column, by key in lower case.

    What stands in the same column of several rows is no key.
    """
    found: dict[str, dict[tuple[int, str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, candidate in enumerate(candidates):
        if candidate.unit.kind is not Kind.ROW:
            continue
        table = (candidate.passage.marker, candidate.unit.header)
        for cell in _cells(candidate)[:KEY_CELLS]:
            for key in {cell.text, *_CODE.findall(cell.text)}:
                if key and len(key) <= LONGEST_KEY:
                    found[key.casefold()][*table, cell.column].append(index)
    return {
        key: [
            (indices[0], column)
            for (_, _, column), indices in tables.items()
            if len(set(indices)) == 1
        ]
        for key, tables in found.items()
    }


def _values(candidate: Candidate) -> Iterator[Cell]:
    """What a unit names; a row's first cell is what it is about itself."""
    if candidate.unit.kind is Kind.ROW:
        for cell in _cells(candidate)[1:]:
            if cell.text and len(cell.text) <= LONGEST_KEY:
                yield cell
        return
    for pattern in (_CODE, _NAME):
        for name in pattern.findall(candidate.text):
            yield Cell(name, "")


def _mean_the_same(value: Cell, column: str, reader: Reader) -> bool:
    """Whether value and key mean one thing: they are a code or a name, or their columns share a word."""
    if _CODE.fullmatch(value.text) or _NAME.fullmatch(value.text):
        return True
    return bool(reader.stems(value.column) & reader.stems(column))


def _cells(candidate: Candidate) -> list[Cell]:
    """A row's cells."""
    cells = [cell.strip() for cell in candidate.text.split("|")]
    names = [name.strip() for name in candidate.unit.header.split("|")]
    if len(names) != len(cells):
        names = [""] * len(cells)
    return [Cell(text, column) for text, column in zip(cells, names, strict=True)]
