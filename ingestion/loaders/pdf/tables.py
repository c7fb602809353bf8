"""Find tables in a page's lines: rows of cells that stand in the same columns.

Only what is plain is taken for a table; a row in doubt stays a line of text.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingestion.loaders.pdf.hyphens import Hyphens
from ingestion.loaders.pdf.lines import Line, Table
from ingestion.loaders.pdf.order import LONG_CELL
from ingestion.loaders.table_headers import is_clear_header
from ingestion.loaders.tables import Row, laid_out

# Rows farther apart (in ems) belong to different tables.
ROW_DISTANCE = 3.2
# Lines of one cell stand this close.
_CELL_LEADING = 1.45
_SAME_EDGE = 0.7
_WORTH_TRIMMING = 5
_MOST_TRIMMED = 2

ITEM = re.compile(r"[•◦▪■□●○‣⁃∙·*–—-]|\(?(?:\d{1,2}|[a-z])[.)]|\[\d+\]")


@dataclass(slots=True)
class _Row:
    """Lines of one row: the first holds its first line, the others go on in its cells."""

    cells: list[list[Line]]
    distance: float


def tables_and_lines(lines: Sequence[Line], hyphens: Hyphens) -> Iterator[Table | list[Line]]:
    """The page in reading order: its tables, and the stretches of lines between them."""
    between: list[Line] = []
    start = 0
    while start < len(lines):
        ruled = lines[start].table
        skipped: Sequence[Line] = ()
        end = start + 1
        found: Table | list[Line] | None = ruled
        if not ruled:
            row = lines[start]  # the last one of several cells
            while end < len(lines) and _goes_on(lines[end - 1], row, lines[end]):
                row = lines[end] if len(lines[end].pieces) > 1 else row
                end += 1
            skipped, found, end = _best_table(lines, start, end, hyphens)
            between.extend(skipped)
        if isinstance(found, Table):
            if between:
                yield between
            between = []
            yield found
        else:
            between.extend(found or lines[start + len(skipped) : end])
        start = end
    if between:
        yield between


def _best_table(
    lines: Sequence[Line], start: int, end: int, hyphens: Hyphens
) -> tuple[Sequence[Line], Table | list[Line] | None, int]:
    """A table in `[start, end)`: the lines before it, the table if any, and its end.

    A line of other columns may stand close above or below it: a title, a sum carried over.
    """
    if end - start < 2:
        return (), None, end
    found = _as_table(lines[start:end], hyphens)
    if found is not None or end - start < _WORTH_TRIMMING:
        return (), found, end
    for above in range(_MOST_TRIMMED + 1):
        for below in range(_MOST_TRIMMED + 1):
            part = _as_table(lines[start + above : end - below], hyphens)
            if isinstance(part, Table):
                return lines[start : start + above], part, end - below
    return (), None, end


def joined_cell(lines: Sequence[Line], hyphens: Hyphens) -> str:
    """The lines of a cell as one."""
    if not lines:
        return ""
    text = lines[0].text
    for before, line in pairwise(lines):
        text = hyphens.join(text, line.text, hyphenated=before.hyphenated)
    return f"{text}-" if lines[-1].hyphenated else text


def as_table(
    texts: Sequence[Row],
    cells: Sequence[Sequence[Sequence[Line]]],
    columns: Sequence[tuple[float, float]],
) -> Table:
    """The table of these rows, its header found by bold type or by the rule for all formats."""
    bold = [all(line.bold for cell in row for line in cell) for row in cells]
    emphasised = bold.index(False) if False in bold and not any(bold[bold.index(False) :]) else 0
    layout = laid_out(texts, emphasised=emphasised)
    return Table(
        layout.rows,
        layout.header_rows,
        tuple(columns),
        sure=emphasised > 0,
        lines_above=tuple(layout.lines_above),
    )


def _goes_on(before: Line, row: Line, line: Line) -> bool:
    """Whether the line is the next row after `before`, or goes on in cells of the last `row`."""
    if line.table or len(row.pieces) < 2 or ITEM.fullmatch(row.pieces[0].text):
        return False
    size = max(before.size, 1)
    distance = before.bottom - line.bottom
    alike = abs(before.size - line.size) <= 0.2 * size
    if not alike or not 0 < distance <= ROW_DISTANCE * size:
        return False
    cells = line.pieces
    if len(cells) > 1:
        return not ITEM.fullmatch(cells[0].text)
    close = distance <= _CELL_LEADING * size
    return close and any(_under(cell, line, size) for cell in row.pieces[1:])


def _under(cell: Line, line: Line, size: float) -> bool:
    """Whether both begin, end or are centred at one place."""
    near = _SAME_EDGE * size
    return (
        abs(cell.left - line.left) <= near
        or abs(cell.right - line.right) <= near
        or abs(cell.left + cell.right - line.left - line.right) <= near
    )


def _as_table(lines: Sequence[Line], hyphens: Hyphens) -> Table | list[Line] | None:
    """A table, or the same lines in column order if they are prose, or None to leave them."""
    split = [line.pieces for line in lines]
    columns = columns_of(split)
    if len(columns) < 2 or len(lines) * len(columns) < 6:
        return None
    rows = _rows(lines, split, columns)
    if rows is None:
        return None
    texts = [[joined_cell(cell, hyphens) for cell in row.cells] for row in rows]
    long = [
        median(max((len(line.text) for line in row.cells[column]), default=0) for row in rows)
        > LONG_CELL
        for column in (0, -1)
    ]
    if all(long) and len(columns) == 2:
        return _bycolumns_of(split, columns)
    if _is_contents(texts) or len(texts) < 2:
        return None
    return as_table(texts, [row.cells for row in rows], columns)


def _rows(
    lines: Sequence[Line],
    split: Sequence[Sequence[Line]],
    columns: Sequence[tuple[float, float]],
) -> list[_Row] | None:
    """Lines gathered into rows; None if the grid is not plain, two cells sharing a column."""
    distances = [before.bottom - line.bottom for before, line in pairwise(lines)]
    starts = [
        distance
        for distance, cells in zip(distances, split[1:], strict=True)
        if column_of(cells[0], columns) == 0
    ]
    usual = median(starts) if starts else 0.0
    rows: list[_Row] = []
    for place, (line, cells) in enumerate(zip(lines, split, strict=True)):
        at = [column_of(cell, columns) for cell in cells]
        if len(set(at)) < len(at):
            return None
        distance = distances[place - 1] if place else 0.0
        close = distance <= _CELL_LEADING * max(line.size, 1)
        goes_on = place and at[0] > 0 and close and (len(cells) == 1 or distance < 0.9 * usual)
        if not goes_on:
            rows.append(_Row([[] for _ in columns], distance))
        for column, cell in zip(at, cells, strict=True):
            rows[-1].cells[column].append(cell)
    return rows


def columns_of(rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """What the cells cover from left to right, overlapping ones as one column."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((cell.left, cell.right) for row in rows for cell in row):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def column_of(cell: Line, columns: Sequence[tuple[float, float]]) -> int:
    return bisect_right(columns, (cell.left, math.inf)) - 1


