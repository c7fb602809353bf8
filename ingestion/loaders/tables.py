"""Turn rows of cells into a Markdown pipe table."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias

from ingestion.loaders.cleaning import one_line

Row: TypeAlias = Sequence[str]

_VALUE = re.compile(r"[-+(]?[\s$€£¥]*\d[\d.,:/ -]*\s*[%)]?")


def pipe_table(rows: Sequence[Row], header_rows: int) -> tuple[str, int]:
    """The table as text, and the length of its header with the separator line (0 without one).

    Header rows are joined into one, since Markdown knows only one: '2024' over 'Costs' reads
    '2024 Costs'. Rows and columns without content are dropped. Without a header there is no
    separator line: a first row of values must not pass for names.
    """
    header, body = cleaned(rows[:header_rows]), cleaned(rows[header_rows:])
    used = sorted({place for row in (*header, *body) for place, cell in enumerate(row) if cell})
    if not body:  # names without values are the content
        header, body = [], header
    lines = [_pipe_row(row, used) for row in body]
    if not header:
        return "\n".join(lines), 0
    head = f"{_pipe_row(joined(header), used)}\n|{' --- |' * len(used)}\n"
    return head + "\n".join(lines), len(head)


def guess_header_rows(rows: Sequence[Row]) -> int:
    """1 if the first row with content reads like column names, else 0.

    Names are short, all different, none of them a number or a date; a column may lack one only
    in the first place, above row labels.
    """
    width = max((len(_filled(row)) for row in rows[1:]), default=0)
    if not rows or width == 0:
        return 0
    names = [cell.strip() for cell in _filled(rows[0])]
    plausible = (
        len(names) >= width
        and all(names[1:])
        and len(set(names)) == len(names)
        and not any(_VALUE.fullmatch(name) or len(name) > 100 for name in names)
    )
    return int(plausible)


def cleaned(rows: Sequence[Row]) -> list[list[str]]:
    """Rows with content, each cell on one line, pipes escaped."""
    kept = ([one_line(cell).replace("|", "\\|") for cell in row] for row in rows)
    return [row for row in kept if any(row)]


def joined(rows: Sequence[Row]) -> list[str]:
    """Header rows as one: down each column, what is not repeated."""
    width = max(map(len, rows))
    columns = ([row[place] for row in rows if place < len(row)] for place in range(width))
    return [" ".join(dict.fromkeys(filter(None, column))) for column in columns]


def _filled(row: Row) -> Row:
    """The row up to its last cell with content."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _pipe_row(row: Row, used: Sequence[int]) -> str:
    # A short row is valid Markdown; padding it would let one wide row blow up a long table.
    cells = _filled([row[place] for place in used[: bisect_left(used, len(row))]])
    return "|" + "".join(f" {cell} |" for cell in cells)
