"""Turn rows of cells into a Markdown pipe table: the lines above it, its header, its body."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from ingestion.loaders.cleaning import is_plain, one_line
from ingestion.loaders.table_headers import guess_header_rows, is_clear_header

__all__ = ["Layout", "Row", "guess_header_rows", "laid_out", "pipe_table"]

Row: TypeAlias = Sequence[str]

# Lines above a table are few; what goes on longer is the table.
_MOST_LINES_ABOVE = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as it reads.

    Attributes:
        lines_above: the text of rows above the header, such as the title of a report.
        rows: the table, header first.
        header_rows: how many of the rows are its header.
    """

    lines_above: list[str]
    rows: list[Row]
    header_rows: int


def laid_out(rows: Sequence[Row], *, emphasised: int = 0) -> Layout:
    """Find the lines above a table and its header.

    Args:
        rows: all rows, empty ones among them, since they part lines above from the table.
        emphasised: how many rows at the top, empty ones and lines above not counted, the author
            set apart by bold type, a filter or the like; 0 if none or unknown.
    """
    start, lines = _lines_above(rows)
    table = [row for row in rows[start:] if any(map(str.strip, row))]
    header_rows = emphasised if 0 < emphasised < len(table) else guess_header_rows(table)
    if header_rows > 1:
        table[:header_rows] = _with_groups_filled(table[:header_rows])
    return Layout(lines, table, header_rows)


def pipe_table(
    rows: Sequence[Row], header_rows: int, *, has_merged_cells: bool = True
) -> tuple[str, int]:
    """The table as text, and the length of its header with the separator line (0 without one).

    Header rows are joined into one, since Markdown knows only one: '2024' over 'Costs' reads
    '2024 Costs'. Rows and columns without content are dropped. Without a header there is no
    separator line: a first row of values must not pass for names.

    Args:
        has_merged_cells: whether a merged cell's text stands in each of its rows, so that repeats in
            a column of the header are dropped.
    """
    header, body = cleaned(rows[:header_rows]), cleaned(rows[header_rows:])
    used = _used_columns([*header, *body])
    if not body:  # names without values are the content
        header, body = [], header
    lines = [_pipe_row(row, used) for row in body]
    if not header:
        return "\n".join(lines), 0
    names = joined(header) if has_merged_cells else _stacked(header)
    head = f"{_pipe_row(names, used)}\n|{' --- |' * len(used)}\n"
    return head + "\n".join(lines), len(head)


def cleaned(rows: Sequence[Row]) -> list[list[str]]:
    """Rows with content, each cell on one line, pipes escaped."""
    kept = []
    for row in rows:
        text = "".join(row)
        # One test for a row of plain cells costs less than one for each.
        if is_plain(text) and "|" not in text:
            cells = [cell.strip(" ") for cell in row]
        else:
            cells = [one_line(cell).replace("|", "\\|") for cell in row]
        if any(cells):
            kept.append(cells)
    return kept


def joined(rows: Sequence[Row]) -> list[str]:
    """Header rows as one: down each column, what is not repeated."""
    return [" ".join(dict.fromkeys(column)) for column in _filled_columns(rows)]


def _stacked(rows: Sequence[Row]) -> list[str]:
    return [" ".join(column) for column in _filled_columns(rows)]


def _filled_columns(rows: Sequence[Row]) -> Iterator[list[str]]:
    for place in range(max(map(len, rows))):
        yield [row[place] for row in rows if place < len(row) and row[place]]


def _lines_above(rows: Sequence[Row]) -> tuple[int, list[str]]:
    """Where the table starts, and the texts of the rows above it.

    A row with one filled cell above a table of three columns or more is a line of text. Other
    rows are so only if they have fewer cells than the table and its header follows.
    """
    counts = [sum(map(bool, map(str.strip, row))) for row in rows]
    filled = [place for place, count in enumerate(counts) if count]
    lines: list[str] = []
    for step, place in enumerate(filled[:_MOST_LINES_ABOVE]):
        following = filled[step + 1 :]
        if not following:
            break
        widths = sorted(counts[other] for other in following)
        usual = widths[len(widths) // 2]
        if usual < 2 or counts[place] >= usual:
            return place, lines
        # A record of two cells that lacks one looks like a title.
        doubtful = counts[place] > 1 or usual == 2
        if doubtful and not _is_line_above(rows, place, following, usual):
            return place, lines
        lines.append(" ".join(cell for cell in map(one_line, rows[place]) if cell))
    # There is no table below lines that end like this: all of it is one.
    return 0, []


def _is_line_above(rows: Sequence[Row], place: int, following: Sequence[int], usual: int) -> bool:
    """Whether a row of several cells stands above the table; `usual` is how many a row has."""
    row = [cell.strip() for cell in rows[place]]
    if not all(row[: sum(map(bool, row))]):  # groups over columns stand apart from each other
        return False
    for step, (before, other) in enumerate(pairwise([place, *following[:_MOST_LINES_ABOVE]])):
        below = [rows[rest] for rest in following[step:]]
        if sum(1 for cell in rows[other] if cell.strip()) >= usual:
            clear = other > before + 1 or sum(map(bool, row)) == 1
            return guess_header_rows(below) > 0 if clear else is_clear_header(below)
    return False


def _with_groups_filled(header: Sequence[Row]) -> list[Row]:
    """Header rows in which a group's name stands over each of its columns.

    Only where the lowest row repeats names, which says that the gaps above belong to groups.
    """
    lowest = [cell.strip() for cell in header[-1]]
    names = [name for name in lowest if name]
    if len(set(names)) == len(names):
        return list(header)
    filled: list[Row] = []
    for row in header[:-1]:
        cells = list(row) + [""] * (len(lowest) - len(row))
        for place in range(1, len(lowest)):
            if lowest[place] and not cells[place].strip():
                cells[place] = cells[place - 1]
        filled.append(cells)
    return [*filled, header[-1]]


def _used_columns(rows: Sequence[Row]) -> list[int]:
    """The places of the columns that have content, which the first rows mostly tell."""
    width = max(map(len, rows), default=0)
    empty = set(range(width))
    for row in rows:
        if not empty:
            break
        # A short row must not cost as much as the widest one.
        places = list(empty) if len(empty) < len(row) else range(len(row))
        empty.difference_update(place for place in places if place < len(row) and row[place])
    return [place for place in range(width) if place not in empty]


def _pipe_row(row: Row, used: Sequence[int]) -> str:
    # A short row is valid Markdown; padding it would let one wide row blow up a long table.
    cells = row
    if len(row) != len(used) or (used and used[-1] >= len(used)):
        cells = [row[place] for place in used[: bisect_left(used, len(row))]]
    cells = _filled(cells)
    return f"| {' | '.join(cells)} |" if cells else "|"


def _filled(row: Row) -> Row:
    """The row up to its last cell with content."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]