def _bycolumns_of(
    rows: Sequence[Sequence[Line]], columns: Sequence[tuple[float, float]]
) -> list[Line]:
    cells = [(column_of(cell, columns), cell) for row in rows for cell in row]
    return [cell for column in range(len(columns)) for place, cell in cells if place == column]


def _is_contents(rows: Sequence[list[str]]) -> bool:
    """Whether the rows are a table of contents: titles and rising page numbers."""
    numbers = [row[-1] for row in rows]
    if not all(map(str.isdecimal, numbers)):
        return False
    pages = list(map(int, numbers))
    return len(rows[0]) <= 3 and pages == sorted(pages)


class CarriedHeader:
    """Gives a table that goes on over pages its header on every page."""

    # In points, by how much the columns of one table may shift from page to page.
    _SHIFT = 6.0

    def __init__(self) -> None:
        self._table: Table | None = None

    def over(self, table: Table) -> Table:
        """The table, with the header of the table that ends the page before if it goes on here."""
        before, self._table = self._table, None
        if not before or not before.header_rows or not self._samecolumns_of(before, table):
            return table
        header = before.rows[: before.header_rows]
        if list(map(list, table.rows[: len(header)])) == list(map(list, header)):
            return replace(table, header_rows=len(header))
        if table.sure or table.lines_above or not (before.sure or is_clear_header(before.rows)):
            return table
        return replace(table, rows=[*header, *table.rows], header_rows=len(header))

    def ends_page(self, table: Table | None) -> None:
        """Note the table at the end of a page, None if absent."""
        self._table = table

    def _samecolumns_of(self, before: Table, table: Table) -> bool:
        if len(before.columns) != len(table.columns):
            return False
        for (left, right), (other_left, other_right) in zip(
            before.columns, table.columns, strict=True
        ):
            aligned = (
                abs(left - other_left) <= self._SHIFT
                or abs(right - other_right) <= self._SHIFT
                or abs(left + right - other_left - other_right) <= self._SHIFT
            )
            if not aligned:
                return False
        return True
