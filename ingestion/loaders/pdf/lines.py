"""Words with places, and the lines they stand on."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from ingestion.loaders.losses import Losses
from ingestion.loaders.notation import Script, on_one_line
from ingestion.loaders.pdf.scripts import scripts_of
from ingestion.visibility import GroupRule

if TYPE_CHECKING:
    from ingestion.loaders.pdf.grids import Grid

# A gap between words of this many ems is a gap between columns.
_COLUMN_GAP = 1.6


Bounds: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a space, of one size, on one baseline.

    Coordinates are in points, x to the right and y upwards, turned so that text reads from left
    to right.

    Attributes:
        glued: no space parts it from the word before.
        turn: by how many degrees, counterclockwise, the text is turned on the page.
        running: the file marks it as part of a running header or footer.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    baseline: float
    glued: bool = False
    turn: int = 0
    running: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by row; every row has one cell per column.

    Attributes:
        columns: what each column covers from left to right.
        header_rows: how many of the rows are names; `sure` if their type face says so.
    """

    rows: list[list[str]]
    header_rows: int
    columns: tuple[tuple[float, float], ...]
    sure: bool = False


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
            if place and not word.glued:
                runs.append((" ", Script.BASE))
            runs.append((word.text, script))
        return on_one_line(runs)

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


def turned(box: Bounds, degrees: int) -> Bounds:
    """A box (left, bottom, right, top) of the page as text turned by so many degrees sees it."""
    left, bottom, right, top = box
    if degrees == 0:
        return box
    if degrees == 90:
        return bottom, -right, top, -left
    if degrees == 180:
        return -right, -top, -left, -bottom
    if degrees == 270:
        return -top, left, -bottom, right
    # The box of a slanted glyph is larger than the glyph: its middle says where it stands.
    angle = math.radians(degrees)
    x, y = (left + right) / 2, (bottom + top) / 2
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    half = min(right - left, top - bottom) / 4
    return along - half, across - half, along + half, across + half


def normalised(text: str) -> str:
    """Letters and digits only, without case: for comparing what was typeset twice."""
    return re.sub(r"\W|_", "", text).casefold()
