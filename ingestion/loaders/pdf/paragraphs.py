"""Join a page's lines into paragraphs, list items and rows, and write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby, pairwise
from statistics import median

from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.notation import Script, note_mark
from ingestion.loaders.pdf.cells import with_cell_tables
from ingestion.loaders.pdf.drawn_rows import with_drawn_rows
from ingestion.loaders.pdf.headings import HeadingFinder
from ingestion.loaders.pdf.hyphens import Hyphens
from ingestion.loaders.pdf.lines import Line, PdfPage, Table
from ingestion.loaders.pdf.order import in_reading_order
from ingestion.loaders.pdf.ruled import with_ruled_tables
from ingestion.loaders.pdf.tables import ROW_DISTANCE, CarriedHeader, tables_and_lines

# In ems, that is, in multiples of the line's own size.
_INDENT = 0.8
_NARROW = 12
_WIDE = 30
_RAGGED = 6
# A gap between lines larger than usual by this factor parts paragraphs.
_LARGER_GAP = 1.3
_USUAL_LEADING = 1.2
_WIDEST_LEADING = 2.6
_LINES_BESIDE_TABLE = 2

_BULLET = re.compile(r"[•◦▪■□●○‣⁃∙·*–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\d{1,2}[.)]|[a-z][.)]|\([a-z\d]{1,2}\)|\[\d{1,3}\])\s+\S")
# "Introduction . . . . . 7" in a table of contents
_LEADERS = re.compile(r"(?:\s?[.·…]){4,}\s*(?=\S{1,6}$)")


class Break(Enum):
    """What stands between two lines."""

    NONE = auto()
    LINE = auto()
    PARAGRAPH = auto()


@dataclass(slots=True)
class Piece:
    """Lines joined into one string of prose, and what parts it from the piece before."""

    lines: list[Line]
    parted: Break

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list."""
        return _starts_item(self.lines[0])

    def text(self, hyphens: Hyphens) -> str:
        """The lines as one."""
        joined = self.lines[0].text
        for before, line in pairwise(self.lines):
            joined = hyphens.join(joined, line.text, hyphenated=before.hyphenated)
        joined = f"{joined}-" if self.lines[-1].hyphenated else joined
        first = self.lines[0]
        if first.scripts and first.scripts[0] is Script.NOTE:
            mark = note_mark(first.words[0].text)
            joined = re.sub(rf"^{re.escape(mark)}\s+", f"{mark}: ", joined)
        return _LEADERS.sub(" … ", _BULLET.sub("- ", joined, count=1) if self.is_item else joined)


def write_page(
    page: PdfPage,
    headings: HeadingFinder,
    hyphens: Hyphens,
    carried: CarriedHeader,
    builder: TextBuilder,
) -> None:
    """Write a page's lines to the builder as headings, paragraphs, lists and tables."""
    lines = with_ruled_tables(page.lines, page.grids, hyphens)
    lines = with_cell_tables(with_drawn_rows(lines, hyphens), hyphens)
    lines = in_reading_order(lines)
    parts = list(tables_and_lines(lines, hyphens))
    # A line or two, a page number among them, may stand before and after a table that goes on.
    _, first = _lines_before(parts)
    for place, part in enumerate(parts):
        if isinstance(part, Table):
            table = carried.over(part) if part is first else part
            for line in table.lines_above:
                builder.paragraph(line, page.number)
            builder.table(table.rows, header_rows=table.header_rows, page=page.number)
            parts[place] = table
        else:
            _write_prose(part, page.number, headings, hyphens, builder)
    carried.ends_page(_lines_before(parts[::-1])[1])
    for turn, aside in groupby(page.aside, key=lambda line: line.words[0].turn):
        del turn
        _write_prose(in_reading_order(list(aside)), page.number, headings, hyphens, builder)


def _lines_before(parts: Sequence[Table | list[Line]]) -> tuple[int, Table | None]:
    """How many lines stand before the first table, and that table if they are few."""
    count = 0
    for part in parts:
        if isinstance(part, Table):
            return count, part if count <= _LINES_BESIDE_TABLE else None
        count += len(part)
    return count, None


def _write_prose(
    lines: Sequence[Line],
    page: int,
    headings: HeadingFinder,
    hyphens: Hyphens,
    builder: TextBuilder,
) -> None:
    pieces = _pieces(lines)
    texts = [piece.text(hyphens) for piece in pieces]
    levels = headings.levels([piece.lines for piece in pieces], texts, page)
    paragraph: list[str] = []
    in_list = False
    for piece, text, level in zip(pieces, texts, levels, strict=True):
        # However far items stand apart, they are one list.
        goes_on = in_list and piece.is_item
        if level or (piece.parted is Break.PARAGRAPH and not goes_on):
            _write(paragraph, page, builder)
        in_list = piece.is_item and not level
        if level:
            builder.heading(text, level, page)
        else:
            paragraph.append(text)
    _write(paragraph, page, builder)


