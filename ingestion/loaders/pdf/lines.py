"""Words with places, and the lines they stand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any, Generic, TypeVar, overload

from ingestion.documents.visibility import GroupRule
from ingestion.loaders.losses import Losses
from ingestion.loaders.notation import Script, on_one_line
from ingestion.loaders.pdf.grids import Grid
from ingestion.loaders.pdf.places import Bounds, Word
from ingestion.loaders.pdf.scripts import scripts_of
from ingestion.loaders.tables import Row

T = TypeVar("T")

# A gap of this many ems parts cells; the spaces of justified text stay below.
_CELL_GAP = 1.0
# A gap between words of this many ems is a gap between columns.
_COLUMN_GAP = 1.6


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by row; every row has one cell per column.

    Attributes:
        header_rows: how many of the rows are names; `sure` if their type face says so.
        columns: what each column covers from left to right.
        lines_above: text inside its borders, above its header.
    """

    rows: list[Row]
    header_rows: int
    columns: tuple[tuple[float, float], ...]
    sure: bool = False
    lines_above: tuple[str, ...] = ()


class lazy(Generic[T]):  # noqa: N801 - reads like property
    """An attribute computed once; `functools.cached_property` takes a lock, which costs more."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> T | lazy[T]:
        if instance is None:
            return self
        value = self._compute(instance)
        instance.__dict__[self._name] = value
        return value


@dataclass(eq=False)
class Line:
    """Words on one line, in reading order.

    Attributes:
        words: at least one.
        hyphenated: the last word goes on in the next line.
        spaced: white space stands before it, if it goes on where another line ends.
        notes: the labels of notes on the page.
        table: the ruled table that stands here; the words are then empty.
    """

    words: tuple[Word, ...]
    hyphenated: bool = False
    spaced: bool = True
    notes: frozenset[str] = frozenset()
    table: Table | None = None

    @lazy
    def scripts(self) -> list[Script] | None:
        """How each word stands to the line; None if all stand on it."""
        return scripts_of(self.words, self.notes)

    @lazy
    def text(self) -> str:
        """The words with single spaces; raised and lowered ones in `notation`."""
        if len(self.words) == 1:
            return self.words[0].text
        scripts = self.scripts
        if scripts is None:
            return "".join(
                word.text if place == 0 or word.glued else f" {word.text}"
                for place, word in enumerate(self.words)
            )
        runs: list[tuple[str, Script]] = []
        for place, (word, script) in enumerate(zip(self.words, scripts, strict=True)):
            if place and not self._is_glued(place, scripts):
                runs.append((" ", Script.BASE))
            runs.append((word.text, script))
        return on_one_line(runs)

    def _is_glued(self, place: int, scripts: Sequence[Script]) -> bool:
        before, word = self.words[place - 1], self.words[place]
        if place == 1 and scripts[0] is Script.NOTE:
            return False
        # PDFium guesses a space before a raised word where there is hardly room for one.
        raised = scripts[place] is not Script.BASE
        return word.glued or (raised and word.left - before.right < 0.2 * before.size)

    @lazy
    def main(self) -> tuple[Word, ...]:
        """The words that are neither raised nor lowered; one stands for all if they are alike."""
        if len(self.words) == 1:
            return self.words
        words, scripts = self.words, self.scripts
        if scripts is not None:
            base = zip(words, scripts, strict=True)
            return tuple(word for word, script in base if script is Script.BASE) or words
        first = words[0]
        alike = all(word.top == first.top and word.bottom == first.bottom for word in words)
        return words[:1] if alike else words

    @lazy
    def left(self) -> float:
        """Where the line begins."""
        words = self.words
        return words[0].left if len(words) == 1 else min([word.left for word in words])

    @lazy
    def right(self) -> float:
        """Where the line ends."""
        words = self.words
        return words[0].right if len(words) == 1 else max([word.right for word in words])

    @lazy
    def bottom(self) -> float:
        """The bottom of its usual words; a raised note sign does not count."""
        main = self.main
        return main[0].bottom if len(main) == 1 else median(word.bottom for word in main)

    @lazy
    def top(self) -> float:
        """The top of its usual words."""
        main = self.main
        return main[0].top if len(main) == 1 else median(word.top for word in main)

    @lazy
    def baseline(self) -> float:
        """Where its usual words stand."""
        main = self.main
        return main[0].baseline if len(main) == 1 else median(word.baseline for word in main)

    @lazy
    def size(self) -> float:
        """The size that most of its characters have, to half a point."""
        first = self.words[0].size
        if len(self.words) == 1:
            return round(first * 2) / 2
        weights: dict[float, int] = {}
        for word in self.words:
            if word.size != first:
                break
        else:
            return round(first * 2) / 2
        for word in self.words:
            size = round(word.size * 2) / 2
            weights[size] = weights.get(size, 0) + len(word.text)
        return max(weights, key=lambda size: (weights[size], size))

    @lazy
    def bold(self) -> bool:
        """Whether every word is bold."""
        return all(word.bold for word in self.words)

    @lazy
    def mono(self) -> bool:
        """Whether it is set like code."""
        return all(word.mono for word in self.words)

    @lazy
    def pieces(self) -> list[Line]:
        """The line cut at its wide gaps: cells of a row."""
        words = self.words
        gap = _CELL_GAP * max(self.size, 1)
        cuts = [
            place
            for place in range(1, len(words))
            if words[place].left - words[place - 1].right > gap
        ]
        if not cuts:
            return [self]
        return [
            Line(words[start:end], self.hyphenated and end == len(words), True, self.notes)
            for start, end in pairwise((0, *cuts, len(words)))
        ]

    @lazy
    def cells(self) -> int:
        """Into how many columns wide gaps cut the line."""
        gap = _COLUMN_GAP * max(self.size, 1)
        return 1 + sum(after.left - before.right > gap for before, after in pairwise(self.words))


def table_line(table: Table, box: Bounds, size: float) -> Line:
    """A line that stands for a table, in the place of the lines that the table is made of."""
    left, bottom, right, top = box
    word = Word("", left, right, bottom, top, size, bold=False, baseline=bottom)
    return Line((word,), table=table)


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A page's lines in reading order; `number` counts from 1.

    Attributes:
        bottom, top: of the page, turned like its lines.
        grids: the borders of the page's ruled tables.
        aside: lines that are turned otherwise than most of the page.
    """

    number: int
    bottom: float
    top: float
    lines: list[Line]
    grids: tuple[Grid, ...] = ()
    aside: tuple[Line, ...] = ()

    @property
    def height(self) -> float:
        """In points."""
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark: its depth (from 1), title, and page number if it leads to one."""

    level: int
    title: str
    page: int | None


@dataclass(slots=True)
class Pdf:
    """What was read from a file.

    Attributes:
        tagged: whether the file marks what is no content.
        layered: whether it may have layers.
    """

    pages: list[PdfPage] = field(default_factory=list)
    outline: list[OutlineEntry] = field(default_factory=list)
    title: str = ""
    metadata: dict[str, str | int | float | bool | list[str]] = field(default_factory=dict)
    has_images: bool = False
    groups: GroupRule = field(default_factory=GroupRule)
    losses: Losses = field(default_factory=Losses)
    tagged: bool = False
    layered: bool = False


def normalised(text: str) -> str:
    """Letters and digits only, without case: for comparing what was typeset twice."""
    return re.sub(r"\W|_", "", text).casefold()
