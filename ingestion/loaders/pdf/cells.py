"""Find tables without borders whose cells have several lines, by the order of drawing.

Programs draw a table row by row and cell by cell: the lines of a cell go down, the next cell
stands to the right and not below, the next row starts further left and below all of the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingestion.loaders.pdf.hyphens import Hyphens
from ingestion.loaders.pdf.lines import Line, Table, table_line
from ingestion.loaders.pdf.places import Bounds
from ingestion.loaders.pdf.tables import (
    ITEM,
    ROW_DISTANCE,
    as_table,
    column_of,
    columns_of,
    joined_cell,
)

# In ems.
_LEADING = 1.35
_EDGE = 0.7
_PAST = 0.3
# A cell with more lines is a column of prose.
_MOST_LINES = 10
_MOST_CELLS = 60
_LONGEST_COLUMN = 200


@dataclass(slots=True)
class _Row:
    """Cells from left to right; `sources` are the places of the lines that they come from."""

    cells: list[list[Line]] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)

    @property
    def lowest(self) -> float:
        """The bottom of its lowest line."""
        return min([line.bottom for cell in self.cells for line in cell])

    @property
    def highest(self) -> float:
        """The top of its highest line."""
        return max([line.top for cell in self.cells for line in cell])


def with_cell_tables(lines: Sequence[Line], hyphens: Hyphens) -> list[Line]:
    """The lines, those of each table replaced by one line that holds the table.

    Args:
        lines: in the order of drawing.
        hyphens: joins the lines of a cell.
    """
    kept: list[Line] = []
    done = 0
    for rows in _groups(lines):
        for part in _parts(rows):
            found = _table(part, hyphens)
            first, last = part[0].sources[0], part[-1].sources[-1]
            # Rows that share a line with their neighbours cannot be taken out.
            if found is None or first < done:
                continue
            if _is_shared(rows, part):
                continue
            kept += lines[done:first]
            kept.append(table_line(found, _box(part), part[0].cells[0][0].size))
            done = last + 1
    return [*kept, *lines[done:]]


def _is_shared(rows: Sequence[_Row], part: Sequence[_Row]) -> bool:
    """Whether the rows before or after a part stand on lines of the part."""
    start = next(place for place, row in enumerate(rows) if row is part[0])
    before = rows[start - 1 : start] if start else []
    after = rows[start + len(part) : start + len(part) + 1]
    return any(row.sources[-1] >= part[0].sources[0] for row in before) or any(
        row.sources[0] <= part[-1].sources[-1] for row in after
    )


def _box(rows: Sequence[_Row]) -> Bounds:
    inside = [line for row in rows for cell in row.cells for line in cell]
    left, right = min(line.left for line in inside), max(line.right for line in inside)
    return left, rows[-1].lowest, right, rows[0].highest


def _groups(lines: Sequence[Line]) -> Iterator[list[_Row]]:
    """Rows that follow each other."""
    rows: list[_Row] = []
    for place, line in enumerate(lines):
        if line.table:
            if rows:
                yield rows
            rows = []
            continue
        for cell in line.pieces:
            if not (rows and _add(rows, cell, place)):
                if rows:
                    yield rows
                rows = [_Row([[cell]], [place])]
    if rows:
        yield rows


def _add(rows: list[_Row], line: Line, place: int) -> bool:
    """Add the line to the rows if it goes on in the last cell, beside it, or in a new row."""
    row = rows[-1]
    cell = row.cells[-1]
    before = cell[-1]
    size = max(before.size, 1)
    if abs(before.size - line.size) > 0.25 * size or before.words[0].turn != line.words[0].turn:
        return False
    right = before.right if len(cell) == 1 else max([other.right for other in cell])
    if line.left >= right + _PAST * size:
        if line.top <= row.lowest or line.bottom >= row.highest:
            return False
        if len(row.cells) >= _MOST_CELLS:
            return False
        row.cells.append([line])
    elif 0 < before.baseline - line.baseline <= _LEADING * size and _in_column(cell, line, size):
        if len(cell) > _LONGEST_COLUMN:
            return False
        cell.append(line)
    elif line.top <= row.lowest + 0.35 * size:
        starts = line.left <= min(other.left for other in row.cells[0]) + _EDGE * size
        if row.lowest - line.bottom > ROW_DISTANCE * size:
            return False
        if not starts and len(row.cells) == 1:
            return False
        rows.append(_Row([[line]], []))
    else:
        return False
    rows[-1].sources.append(place)
    return True


def _in_column(cell: Sequence[Line], line: Line, size: float) -> bool:
    """Whether the line begins, ends or is centred where the cell's lines are."""
    near = _EDGE * size
    return any(
        abs(other.left - line.left) <= near
        or abs(other.right - line.right) <= near
        or abs(other.left + other.right - line.left - line.right) <= near
        for other in cell
    )


def _parts(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Stretches of rows that begin and end with a row of several cells."""
    part: list[_Row] = []
    for row in rows:
        several = len(row.cells) > 1 and not ITEM.fullmatch(row.cells[0][0].text)
        if several or (part and _is_in_one_column(row, part)):
            part.append(row)
        elif part:
            yield _trimmed(part)
            part = []
    if part:
        yield _trimmed(part)


def _trimmed(rows: list[_Row]) -> list[_Row]:
    while len(rows[-1].cells) == 1:
        rows = rows[:-1]
    return rows


def _is_in_one_column(row: _Row, part: Sequence[_Row]) -> bool:
    """Whether a row of one cell leaves the other columns empty rather than crossing them."""
    if len(row.cells) > 1:
        return False
    right = max(line.right for line in row.cells[0])
    left = min(line.left for line in row.cells[0])
    above = next(other for other in reversed(part) if len(other.cells) > 1)
    touched = sum(
        min(right, max(line.right for line in cell)) > max(left, min(line.left for line in cell))
        for cell in above.cells
    )
    return touched == 1


def _table(rows: Sequence[_Row], hyphens: Hyphens) -> Table | None:
    """The rows as a table, None if they are no plain grid or have cells of one line only."""
    lengths = [len(cell) for row in rows for cell in row.cells]
    if len(rows) < 2 or max(lengths) < 2 or max(lengths) > _MOST_LINES:
        return None
    columns = columns_of([[line for cell in row.cells for line in cell] for row in rows])
    if len(columns) < 2 or len(rows) * len(columns) < 6:
        return None
    grid: list[list[list[Line]]] = []
    for row in rows:
        places = [column_of(cell[0], columns) for cell in row.cells]
        if len(set(places)) < len(places):
            return None
        cells: list[list[Line]] = [[] for _ in columns]
        for place, cell in zip(places, row.cells, strict=True):
            cells[place] = cell
        grid.append(cells)
    texts = [[joined_cell(cell, hyphens) for cell in cells] for cells in grid]
    return as_table(texts, grid, columns)
