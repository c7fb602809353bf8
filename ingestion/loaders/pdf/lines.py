"""Words with places, and the lines they stand on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from statistics import median

from ingestion.visibility import GroupRule

# A gap between words of this many ems is a gap between columns.
_COLUMN_GAP = 1.6


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a space.

    Coordinates are in points, x to the right and y upwards, turned so that text reads from left
    to right.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool


@dataclass(frozen=True)
class Line:
    """Words on one line, in reading order.

    Attributes:
        words: at least one.
        hyphenated: the last word goes on in the next line.
    """

    words: tuple[Word, ...]
    hyphenated: bool = False

    @cached_property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)

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
        return median(word.bottom for word in self.words)

    @cached_property
    def top(self) -> float:
        """The top of its usual words."""
        return median(word.top for word in self.words)

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
    """A page's lines in reading order; `number` counts from 1."""

    number: int
    height: float
    lines: list[Line]


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


def normalised(text: str) -> str:
    """Letters and digits only, without case: for comparing what was typeset twice."""
    return re.sub(r"\W|_", "", text).casefold()
