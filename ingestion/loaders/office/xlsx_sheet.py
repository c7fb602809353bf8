"""What a sheet's file says around its rows, which streaming does not report in time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from zipfile import ZipFile

from ingestion.loaders.office.archive import read_xml, related_paths

_AREA = rb'ref=["\']([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?["\']'
# Every wait for a sign is bounded, so that a file made of half elements costs no more.
_FOUND = re.compile(
    rb"<(?:\w{1,20}:)?(?:mergeCell\s[^<>]{0,500}?" + _AREA
    + rb"|(autoFilter)\s[^<>]{0,500}?" + _AREA
    + rb"|(filterColumn)\s"
    + rb"|sheetPr\s[^<>]{0,500}?(filterMode)=[\"'](?:1|true)[\"']"
    + rb"|pane\s[^<>]{0,500}?ySplit=[\"'](\d{1,4})[\"'][^<>]{0,500}?state=[\"'](frozen)\w*[\"']"
    + rb"|(f)(?:\s[^<>]{0,500})?(?:/>|>[^<]{0,9000}</(?:\w{1,20}:)?f>)\s{0,100}"
    + rb"(?:<(?:\w{1,20}:)?v\s{0,9}/>|<(?:\w{1,20}:)?v></(?:\w{1,20}:)?v>)?\s{0,100}</(?:\w{1,20}:)?c>)"
)  # fmt: skip
_PIECE = 1 << 20
_OVERLAP = 16_384  # longer than any element that is looked for, which may straddle two pieces
_MOST_MERGES = 100_000
_WIDEST_GROUP = 1024
_MOST_FROZEN = 10


@dataclass(frozen=True, slots=True)
class Area:
    """Columns from 0, rows from 1, as they are counted while reading."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(slots=True)
class SheetFacts:
    """Merged cells, filters and frozen rows of a sheet.

    Attributes:
        merged: the merged cells.
        filtered: the areas whose rows a filter may hide at the moment.
        tops: rows that are known to hold names: above a filter or in an Excel table.
        frozen: how many rows at the top stay in place while the rest scrolls.
        formulas_without_value: cells whose formula has no value in the file.
    """

    merged: list[Area] = field(default_factory=list)
    filtered: list[Area] = field(default_factory=list)
    tops: set[int] = field(default_factory=set)
    frozen: int = 0
    formulas_without_value: int = 0

    @classmethod
    def of(cls, archive: ZipFile, path: str) -> SheetFacts:
        """The facts of the sheet in the part `path`."""
        facts = cls()
        facts._read_sheet(archive, path)
        for kind, target in related_paths(archive, path).values():
            if kind.endswith("/table"):
                facts._read_table(archive, target)
        return facts

    def is_filtered(self, row: int) -> bool:
        """Whether a filter may have hidden the row."""
        return any(area.top < row <= area.bottom for area in self.filtered)

    def _read_sheet(self, archive: ZipFile, path: str) -> None:
        filter_area, filter_mode, filter_column = None, False, False
        for found in _matches(archive, path):
            if found[1] and len(self.merged) < _MOST_MERGES:
                self.merged.append(_area(found.groups()[:4]))
            elif found[5]:
                filter_area = _area(found.groups()[5:9])
                self.tops.add(filter_area.top)
            elif found[10]:
                filter_column = True
            elif found[11]:
                filter_mode = True
            elif found[13]:
                self.frozen = int(found[12]) if int(found[12]) <= _MOST_FROZEN else 0
            elif found[14]:
                self.formulas_without_value += 1
        if filter_area and (filter_mode or filter_column):
            self.filtered.append(filter_area)
        elif filter_mode:  # an advanced filter names no area in the sheet
            self.filtered.append(Area(0, 1, 1 << 14, 1 << 20))

    def _read_table(self, archive: ZipFile, path: str) -> None:
        root = read_xml(archive, path)
        match = (
            re.match(_AREA, b'ref="%s"' % (root.get("ref") or "").encode())
            if root is not None
            else None
        )
        if root is None or match is None:
            return
        area = _area(match.groups())
        if root.get("headerRowCount", "1") != "0":
            self.tops.add(area.top)
        if next(root.iter("{*}filterColumn"), None) is not None:
            self.filtered.append(area)


@dataclass(slots=True)
class MergedCells:
    """Lays the value of merged cells out while rows stream by.

    A cell merged over rows is repeated in each, so that a row makes sense alone. One merged
    over columns is repeated where it groups columns (others stand beside it), not where it is a
    title over the whole sheet.
    """

    areas: list[Area]
    _open: list[Area] = field(default_factory=list)
    _values: dict[Area, str] = field(default_factory=dict)

    @classmethod
    def of(cls, merged: list[Area]) -> MergedCells:
        """Ready to lay these cells out."""
        return cls(sorted(merged, key=lambda area: -area.top))

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
                end = min(area.right + 1, max(len(row), area.left + _WIDEST_GROUP))
            for column in range(area.left, end):
                _put(row, column, value)
        return row


def _put(row: list[str], column: int, value: str) -> None:
    if value and column >= len(row):
        row.extend([""] * (column + 1 - len(row)))
    if value and not row[column]:
        row[column] = value


def _matches(archive: ZipFile, path: str) -> Iterator[re.Match[bytes]]:
    """Found by their bytes: most stand after all rows, and parsing those twice takes long."""
    tail = b""
    with archive.open(path) as part:
        while piece := part.read(_PIECE):
            window = tail + piece
            last = len(piece) < _PIECE
            kept = len(window) if last else max(len(window) - _OVERLAP, 0)
            end = kept
            for match in _FOUND.finditer(window):
                if match.start() >= kept:
                    break
                yield match
                end = max(end, match.end())
            tail = window[end:]


def _area(groups: tuple[bytes | None, ...]) -> Area:
    left, top, right, bottom = groups
    first, row = _column(left or b"A"), int(top or 1)
    return Area(first, row, _column(right) if right else first, int(bottom or row))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
