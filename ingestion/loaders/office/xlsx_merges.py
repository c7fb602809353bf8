"""Merged cells of a sheet, which streaming openpyxl does not report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZipFile

_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_PIECE = 1 << 20
_OVERLAP = 256  # longer than any <mergeCell>, which may straddle two pieces
_MOST_MERGES = 100_000


@dataclass(frozen=True, slots=True)
class _Area:
    """Columns from 0, rows from 1, as they are counted while reading."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(slots=True)
class MergedCells:
    """Lays the value of merged cells out while rows stream by.

    A cell merged over rows is repeated in each, so that a row makes sense alone. One merged
    over columns is repeated where it groups columns (others stand beside it), not where it is a
    title over the whole sheet.
    """

    areas: list[_Area]
    _open: list[_Area] = field(default_factory=list)
    _values: dict[_Area, str] = field(default_factory=dict)

    @classmethod
    def of(cls, archive: ZipFile, sheet: Any) -> MergedCells:
        """The merged cells of an openpyxl read-only worksheet."""
        areas = sorted(_areas(archive, sheet._worksheet_path), key=lambda area: -area.top)
        return cls(areas)

    def laid_out(self, number: int, row: list[str]) -> list[str]:
        """Row `number` with merged values repeated; rows must come in order."""
        while self.areas and self.areas[-1].top <= number:
            self._open.append(self.areas.pop())
        if not self._open:
            return row
        self._open = [area for area in self._open if area.bottom >= number]
        filled = sum(1 for value in row if value)
        for area in self._open:
            if number == area.top and area.left < len(row):
                self._values[area] = row[area.left]
            value = self._values.get(area, "")
            end = area.left + 1
            if filled > 1 and number == area.top:
                end = min(area.right + 1, max(len(row), end))
            for column in range(area.left, end):
                _put(row, column, value)
        return row


def _put(row: list[str], column: int, value: str) -> None:
    if value and column >= len(row):
        row.extend([""] * (column + 1 - len(row)))
    if value and not row[column]:
        row[column] = value


def _areas(archive: ZipFile, path: str) -> Iterator[_Area]:
    """Found by their bytes: they stand after all rows, and parsing those twice takes long."""
    tail = b""
    count = 0
    with archive.open(path.lstrip("/")) as part:
        while piece := part.read(_PIECE):
            window = tail + piece
            end = 0
            for match in _MERGE.finditer(window):
                end = match.end()
                count += 1
                if count > _MOST_MERGES:
                    return
                left, top, right, bottom = match.groups()
                yield _Area(_column(left), int(top), _column(right), int(bottom))
            tail = window[max(end, len(window) - _OVERLAP) :]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
