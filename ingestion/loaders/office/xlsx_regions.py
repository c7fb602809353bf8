"""Find the tables in a sheet: what empty rows part, and the titles above them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from ingestion.loaders.tables import guess_header_rows


@dataclass(slots=True)
class Region:
    """Rows that belong together.

    Attributes:
        titles: lines above the table: rows with one filled cell.
        rows: the table.
        header_rows: how many of the rows are its header.
    """

    titles: list[str]
    rows: list[list[str]] = field(default_factory=list)
    header_rows: int = 0


def regions(rows: Iterable[list[str]]) -> Iterator[Region]:
    """The sheet's regions in order.

    Rows that go on below an empty row in the same columns, without a header of their own, are
    the same table: the empty row is only for the eye.
    """
    current: Region | None = None
    for piece in _pieces(rows):
        found = _region(piece)
        if current and current.rows and not found.header_rows and not found.titles and found.rows:
            current.rows.extend(found.rows)
            continue
        if current:
            yield current
        current = found
    if current:
        yield current


def _region(rows: list[list[str]]) -> Region:
    width = max(map(_filled, rows))
    titles: list[str] = []
    start = 0
    if width > 1:
        while _filled(rows[start]) == 1:
            titles.append(next(filter(None, rows[start])))
            start += 1
    elif len(rows) == 1:
        return Region([next(filter(None, rows[0]))])
    left = min(next(place for place, cell in enumerate(row) if cell) for row in rows[start:])
    table = [row[left:] for row in rows[start:]]
    return Region(titles, table, _header_rows(table))


def _header_rows(rows: list[list[str]]) -> int:
    """Two where merged cells in the first row group the names in the second."""
    first = [cell for cell in rows[0] if cell]
    if len(set(first)) < len(first) and len(rows) > 2 and guess_header_rows(_grouped(rows)):
        return 2
    return guess_header_rows(rows)


def _grouped(rows: list[list[str]]) -> list[list[str]]:
    pairs = zip_longest(rows[0], rows[1], fillvalue="")
    names = [f"{group} {name}".strip() for group, name in pairs]
    return [names, *rows[2:]]


def _pieces(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    piece: list[list[str]] = []
    for row in rows:
        stripped = [cell.strip() for cell in row]
        if any(stripped):
            piece.append(stripped)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _filled(row: list[str]) -> int:
    return sum(1 for cell in row if cell)
