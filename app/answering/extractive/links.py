"""Two passages at once: a value in the unit about the question's thing is the key of the row that answers.

"How warm may bananas get?": one row says that bananas are of class D, another what holds for class D.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.answering.extractive.evidence import Candidate, Evidence
from app.answering.extractive.fitted_constants import Weights
from app.answering.extractive.units import Kind
from app.answering.extractive.words import Reader

# How much of the question, by weight, the two hold beyond the better of them, and together. A code
# leads to its row even where that adds none of the question's words.
LEAST_GAIN = 0.06
LEAST_TOGETHER = 0.35
# How many pairs, those that hold most of the question, are compared with it by meaning.
COMPARED = 3
# A row's key stands in one of its first cells: a code, then a name.
KEY_CELLS = 2
LONGEST_KEY = 40
# A pair is embedded up to here, characters: what names, then the row.
LONGEST_SOURCE = 300
LONGEST_TARGET = 200
CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z][\w-]{2,}\b")
NAME = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)+\b")


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
        gain: how much more that is than the better one of them holds.
    """

    source: int
    target: int
    together: float
    gain: float


def best_link(evidence: Evidence, weights: Weights) -> Link | None:
    """The two linked units that are nearest to the question; None where one unit alone is nearer.

    Args:
        evidence: units and what was measured of them.
        weights: a pair is compared with a single unit by those of likeness, words and phrases.
    """
    telling, rows = evidence.telling, evidence.rows
    question_words = _asked(evidence)
    links = sorted(
        _links(evidence, question_words),
        key=lambda link: (link.together, weights.unit_score(rows[link.source])),
        reverse=True,
    )[:COMPARED]
    if not links:
        return None

    def nearness(likeness: float, match: float, phrase: float) -> float:
        return (
            weights.unit_similarity * likeness
            + weights.unit_match * match
            + weights.unit_phrase * phrase
        )

    alone = [
        nearness(
            row.similarity,
            telling.share(question_words, candidate.stems & question_words),
            row.phrase,
        )
        + weights.unit_match_around * row.match_around
        for candidate, row in zip(evidence.candidates, rows, strict=True)
        if row.can_answer
    ]
    texts = [_pair_text(evidence, link) for link in links]
    pairs = [
        nearness(cosine, link.together, max(rows[link.source].phrase, rows[link.target].phrase))
        for link, cosine in zip(links, evidence.likeness(texts), strict=True)
    ]
    best = max(range(len(links)), key=lambda place: (pairs[place], -place))
    return links[best] if pairs[best] >= max(alone, default=0.0) else None


def _asked(evidence: Evidence) -> frozenset[str]:
    """The question's stems; what no unit says is no reason to look at two of them."""
    anywhere = frozenset().union(*(candidate.stems for candidate in evidence.candidates))
    return frozenset(evidence.stems) & anywhere


def _links(evidence: Evidence, asked: frozenset[str]) -> Iterator[Link]:
    """All pairs of a unit and the row that it names."""
    reader = Reader()
    candidates, telling = evidence.candidates, evidence.telling
    named = _named(evidence, reader)
    held = [candidate.stems & asked for candidate in candidates]
    keyed = _rows_by_key(candidates, reader)
    found: dict[tuple[int, int], Link] = {}
    for source, candidate in enumerate(candidates):
        if candidate.unit.kind is Kind.HEADING or not held[source]:
            continue
        alone = telling.share(asked, held[source])
        # The row of R-07 may lead to NV-300; a sentence on does not lead to R-08.
        is_row = candidate.unit.kind is Kind.ROW
        beside = named - candidate.stems if is_row else named
        for value in _values(candidate):
            if _is_of_the_question(value.text, beside):
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
                together = telling.share(asked, held[source] | framed)
                gain = together - max(alone, telling.share(asked, framed))
                least = 0.0 if CODE.fullmatch(value.text) else LEAST_GAIN
                if gain >= least and together >= LEAST_TOGETHER:
                    found.setdefault((source, target), Link(source, target, together, gain))
    yield from found.values()


def _pair_text(evidence: Evidence, link: Link) -> str:
    source, target = evidence.candidates[link.source], evidence.candidates[link.target]
    header = f"{target.unit.header}: " if target.unit.header else ""
    return f"{source.text[:LONGEST_SOURCE]}. {header}{target.text[:LONGEST_TARGET]}"


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


def _rows_by_key(
    candidates: Sequence[Candidate], reader: Reader
) -> dict[str, list[tuple[int, str]]]:
    """Indices of rows, and the name of the key's column, by key in lower case.

    What stands in the same column of several rows is no key. Where a cell repeats its column's name,
    as "Service C" does below "Service", what is left is a key too.
    """
    found: dict[str, dict[tuple[int, str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, candidate in enumerate(candidates):
        if candidate.unit.kind is not Kind.ROW:
            continue
        table = (candidate.passage.marker, candidate.unit.header)
        for cell in cells_of(candidate)[:KEY_CELLS]:
            for key in {cell.text, *CODE.findall(cell.text), *_without_column(cell, reader)}:
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


def _without_column(cell: Cell, reader: Reader) -> Iterator[str]:
    first, _, rest = cell.text.partition(" ")
    if rest and reader.stems(first) <= reader.stems(cell.column):
        yield rest.strip()


def _values(candidate: Candidate) -> Iterator[Cell]:
    """What a unit names; a row's first cell is what it is about itself."""
    if candidate.unit.kind is Kind.ROW:
        for cell in cells_of(candidate)[1:]:
            if cell.text and len(cell.text) <= LONGEST_KEY:
                yield cell
        return
    for pattern in (CODE, NAME):
        for name in pattern.findall(candidate.text):
            yield Cell(name, "")


def _mean_the_same(value: Cell, column: str, reader: Reader) -> bool:
    """Whether value and key mean one thing: they are a code or a name, or their columns share a word."""
    if CODE.fullmatch(value.text) or NAME.fullmatch(value.text):
        return True
    return bool(reader.stems(value.column) & reader.stems(column))


def cells_of(candidate: Candidate) -> list[Cell]:
    """A row's cells."""
    cells = [cell.strip() for cell in candidate.text.split("|")]
    names = [name.strip() for name in candidate.unit.header.split("|")]
    if len(names) != len(cells):
        names = [""] * len(cells)
    return [Cell(text, column) for text, column in zip(cells, names, strict=True)]
