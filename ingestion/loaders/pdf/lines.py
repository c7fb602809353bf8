"""Words with places, and the lines they stand on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from statistics import median

from ingestion.loaders.losses import Losses
from ingestion.loaders.notation import Script, on_one_line
from ingestion.loaders.pdf.grids import Grid
from ingestion.loaders.pdf.places import Word
from ingestion.loaders.pdf.scripts import scripts_of
from ingestion.loaders.tables import Row
from ingestion.visibility import GroupRule

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


@dataclass(frozen=True)
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

    @cached_property
    def text(self) -> str:
        """The words with single spaces; raised and lowered ones in `notation`."""
        scripts = scripts_of(self.words, self.notes)
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

    @cached_property
    def main(self) -> tuple[Word, ...]:
        """The words that are neither raised nor lowered."""
        scripts = scripts_of(self.words, self.notes)
        if scripts is None:
            return self.words
        pairs = zip(self.words, scripts, strict=True)
        return tuple(word for word, script in pairs if script is Script.BASE) or self.words

    @cached_property
    def left(self) -> float:
        """Where the line begins."""
        return min(word.left for word in self.words)

    @cached_property
    def right(self) -> float:
        """Where the line ends."""
        return max(word.right for word in self.words)

    @cached_property
    def bottom(self) -> float:
        """The bottom of its usual words; a raised note sign does not count."""
        return median(word.bottom for word in self.main)

    @cached_property
    def top(self) -> float:
        """The top of its usual words."""
        return median(word.top for word in self.main)

    @cached_property
    def baseline(self) -> float:
        """Where its usual words stand."""
        return median(word.baseline for word in self.main)

    @cached_property
    def size(self) -> float:
        """The size that most of its characters have, to half a point."""
        weights: dict[float, int] = {}
        for word in self.words:
            size = round(word.size * 2) / 2
            weights[size] = weights.get(size, 0) + len(word.text)
        return max(weights, key=lambda size: (weights[size], size))

    @cached_property
    def bold(self) -> bool:
        """Whether every word is bold."""
        return all(word.bold for word in self.words)

    @cached_property
    def cells(self) -> int:
        """Into how many columns wide gaps cut the line."""
        gap = _COLUMN_GAP * max(self.size, 1)
        return 1 + sum(after.left - before.right > gap for before, after in pairwise(self.words))


def table_line(table: Table, lines: Sequence[Line]) -> Line:
    """A line that stands for a table, in the place of the lines that the table is made of."""
    box = Word(
        text="",
        left=min(line.left for line in lines),
        right=max(line.right for line in lines),
        bottom=(bottom := min(line.bottom for line in lines)),
        top=max(line.top for line in lines),
        size=median(line.size for line in lines),
        bold=False,
        baseline=bottom,
    )
    return Line((box,), table=table)


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
    """What was read from a file."""

    pages: list[PdfPage] = field(default_factory=list)
    outline: list[OutlineEntry] = field(default_factory=list)
    title: str = ""
    metadata: dict[str, str | int | float | bool | list[str]] = field(default_factory=dict)
    has_images: bool = False
    groups: GroupRule = field(default_factory=GroupRule)
    losses: Losses = field(default_factory=Losses)


def normalised(text: str) -> str:
    """Letters and digits only, without case: for comparing what was typeset twice."""
    return re.sub(r"\W|_", "", text).casefold()