def _write(paragraph: list[str], page: int, builder: TextBuilder) -> None:
    builder.paragraph("\n".join(paragraph), page)
    paragraph.clear()


def _pieces(lines: Sequence[Line]) -> list[Piece]:
    pieces: list[Piece] = []
    for run in _runs(lines):
        first = len(pieces)
        column = Column.of(run)
        for line in run:
            piece = pieces[-1] if len(pieces) > first else None
            parted = column.break_before(line, piece) if piece else Break.PARAGRAPH
            if piece and parted is Break.NONE:
                piece.lines.append(line)
            else:
                pieces.append(Piece([line], parted))
        _part_paragraphs(pieces[first:])
    return pieces


def _part_paragraphs(pieces: Sequence[Piece]) -> None:
    """Where a piece of several lines ends early, a paragraph ends; single lines that end early
    are verses or rows and stay together."""
    for before, piece in pairwise(pieces):
        several = len(before.lines) > 1 or len(piece.lines) > 1
        if piece.parted is Break.LINE and several and not (before.is_item or piece.is_item):
            piece.parted = Break.PARAGRAPH


def _runs(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines of one size and weight that follow each other closely, down one column."""
    leading = _leading(lines)
    runs: list[list[Line]] = []
    for line in lines:
        if runs and _follows(runs[-1][-1], line, leading):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _follows(before: Line, line: Line, leading: float) -> bool:
    size = max(before.size, 1)
    alike = abs(before.size - line.size) <= 0.1 * size and before.bold == line.bold
    if before.cells > 1 and line.cells > 1:
        return 0 < before.bottom - line.bottom <= ROW_DISTANCE * size
    if before.hyphenated and alike:
        return True  # even into the next column
    distance = before.bottom - line.bottom
    overlap = min(before.right, line.right) - max(before.left, line.left)
    return alike and 0 < distance <= _LARGER_GAP * leading * size and overlap > 0


def _leading(lines: Sequence[Line]) -> float:
    """The page's usual distance between lines, in ems."""
    distances = [
        (before.bottom - line.bottom) / before.size
        for before, line in pairwise(lines)
        if before.size >= 1 and abs(before.size - line.size) <= 0.1 * before.size
    ]
    usual = [distance for distance in distances if 0.8 <= distance <= _WIDEST_LEADING]
    return median(usual) if len(usual) >= 3 else _USUAL_LEADING


@dataclass(frozen=True, slots=True)
class Column:
    """The margins of a run of lines; where lines end says which of them end a paragraph."""

    left: float
    right: float
    lines: int

    @classmethod
    def of(cls, run: Sequence[Line]) -> Column:
        """The column that the run fills."""
        return cls(min(line.left for line in run), max(line.right for line in run), len(run))

    def break_before(self, line: Line, piece: Piece) -> Break:
        """What parts `line` from the piece before it."""
        before = piece.lines[-1]
        size = max(before.size, 1)
        if before.hyphenated:
            return Break.NONE
        if before.mono and line.mono and not self._is_full(before, size):
            return Break.LINE
        if _starts_item(line) or _is_row(before, line) or self._ends_early(before, line, size):
            return Break.LINE
        if piece.is_item or len(piece.lines) == 1:
            return Break.NONE  # a second line further in hangs from the first
        indent = _INDENT * size
        starts_further_in = line.left - max(self.left, before.left) > indent
        ends_hanging = before.left - max(line.left, piece.lines[0].left) > indent
        return Break.PARAGRAPH if starts_further_in or ends_hanging else Break.NONE

    def _is_full(self, line: Line, size: float) -> bool:
        """Whether a line of a wide column reaches its right margin, as prose does."""
        return (
            self.lines > 3
            and self.right - self.left > _WIDE * size
            and self.right - line.right < _RAGGED * size
        )

    def _ends_early(self, before: Line, line: Line, size: float) -> bool:
        """Whether the next word would have fitted on the line before."""
        if self.lines <= 3 and self.right - self.left < _NARROW * size:
            return True  # labels and values, rather than prose in so narrow a column
        word = line.words[0]
        return before.right + 0.8 * size + (word.right - word.left) < self.right


def _starts_item(line: Line) -> bool:
    return bool(_BULLET.match(line.text) or _NUMBERED.match(line.text))


def _is_row(before: Line, line: Line) -> bool:
    if before.cells > 2 or line.cells > 2 or (before.cells > 1 and line.cells > 1):
        return True
    return bool(_LEADERS.search(before.text) or _LEADERS.search(line.text))
