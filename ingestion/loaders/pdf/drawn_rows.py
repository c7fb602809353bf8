"""Find tables without borders by what is drawn higher and further right than what came before.

Prose goes down. Where the next line stands higher and to the right, a cell of a row begins. That
tells columns that stand too close to each other to be seen by their gaps, and cells that are
centred in the height of their row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingestion.loaders.pdf.hyphens import Hyphens
from ingestion.loaders.pdf.lines import Line, Table, table_line
from ingestion.loaders.pdf.places import Word
from ingestion.loaders.pdf.tables import ITEM, ROW_DISTANCE, as_table, columns_of, joined_cell

# In ems.
_HIGHER = 0.3
_TALLEST_CELL = 16.0
_FEWEST_JUMPS = 2
_MOST_BETWEEN = 24  # lines from one jump to the next
_LEAST_GAP = 0.15
_ALIGNED = 0.25
_MOST_FILLED = 0.6
_LONGEST = 1500  # characters of a cell
Columns = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line: `place` is that of the line."""

    line: Line
    place: int


def with_drawn_rows(lines: Sequence[Line], hyphens: Hyphens) -> list[Line]:
    """The lines, those of each table replaced by one line that holds the table.

    Args:
        lines: in the order of drawing.
        hyphens: joins the lines of a cell.
    """
    rising = sum(after.baseline > before.baseline for before, after in pairwise(lines))
    if rising < _FEWEST_JUMPS:
        return list(lines)
    parts = [
        _Part(piece, place)
        for place, line in enumerate(lines)
        for piece in ([line] if line.table else line.pieces)
    ]
    kept: list[Line] = []
    done = 0
    for start, end in _regions(parts):
        found = _table(lines, parts, start, end, hyphens)
        if found is None:
            continue
        table, first, last = found
        if parts[first].place < done or (first and parts[first - 1].place == parts[first].place):
            continue
        if last + 1 < len(parts) and parts[last + 1].place == parts[last].place:
            continue
        inside = [part.line for part in parts[first : last + 1]]
        box = (
            min(line.left for line in inside),
            min(line.bottom for line in inside),
            max(line.right for line in inside),
            max(line.top for line in inside),
        )
        kept += lines[done : parts[first].place]
        kept.append(table_line(table, box, inside[0].size))
        done = parts[last].place + 1
    return [*kept, *lines[done:]] if done else list(lines)


def _regions(parts: Sequence[_Part]) -> Iterator[tuple[int, int]]:
    """Stretches with jumps close to each other: the first jump and the last."""
    jumps = [place for place in range(1, len(parts)) if _is_jump(parts, place)]
    start = 0
    for place, (before, jump) in enumerate(pairwise([*jumps, len(parts) + 2 * _MOST_BETWEEN]), 1):
        if jump - before > _MOST_BETWEEN:
            if place - start >= _FEWEST_JUMPS:
                yield jumps[start], before
            start = place


def _is_jump(parts: Sequence[_Part], place: int) -> bool:
    """Whether a part stands higher and further right than the one drawn before it."""
    before, line = parts[place - 1].line, parts[place].line
    if before.table or line.table or before.words[0].turn != line.words[0].turn:
        return False
    size = max(before.size, 1)
    rise = line.baseline - before.baseline
    return (
        _HIGHER * size < rise < _TALLEST_CELL * size
        and abs(before.size - line.size) <= 0.25 * size
        and line.left > before.left + size
        and line.left > before.right - 0.3 * (before.right - before.left)
        and len(before.words) + len(line.words) > 2
    )


def _starts_row(before: Line, line: Line) -> bool:
    """Whether a line stands lower and further left than the one before."""
    return line.baseline < before.baseline and line.left < before.left - before.size


def _table(
    lines: Sequence[Line], parts: Sequence[_Part], start: int, end: int, hyphens: Hyphens
) -> tuple[Table, int, int] | None:
    """The table around jumps from `start` to `end`, with its first part and its last."""
    first = start - 1
    while first and _is_within(parts, first):
        first -= 1
    last = end
    while last + 1 < len(parts) and _goes_down(parts[last].line, parts[last + 1].line):
        last += 1
    pure = [
        part.line
        for place, part in enumerate(parts[first : last + 1], first)
        if place > first and not _starts_row(parts[place - 1].line, part.line)
    ]
    columns = columns_of([pure])
    # A first cell counts as well, unless it runs into the next column.
    columns = columns_of(
        [pure + [one for one in _lines_of(parts[first : last + 1]) if _fits(one, columns)]]
    )
    size = max(parts[start].line.size, 1)
    left = min(part.line.left for part in parts[first : last + 1])
    if left < columns[0][0] - size:
        columns = [(left, columns[0][0] - _LEAST_GAP * size), *columns]
    if len(columns) < 2:
        return None
    # Rows of one line, and the names of the columns, have no jump.
    while first and _is_row_of(lines[parts[first - 1].place], parts[first].line, columns):
        place = parts[first - 1].place
        while first and parts[first - 1].place == place:
            first -= 1
    while last + 1 < len(parts) and _is_row_of(
        lines[parts[last + 1].place], parts[last].line, columns
    ):
        place = parts[last + 1].place
        while last + 1 < len(parts) and parts[last + 1].place == place:
            last += 1
    rows = _rows([part.line for part in parts[first : last + 1]], columns)
    return None if rows is None else _checked(rows, columns, first, last, hyphens)


