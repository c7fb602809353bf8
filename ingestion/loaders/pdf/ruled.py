"""Read ruled tables: the words in each cell of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingestion.loaders.pdf.grids import Grid
from ingestion.loaders.pdf.hyphens import Hyphens
from ingestion.loaders.pdf.lines import Line, Table, table_line
from ingestion.loaders.pdf.order import whole_lines
from ingestion.loaders.pdf.places import Word, turned
from ingestion.loaders.pdf.tables import as_table, joined_cell

# A longer cell is the text of a page in a frame.
_LONGEST_CELL = 1500
# A grid with so few rows may leave the rows of its body, at least so many, without lines
# between them.
_FEW_ROWS = 2
_UNRULED_ROWS = 4
_FULL = 0.65

Cells = dict[tuple[int, int], list[Line]]


def with_ruled_tables(lines: Sequence[Line], grids: Sequence[Grid], hyphens: Hyphens) -> list[Line]:
    """The page's lines, those inside a ruled table replaced by one line that holds the table."""
    kept = list(lines)
    for grid in sorted(grids, key=_area):
        kept = _with_table(kept, grid, hyphens)
    return kept


def into_cells(
    lines: Sequence[Line], grids: Sequence[Grid], turn: int
) -> tuple[list[Line], list[Line]]:
    """Lines turned otherwise than the page: those in a cell of a grid, upright, and the others.

    Args:
        lines: such as names of narrow columns, written upwards.
        grids: of the page.
        turn: of the page's usual text, in degrees.
    """
    inside: list[Line] = []
    outside: list[Line] = []
    for line in lines:
        first = line.words[0]
        box = line.left, line.bottom, line.right, line.top
        back = turned(box, (turn - first.turn) % 360) if (turn - first.turn) % 90 == 0 else None
        if back is None or not any(
            grid.cell_of((back[0] + back[2]) / 2, (back[1] + back[3]) / 2) for grid in grids
        ):
            outside.append(line)
            continue
        left, bottom, right, top = back
        middle = (bottom + top) / 2
        step = (right - left) / len(line.words)
        words = tuple(
            word._replace(
                left=left + place * step, right=left + (place + 1) * step,
                bottom=middle - 0.2 * word.size, top=middle + 0.8 * word.size,
                baseline=middle, turn=turn,
            )
            for place, word in enumerate(line.words)
        )  # fmt: skip
        inside.append(replace(line, words=words))
    return inside, outside


def _with_table(lines: Sequence[Line], grid: Grid, hyphens: Hyphens) -> list[Line]:
    cells: Cells = {}
    outside: list[Line] = []
    place: int | None = None
    top, bottom = grid.rows[0], grid.rows[-1]
    for line in lines:
        if line.table or line.top < bottom or line.bottom > top:
            outside.append(line)
            continue
        rest: list[Word] = []
        parts: list[tuple[tuple[int, int], list[Word]]] = []
        for word in line.words:
            x, y = (word.left + word.right) / 2, word.baseline + 0.3 * word.size
            here = grid.cell_of(x, y)
            if here is None:
                rest.append(word)
            elif parts and parts[-1][0] == here:
                parts[-1][1].append(word)
            else:
                parts.append((here, [word]))
        for at, words in parts:
            ends = line.hyphenated and words[-1] is line.words[-1]
            part = Line(tuple(words), ends, line.spaced, line.notes)
            cells.setdefault(at, []).append(part)
        if parts and place is None:
            place = len(outside)
        if rest:
            outside.append(line if not parts else replace(line, words=tuple(rest)))
    table = _table(cells, grid, hyphens)
    if table is None or place is None:
        return list(lines)
    box = grid.columns[0], grid.rows[-1], grid.columns[-1], grid.rows[0]
    stand_in = table_line(table, box, next(iter(cells.values()))[0].size)
    return [*outside[:place], stand_in, *outside[place:]]


def _table(cells: Cells, grid: Grid, hyphens: Hyphens) -> Table | None:
    """The grid's cells as a table; None if it is a frame, a form's box or a drawing."""
    used_rows, used_columns = {row for row, _ in cells}, {column for _, column in cells}
    if len(used_columns) < 2 or len(cells) < 3:
        return None
    width = len(grid.columns) - 1
    rows: list[list[list[Line]]] = []
    for row in sorted(used_rows):
        here = [whole_lines(cells.get((row, column), [])) for column in range(width)]
        rows += _unruled_rows(here, grid) if len(used_rows) <= _FEW_ROWS else [here]
    texts = [[joined_cell(cell, hyphens) for cell in row] for row in rows]
    if len(texts) < 2 or any(len(text) > _LONGEST_CELL for row in texts for text in row):
        return None
    return as_table(texts, rows, list(pairwise(grid.columns)))


def _unruled_rows(cells: list[list[Line]], grid: Grid) -> list[list[list[Line]]]:
    """Several rows that no line parts, if the first column's lines have partners beside them."""
    first = next((column for column in cells if column), [])
    filled = [place for place, column in enumerate(cells) if column]
    if len(first) < _UNRULED_ROWS or len(filled) < 2:
        return [cells]
    # Cells of a row rarely have equally many lines, if so many.
    if 2 * sum(len(cells[place]) >= 0.8 * len(first) for place in filled) <= len(filled) + 1:
        return [cells]
    if all(_is_prose(cells[place], grid, place) for place in filled):
        return [cells]
    near = 0.3 * max(first[0].size, 1)
    rows: list[list[list[Line]]] = [[[] for _ in cells] for _ in first]
    partners = set()
    for place, column in enumerate(cells):
        for line in column:
            row = max(
                (at for at, start in enumerate(first) if start.baseline >= line.baseline - near),
                default=0,
            )
            rows[row][place].append(line)
            if column is not first and abs(first[row].baseline - line.baseline) <= near:
                partners.add(row)
    return rows if len(partners) >= 0.8 * len(first) else [cells]


def _is_prose(lines: Sequence[Line], grid: Grid, column: int) -> bool:
    """Whether lines fill their cell to its right border, as broken text does."""
    width = grid.columns[column + 1] - grid.columns[column]
    widths = sorted(line.right - line.left for line in lines[:-1])
    return bool(widths) and widths[len(widths) // 2] > _FULL * width


def _area(grid: Grid) -> float:
    return (grid.columns[-1] - grid.columns[0]) * (grid.rows[0] - grid.rows[-1])
