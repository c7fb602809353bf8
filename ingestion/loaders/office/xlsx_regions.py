"""Find the tables in a sheet: what empty rows and columns part, and the titles above them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingestion.loaders.tables import Row, laid_out

_MOST_LINES = 3  # so many single cells below each other are lines of text, more are a list
_MOST_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as the sheet shows it.

    Attributes:
        number: its number in the sheet, from 1.
        cells: the cells' texts from column A on.
        names: the author set the row apart as names: bold type, a filter, an Excel table.
    """

    number: int
    cells: list[str]
    names: bool = False


@dataclass(slots=True)
class Region:
    """Rows that belong together.

    Attributes:
        titles: lines above the table: rows with one filled cell, and the like.
        rows: the table.
        header_rows: how many of the rows are its header.
    """

    titles: list[str]
    rows: list[Row] = field(default_factory=list)
    header_rows: int = 0
    columns: set[int] = field(default_factory=set)


def regions(rows: Iterable[SheetRow]) -> Iterator[Region]:
    """The sheet's regions in order.

    Rows that go on below an empty row in the same columns, without a header of their own, are
    the same table: the empty row is only for the eye.
    """
    current: Region | None = None
    for piece in _pieces(rows):
        for block in _side_by_side(piece):
            found = _region(block)
            if current and _goes_on(current, found):
                current.rows.extend(found.rows)
                continue
            if current:
                yield current
            current = found
    if current:
        yield current


def _goes_on(current: Region, found: Region) -> bool:
    more = found.rows and not found.header_rows and not found.titles
    return bool(current.rows and more and found.columns <= current.columns)


def _region(rows: Sequence[SheetRow]) -> Region:
    cells: list[Row] = [row.cells for row in rows]
    columns = {place for row in cells for place, cell in enumerate(row) if cell}
    if len(columns) == 1 and len(rows) <= _MOST_LINES and not rows[0].names:
        return Region([cell for row in cells for cell in row if cell])
    layout = laid_out(cells)
    start = len(rows) - len(layout.rows)
    names = [row.names for row in rows[start:]]
    emphasised = names.index(False) if False in names else 0
    if 0 < emphasised <= _MOST_HEADER_ROWS:
        layout = laid_out(layout.rows, emphasised=emphasised)
        lines = [" ".join(filter(None, row.cells)) for row in rows[:start]]
        return Region(lines, layout.rows, layout.header_rows, columns)
    return Region(layout.lines_above, layout.rows, layout.header_rows, columns)


def _side_by_side(rows: Sequence[SheetRow]) -> list[list[SheetRow]]:
    """The rows cut into tables that stand beside each other, or the rows alone.

    An empty column within one table looks the same. Two tables have a header each, and
    differ in height or have the same names.
    """
    used = sorted({place for row in rows for place, cell in enumerate(row.cells) if cell})
    gaps = [(left, right) for left, right in pairwise(used) if right - left > 1]
    if not gaps or len(rows) < 2:
        return [list(rows)]
    edges = [used[0], *(right for _, right in gaps), used[-1] + 1]
    blocks = [
        [SheetRow(row.number, _cut(row.cells, left, right), row.names) for row in rows]
        for left, right in pairwise(edges)
    ]
    filled = [[row for row in block if any(row.cells)] for block in blocks]
    heads, extents = [], set()
    for block in filled:
        width = len({place for row in block for place, cell in enumerate(row.cells) if cell})
        layout = laid_out([row.cells for row in block])
        if width < 2 or not layout.header_rows:
            return [list(rows)]
        heads.append(tuple(filter(None, layout.rows[0])))
        extents.add((block[0].number, block[-1].number))
    if len(extents) > 1 or len(set(heads)) < len(heads):
        return filled
    return [list(rows)]


def _cut(cells: Sequence[str], left: int, right: int) -> list[str]:
    return [""] * left + list(cells[left:right])


def _pieces(rows: Iterable[SheetRow]) -> Iterator[list[SheetRow]]:
    piece: list[SheetRow] = []
    for row in rows:
        if piece and (row.number > piece[-1].number + 1 or not any(row.cells)):
            yield piece
            piece = []
        if any(row.cells):
            piece.append(row)
    if piece:
        yield piece