def _lines_of(parts: Sequence[_Part]) -> list[Line]:
    return [part.line for part in parts]


def _fits(line: Line, columns: Columns) -> bool:
    """Whether a line begins where a column does, and touches no other."""
    touched = [left for left, right in columns if min(right, line.right) > max(left, line.left)]
    return len(touched) == 1 and abs(touched[0] - line.left) <= max(line.size, 1)


def _is_within(parts: Sequence[_Part], place: int) -> bool:
    """Whether a part still belongs to the row in which the first jump was found."""
    before, line = parts[place - 1].line, parts[place].line
    if before.table or _starts_row(before, line):
        return False
    size = max(line.size, 1)
    alike = abs(before.size - line.size) <= 0.25 * size and before.bold == line.bold
    return alike and abs(before.baseline - line.baseline) <= 1.45 * size and not before.cells > 2


def _goes_down(before: Line, line: Line) -> bool:
    size = max(before.size, 1)
    return (
        not line.table
        and 0 < before.baseline - line.baseline <= 1.45 * size
        and abs(before.left - line.left) <= 0.7 * size
    )


def _is_row_of(line: Line, beside: Line, columns: Columns) -> bool:
    """Whether a line has words that begin or end where columns do, in two of them or more."""
    size = max(line.size, 1)
    near = abs(line.baseline - beside.baseline) <= ROW_DISTANCE * size
    if line.table or not near or abs(line.size - beside.size) > 0.25 * size:
        return False
    cells = list(_cut(line, columns))
    if len(cells) < 2:
        return False
    return all(
        abs(words[0].left - columns[at][0]) <= _ALIGNED * size
        or abs(words[-1].right - columns[at][1]) <= _ALIGNED * size
        for at, words in cells
    ) and all(
        after[0].left - before[-1].right >= _LEAST_GAP * size
        for (_, before), (_, after) in pairwise(cells)
    )


def _cut(line: Line, columns: Columns) -> Iterator[tuple[int, list[Word]]]:
    """The words of a line by the column that they stand in."""
    here: list[Word] = []
    place = -1
    for word in line.words:
        middle = (word.left + word.right) / 2
        at = next((at for at, (_, right) in enumerate(columns) if middle <= right), None)
        at = len(columns) - 1 if at is None else at
        if here and at != place and not word.glued:
            yield place, here
            here = []
        if not here:
            place = at
        here.append(word)
    if here:
        yield place, here


def _rows(lines: Sequence[Line], columns: Columns) -> list[list[list[Line]]] | None:
    """Cells by row: a row begins where the columns start again from the left."""
    rows: list[list[list[Line]]] = []
    reached = len(columns)
    lowest = 0.0
    for line in lines:
        for at, words in _cut(line, columns):
            ends = line.hyphenated and words[-1] is line.words[-1]
            part = Line(tuple(words), ends, line.spaced, line.notes)
            size = max(part.size, 1)
            below = at == reached and lowest - part.baseline > 1.6 * size
            if at < reached or below:
                rows.append([[] for _ in columns])
            rows[-1][at].append(part)
            reached, lowest = at, part.baseline
    return rows


def _checked(
    rows: Sequence[list[list[Line]]], columns: Columns, first: int, last: int, hyphens: Hyphens
) -> tuple[Table, int, int] | None:
    """The table, if its rows stand below each other and are filled."""
    filled = sum(1 for row in rows if sum(map(bool, row)) > 1)
    if len(rows) < 2 or filled < _MOST_FILLED * len(rows) or len(rows) * len(columns) < 6:
        return None
    for row, after in pairwise(rows):
        lowest = min(line.baseline for cell in row for line in cell)
        highest = max(line.baseline for cell in after for line in cell)
        if highest >= lowest:
            return None
    firsts = [row[0][0].text for row in rows if row[0]]
    if len(columns) == 2 and firsts and all(map(ITEM.fullmatch, firsts)):
        return None  # a list
    texts = [[joined_cell(cell, hyphens) for cell in row] for row in rows]
    if any(len(text) > _LONGEST for row in texts for text in row):
        return None
    return as_table(texts, rows, columns), first, last
