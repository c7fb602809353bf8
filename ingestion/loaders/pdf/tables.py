"""Find tables in a page's lines: rows of cells that stand in the same columns.

Only what is plain is taken for a table; a row in doubt stays a line of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingestion.loaders.pdf.lines import Line
from ingestion.loaders.tables import guess_header_rows

# A gap of so many ems parts cells; the spaces of justified text stay below.
_CELL_GAP = 1.0
# Rows farther apart (in ems) belong to different tables.
ROW_DISTANCE = 3.2
# Cells of more characters are columns of prose.
_LONG_CELL = 28

_ITEM = re.compile(r"[•◦▪■□●○‣⁃∙·*–—-]|\(?(?:\d{1,2}|[a-z])[.)]|\[\d+\]")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by row; every row has one cell per column."""

    rows: list[list[str]]
    header_rows: int


def tables_and_lines(lines: Sequence[Line]) -> Iterator[Table | list[Line]]:
    """The page in reading order: its tables, and the stretches of lines between them."""
    between: list[Line] = []
    start = 0
    while start < len(lines):
        end = start + 1
        while end < len(lines) and _next_row(lines[end - 1], lines[end]):
            end += 1
        found = _as_table(lines[start:end]) if end - start > 1 else None
        if isinstance(found, Table):
            if between:
                yield between
            between = []
            yield found
        else:
            between.extend(found or lines[start:end])
        start = end
    if between:
        yield between


def split_cells(line: Line) -> list[Line]:
    """The line cut at its wide gaps."""
    gap = _CELL_GAP * max(line.size, 1)
    cells = [[line.words[0]]]
    for before, word in pairwise(line.words):
        if word.left - before.right > gap:
            cells.append([])
        cells[-1].append(word)
    return [Line(tuple(words)) for words in cells]


def _next_row(before: Line, line: Line) -> bool:
    size = max(before.size, 1)
    distance = before.bottom - line.bottom
    alike = abs(before.size - line.size) <= 0.2 * size
    rows = [split_cells(before), split_cells(line)]
    both = all(len(row) > 1 and not _ITEM.fullmatch(row[0].text) for row in rows)
    return both and alike and 0 < distance <= ROW_DISTANCE * size


def _as_table(lines: Sequence[Line]) -> Table | list[Line] | None:
    """A table, or the same lines in column order if they are prose, or None to leave them."""
    rows = [split_cells(line) for line in lines]
    columns = _columns(rows)
    if len(columns) < 2 or len(lines) * len(columns) < 6:
        return None
    placed = [_place(row, columns) for row in rows]
    if not all(placed):
        return None
    long = [median(len(row[column]) for row in placed) > _LONG_CELL for column in (0, -1)]
    if all(long) and len(columns) == 2:
        return _by_columns(rows, columns)
    texts = [row for row in placed if row]
    if _is_contents(texts):
        return None
    bold_header = lines[0].bold and not any(line.bold for line in lines[1:])
    return Table(texts, 1 if bold_header else guess_header_rows(texts))


def _columns(rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """What the cells cover from left to right, overlapping ones as one column."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((cell.left, cell.right) for row in rows for cell in row):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def _place(row: Sequence[Line], columns: Sequence[tuple[float, float]]) -> list[str]:
    """The row's texts by column; empty if two cells share one, so that the grid is not plain."""
    texts = [""] * len(columns)
    for cell in row:
        place = _column_of(cell, columns)
        if texts[place]:
            return []
        texts[place] = cell.text
    return texts


def _column_of(cell: Line, columns: Sequence[tuple[float, float]]) -> int:
    return next(place for place, (left, right) in enumerate(columns) if left <= cell.left <= right)


def _by_columns(
    rows: Sequence[Sequence[Line]], columns: Sequence[tuple[float, float]]
) -> list[Line]:
    cells = [(_column_of(cell, columns), cell) for row in rows for cell in row]
    return [cell for column in range(len(columns)) for place, cell in cells if place == column]


def _is_contents(rows: Sequence[list[str]]) -> bool:
    """Whether the rows are a table of contents: titles and rising page numbers."""
    numbers = [row[-1] for row in rows]
    if not all(map(str.isdecimal, numbers)):
        return False
    pages = list(map(int, numbers))
    return len(rows[0]) <= 3 and pages == sorted(pages)
