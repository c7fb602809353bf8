"""Find ruled tables: lines drawn on the page that cut an area into rows and columns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from ctypes import byref, c_float
from dataclasses import dataclass, field
from itertools import pairwise
from operator import neg
from typing import Any

from ingestion.loaders.pdf.places import Bounds, turned

# In points. A box thinner than this is a line.
_THIN = 2.6
# Lines closer than this meet.
_TOUCH = 4.0
_SAME_PLACE = 1.6
# Shorter lines are strokes of drawings.
_SHORTEST = 5.0
# A page with more objects is a drawing, which is not worth the time.
_MOST_OBJECTS = 20_000
_MOST_RULES = 3_000
_MOST_CROSSINGS = 20_000
_MOST_SEGMENTS = 400


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn line: at `at` across, from `start` to `end` along it."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table's borders: `columns` from left to right, `rows` from the top down.

    `full` says that every line runs through the whole table, so that no cells are merged.
    """

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    horizontal: tuple[Rule, ...]
    vertical: tuple[Rule, ...]
    full: bool = False
    _merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    _borders: dict[tuple[bool, int], list[Rule]] = field(default_factory=dict)

    def cell_of(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the cell at a place, those of its first part if cells are merged."""
        inside = self.columns[0] - 1 <= x <= self.columns[-1] + 1
        if not inside or not self.rows[-1] - 1 <= y <= self.rows[0] + 1:
            return None
        column = min(max(bisect_right(self.columns, x) - 1, 0), len(self.columns) - 2)
        row = min(max(bisect_left(self.rows, -y, key=neg) - 1, 0), len(self.rows) - 2)
        key = row, column
        if self.full:
            return key
        if key not in self._merged:
            self._merged[key] = self._first(row, column)
        return self._merged[key]

    def _first(self, row: int, column: int) -> tuple[int, int]:
        """Up and to the left until a line is in the way."""
        y = (self.rows[row] + self.rows[row + 1]) / 2
        while column and not _covers(self._border(True, column), y):
            column -= 1
        x = (self.columns[column] + self.columns[column + 1]) / 2
        while row and not _covers(self._border(False, row), x):
            row -= 1
        return row, column

    def _border(self, upright: bool, place: int) -> list[Rule]:
        """The lines drawn at a border between columns (`upright`) or between rows."""
        found = self._borders.get((upright, place))
        if found is None:
            at = (self.columns if upright else self.rows)[place]
            rules = self.vertical if upright else self.horizontal
            found = [rule for rule in rules if abs(rule.at - at) <= _TOUCH]
            self._borders[upright, place] = found
        return found


def find_grids(page: Any, turn: int) -> tuple[Grid, ...]:
    """The ruled tables of a PDFium page, turned like its text."""
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    boxes = _boxes(page)
    for left, bottom, right, top in (turned(box, turn) for box in boxes) if turn else boxes:
        wide, high = right - left, top - bottom
        if high <= _THIN and wide >= _SHORTEST:
            horizontal.append(Rule((bottom + top) / 2, left, right))
        elif wide <= _THIN and high >= _SHORTEST:
            vertical.append(Rule((left + right) / 2, bottom, top))
        elif wide > _THIN and high > _THIN:
            horizontal += Rule(bottom, left, right), Rule(top, left, right)
            vertical += Rule(left, bottom, top), Rule(right, bottom, top)
        if len(horizontal) + len(vertical) > _MOST_RULES:
            return ()
    if len(horizontal) < 2 or len(vertical) < 1:
        return ()
    across, down = _united(horizontal), _united(vertical)
    return tuple(_grids(across, down)) if len(across) * len(down) <= _MOST_CROSSINGS else ()


def _boxes(page: Any) -> Iterator[Bounds]:
    """What the page's paths cover: a line, or a rectangle."""
    import pypdfium2.raw as pdfium

    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    places = byref(left), byref(bottom), byref(right), byref(top)
    for place in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        shape = pdfium.FPDFPage_GetObject(page, place)
        if pdfium.FPDFPageObj_GetType(shape) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        if not pdfium.FPDFPageObj_GetBounds(shape, *places):
            continue
        box = left.value, bottom.value, right.value, top.value
        if min(box[2] - box[0], box[3] - box[1]) <= _THIN:
            yield box
            continue
        segments = pdfium.FPDFPath_CountSegments(shape)
        if segments > 6:
            yield from _segments(shape, min(segments, _MOST_SEGMENTS))
        elif segments >= 4:
            yield box


def _segments(shape: Any, count: int) -> Iterator[Bounds]:
    """The straight level and upright parts of a path."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(shape, byref(matrix))
    x, y = c_float(), c_float()
    before = first = None
    for place in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(shape, place)
        if not pdfium.FPDFPathSegment_GetPoint(segment, byref(x), byref(y)):
            return
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO and before:
            yield from _straight(before, point)
        if first and pdfium.FPDFPathSegment_GetClose(segment):
            yield from _straight(point, first)
        before = point


def _straight(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Bounds]:
    left, right = sorted((start[0], end[0]))
    bottom, top = sorted((start[1], end[1]))
    if min(right - left, top - bottom) <= 0.5:
        yield left, bottom, right, top


def _united(rules: Iterable[Rule]) -> list[Rule]:
    """Rules on one line that touch, as one."""
    lines: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if lines and rule.at - lines[-1][0].at <= _SAME_PLACE:
            lines[-1].append(rule)
        else:
            lines.append([rule])
    united: list[Rule] = []
    for line in lines:
        at = line[len(line) // 2].at
        start, end = None, 0.0
        for rule in sorted(line, key=lambda rule: rule.start):
            if start is None:
                start, end = rule.start, rule.end
            elif rule.start <= end + _TOUCH:
                end = max(end, rule.end)
            else:
                united.append(Rule(at, start, end))
                start, end = rule.start, rule.end
        if start is not None:
            united.append(Rule(at, start, end))
    return united


def _grids(horizontal: Sequence[Rule], vertical: Sequence[Rule]) -> Iterator[Grid]:
    """Rules that meet, one grid for each group of them."""
    # Horizontal rules by their place in the list, which is sorted from the bottom up.
    levels = [rule.at for rule in horizontal]
    groups: list[tuple[set[int], list[Rule]]] = []
    for rule in vertical:
        low = bisect_left(levels, rule.start - _TOUCH)
        high = bisect_right(levels, rule.end + _TOUCH)
        joined: tuple[set[int], list[Rule]] = (
            {place for place in range(low, high) if _meet(horizontal[place], rule)},
            [rule],
        )
        rest = []
        for group in groups:
            if group[0].isdisjoint(joined[0]):
                rest.append(group)
            else:
                joined = group[0] | joined[0], [*group[1], *joined[1]]
        groups = [*rest, joined]
    for places, down in groups:
        across = [horizontal[place] for place in sorted(places)]
        # Lines without a side border, or without a top and a bottom one, end the cells as well.
        columns = _places([*(rule.at for rule in down), *_ends(across, down)])
        rows = _places([*(rule.at for rule in across), *_ends(down, across)])
        if len(columns) >= 3 and len(rows) >= 3:
            full = all(
                rule.start <= ends[0] + 1 and rule.end >= ends[-1] - 1
                for rules, ends in ((across, columns), (down, rows))
                for rule in rules
            )
            yield Grid(tuple(columns), tuple(reversed(rows)), tuple(across), tuple(down), full)


def _meet(across: Rule, down: Rule) -> bool:
    return (
        across.start - _TOUCH <= down.at <= across.end + _TOUCH
        and down.start - _TOUCH <= across.at <= down.end + _TOUCH
    )


def _ends(along: Sequence[Rule], crossing: Sequence[Rule]) -> list[float]:
    """Where lines end beyond the last line that crosses them."""
    if not along or not crossing:
        return []
    start, end = min(rule.start for rule in along), max(rule.end for rule in along)
    first, last = min(rule.at for rule in crossing), max(rule.at for rule in crossing)
    return [*([start] if start < first - 8 else []), *([end] if end > last + 8 else [])]


def _places(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    # Double lines are one border.
    kept = [after for before, after in pairwise(ordered) if after - before > _TOUCH]
    return [ordered[0], *kept] if ordered else []


def _covers(rules: Sequence[Rule], along: float) -> bool:
    return any(rule.start - 1 <= along <= rule.end + 1 for rule in rules)
