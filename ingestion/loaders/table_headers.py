"""Decide how many rows at the top of a table are its header, from what the cells hold.

The evidence is contrast: a header's cell is of another kind than the cells below it. Text over
numbers is a name; years that rise from left to right over other numbers are names; a number over
numbers is data. A table of text alone has no contrast: its first row is a header if its cells are
short, all different, and do not read like the cells below.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from ingestion.loaders.cleaning import one_line

_MOST_HEADER_ROWS = 3
# Rows further down say nothing new.
_SAMPLE_ROWS = 200
_LONGEST_NAME = 100
_LONGEST_VALUE = 40
# Wide tables are judged by fewer rows, so that no sheet takes long.
_SAMPLE_CELLS = 20_000
_FEWEST_ROWS = 8
_WIDEST_GROUPED = 1000  # columns of a table whose names may stand in groups
# So much of a column must be of one kind for the column to have it.
_MOST_CELLS = 0.8
# More body rows than this that look like the header's run of numbers make the run data.
_SOME_ROWS = 0.3

_PLACEHOLDER = re.compile(r"[-–—./?*…·]+|n\.? ?[ad]\.?|n/a|none|null|nil|k\. ?a\.|x", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_SIGNS = r"[-+−–±~≈<>≤≥]"
_CURRENCY = r"(?:[$€£¥₹₽₩₺₴]|[A-Z]{3}|kr\.?|zł|Fr\.|R\$|US\$)"
_FIGURES = r"\d[\d.,'’  /:\-−–]*(?:[eE][-+]?\d+|\^-?\d+)?"
_NUMBER = re.compile(
    rf"\(?{_SIGNS}?\s*(?:{_CURRENCY}\s?)?{_SIGNS}?\s*{_FIGURES}\s*(?:[%‰]|{_CURRENCY})?\)?[*†‡]?"
)
_MEASURE = re.compile(
    rf"{_SIGNS}?\s*{_FIGURES}\s*[^\W\d_°]?[^\W\d_]{{0,5}}[°²³]?(?:/[^\W\d_]{{1,5}})?"
)
_YEAR = re.compile(
    r"(?:18|19|20|21)\d\d(?:\s?[/–-]\s?(?:\d\d|(?:19|20)\d\d))?"
    r"(?:\s?[*†‡AEFPaefp]|\s?\([AEFPaefp]\)|\[\^\w{1,4}\])?"
)
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d.*)?|\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d\d)"
    r"|\d{4}[./]\d{1,2}[./]\d{1,2}|\d{1,2}:\d\d(?::\d\d)?|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?"
)


class _Kind(Enum):
    EMPTY = "empty"
    TEXT = "text"
    NUMBER = "number"
    MEASURE = "number with a unit"
    YEAR = "year"
    DATE = "date"


class _Says(Enum):
    """What a cell of the first row says about the row."""

    NAME = 2
    NOTHING = 1
    DOUBTFUL = 0
    DATA = -1


def guess_header_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top name the columns: 0 to 3, empty rows among them counted."""
    filled = [place for place, row in enumerate(rows) if any(map(str.strip, row))]
    solid: Sequence[Sequence[str]] = [
        rows[place] for place in filled[: _SAMPLE_ROWS + _MOST_HEADER_ROWS]
    ]
    width = max(map(len, solid), default=1)
    solid = _cleaned(solid[: max(_SAMPLE_CELLS // width, _FEWEST_ROWS)])
    most = _MOST_HEADER_ROWS if width <= _WIDEST_GROUPED else 1
    for count in range(min(most, len(solid) - 1), 1, -1):
        if _may_be_joint(solid[:count], width) and _Table(solid, count).has_joint_header():
            return filled[count - 1] + 1
    if len(solid) > 1 and _Table(solid, 1).has_header():
        return filled[0] + 1
    return 0


def _may_be_joint(top: Sequence[Sequence[str]], width: int) -> bool:
    """Whether rows may be groups over names, or units below names: something repeats or is empty."""
    upper, lowest = top[0], top[-1]
    return (
        min(len(upper), len(lowest)) < width
        or "" in upper
        or "" in lowest
        or len(set(upper)) < len(upper)
    )


def is_clear_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names all columns, and differs in kind from what stands below."""
    solid = [row for row in rows[: 2 * _SAMPLE_ROWS] if any(map(str.strip, row))]
    if len(solid) < 2:
        return False
    table = _Table(_cleaned(solid[:_SAMPLE_ROWS]), 1)
    return table.has_header() and _Says.NAME in table.says(0) and all(table.top[0][1:])


def _cleaned(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[one_line(cell) for cell in row] for row in rows]


class _Table:
    """A table's used columns, cut into `count` rows that may be its header and the rest.

    Its cells are clean: each on one line.
    """

    def __init__(self, rows: Sequence[Sequence[str]], count: int) -> None:
        width = max(map(len, rows))
        cells = [[*row, *[""] * (width - len(row))] for row in rows]
        used = [place for place in range(width) if any(row[place] for row in cells[count:])]
        cells = [[row[place] for place in used] for row in cells]
        self.top = cells[:count]
        self.body = cells[count:]
        self.columns = [[row[place] for row in self.body] for place in range(len(used))]
        self._kinds_found: list[_Kind | None] = []

    @property
    def _kinds(self) -> list[_Kind | None]:
        """The kind of each column, found when it is asked for."""
        if not self._kinds_found:
            self._kinds_found = [_column_kind(column) for column in self.columns]
        return self._kinds_found

    def has_header(self) -> bool:
        """Whether the one row at the top names the columns."""
        names = self.top[0]
        says = self.says(0)
        filled = [name for name in names if name]
        if not filled or _Says.DATA in says or self._is_form():
            return False
        if _Says.NAME in says:
            return (
                2 * len(filled) >= len(names)
                and (len(set(filled)) > 1 or (len(filled) == 1 and bool(names[-1])))
                and says.count(_Says.DOUBTFUL) <= says.count(_Says.NAME)
            )
        if len(set(filled)) < len(filled) or _Says.DOUBTFUL in says or len(names) < 2:
            return False
        unnamed = [place for place, name in enumerate(names) if not name and place]
        # A row of data with a gap has others like it; a header's gap is alone.
        alone = len(unnamed) == 1 and len(names) > 2 and len(self.body) > 1
        return not unnamed or (alone and all(self.columns[unnamed[0]]))

    def has_joint_header(self) -> bool:
        """Whether the rows at the top are one header: groups over names, or units below names."""
        if len(self.top[0]) < 2:
            return False
        upper, lowest = self.top[0], self.top[-1]
        first = {row[0] for row in self.top if row[0]}
        grouped = any(
            below and above in ("", before) and (above or before)
            for before, above, below in zip(upper, upper[1:], lowest[1:], strict=False)
        )
        named_once = len(first) < 2
        # What the cells say is known only after a longer look.
        if not grouped and not (named_once and not lowest[0] and all(upper[1:])):
            return False
        says = [self.says(number) for number in range(len(self.top))]
        # A year or number over a name is a group: 2026 over Plan and Actual.
        data = any(
            said is _Says.DATA and below is not _Says.NAME
            for row in says
            for said, below in zip(row, says[-1], strict=True)
        )
        if data:
            return False
        contrast = _Says.NAME in says[-1]
        if grouped:
            opens_with_group = len(upper) > 1 and upper[1] in ("", upper[0])
            if not named_once and not (contrast and opens_with_group and lowest[0]):
                return False
        elif not contrast:
            return False  # no units either
        if not contrast and (lowest[0] and lowest[0] != upper[0] and upper[0]):
            return False
        names = [
            " ".join(dict.fromkeys(filter(None, column))) for column in zip(*self.top, strict=True)
        ]
        return all(names[1:]) and (contrast or len({*lowest} - {""}) > 1)

    def says(self, number: int) -> list[_Says]:
        """What each cell of a row at the top says about it."""
        row = self.top[number]
        kinds = [_kind(cell) for cell in row]
        runs = self._runs(row, kinds)
        return [
            _Says.NAME if place in runs else self._cell_says(place, row[place], kinds[place])
            for place in range(len(row))
        ]

    def _cell_says(self, place: int, cell: str, kind: _Kind) -> _Says:
        below = self._kinds[place]
        match kind:
            case _Kind.EMPTY:
                return _Says.NOTHING
            case _Kind.TEXT:
                return self._text_says(place, cell, below)
            case _Kind.DATE:
                return _Says.NAME if below in (_Kind.NUMBER, _Kind.MEASURE) else _Says.DATA
            case _Kind.YEAR:
                return _Says.NAME if self._is_lone_year(place) else _Says.DATA
            case _:
                return _Says.DATA

    def _text_says(self, place: int, cell: str, below: _Kind | None) -> _Says:
        if len(cell) > _LONGEST_NAME:
            return _Says.DOUBTFUL
        if below not in (None, _Kind.TEXT, _Kind.EMPTY):
            return _Says.NAME
        column = list(filter(None, self.columns[place]))
        if any(map(str.isdigit, cell)):
            alike = sum(1 for other in column if _shape(other) == _shape(cell))
            if column and alike > len(column) / 2:
                return _Says.DATA
        folded = cell.casefold()
        repeated = any(row[place].casefold() == folded and row != self.top[0] for row in self.body)
        return _Says.DOUBTFUL if repeated else _Says.NOTHING

    def _is_lone_year(self, place: int) -> bool:
        """Whether one year stands over numbers that are none, and more than two of them."""
        column = list(filter(None, self.columns[place]))
        years = sum(1 for cell in column if _kind(cell) is _Kind.YEAR)
        clear = len(column) > 2 or (place > 0 and not self.top[0][0])
        return self._kinds[place] is _Kind.NUMBER and not years and clear

    def _is_form(self) -> bool:
        """Whether the first column holds labels, each with its colon."""
        labels = [self.top[0][0], *self.columns[0]]
        return len(self.columns) == 2 and all(label.endswith((":", "：")) for label in labels)

    def _runs(self, row: Sequence[str], kinds: Sequence[_Kind]) -> set[int]:
        """The places of numbers that name columns: years, dates or counts that rise or fall."""
        named: set[int] = set()
        years = [place for place, kind in enumerate(kinds) if kind is _Kind.YEAR]
        values = [int(row[place][:4]) for place in years]
        if _is_monotonic(values) and not self._shares_run(years, values):
            named.update(years)
        for kind in (_Kind.DATE, _Kind.MEASURE):
            places = [place for place, found in enumerate(kinds) if found is kind]
            other = all(self._kinds[place] is not kind for place in places)
            if other and len({row[place] for place in places}) > 1:
                named.update(places)
        signs = {
            place: _sign(row[place]) for place, kind in enumerate(kinds) if kind is _Kind.NUMBER
        }
        for sign in set(signs.values()) - {""}:
            places = [place for place, found in signs.items() if found == sign]
            below = [cell for place in places for cell in self.columns[place]]
            if len({row[place] for place in places}) > 1 and not any(
                sign in cell for cell in below
            ):
                named.update(places)
        counts = [
            place
            for place, kind in enumerate(kinds)
            if kind is _Kind.NUMBER and row[place].isdecimal() and len(row[place]) < 10
        ]
        steps = _steps([int(row[place]) for place in counts])
        regular = len(set(steps)) == 1 and steps[0] > 0
        if regular and len(steps) >= (2 if steps[0] == 1 else 3):
            alike = sum(1 for line in self.body if _is_regular([line[place] for place in counts]))
            if alike <= _SOME_ROWS * len(self.body):
                named.update(counts)
        return named

    def _shares_run(self, places: Sequence[int], values: Sequence[int]) -> bool:
        """Whether the rows below hold years in the same places, as a row of data would."""
        rows = [[line[place] for place in places] for line in self.body]
        like = sum(1 for row in rows if all(_kind(cell) is _Kind.YEAR for cell in row))
        if like <= _SOME_ROWS * len(rows):
            return False
        steps = set(_steps(values))
        if len(values) > 2 and steps in ({1}, {-1}):  # 2023, 2024, 2025 over large numbers
            return any(set(_steps(_whole(row))) == steps for row in rows)
        return True


def _kind(cell: str) -> _Kind:
    return _Kind.TEXT if len(cell) > _LONGEST_VALUE else _kind_of_short(cell)


@lru_cache(maxsize=2048)  # a table's cells are judged once for each possible height of its header
def _kind_of_short(cell: str) -> _Kind:
    if not _DIGIT.search(cell):  # all kinds below need a digit, and a placeholder has none
        empty = not cell or (len(cell) < 5 and _PLACEHOLDER.fullmatch(cell))
        return _Kind.EMPTY if empty else _Kind.TEXT
    if _YEAR.fullmatch(cell):
        return _Kind.YEAR
    if _DATE.fullmatch(cell):
        return _Kind.DATE
    if _NUMBER.fullmatch(cell):
        return _Kind.NUMBER
    return _Kind.MEASURE if _MEASURE.fullmatch(cell) else _Kind.TEXT


def _column_kind(cells: Sequence[str]) -> _Kind | None:
    """The kind of most cells; None if they are mixed."""
    counts = Counter(kind for kind in map(_kind, cells) if kind is not _Kind.EMPTY)
    total = counts.total()
    if not total:
        return _Kind.EMPTY
    kind, most = counts.most_common(1)[0]
    if most >= _MOST_CELLS * total:
        return kind
    numbers = counts[_Kind.NUMBER] + counts[_Kind.YEAR]
    return _Kind.NUMBER if numbers >= _MOST_CELLS * total else None


def _sign(number: str) -> str:
    """The sign of per cent or of a currency at a number."""
    return "".join(re.findall(r"[%‰$€£¥₹₽₩₺₴]|[A-Z]{3}", number))


def _shape(cell: str) -> str:
    """A cell's pattern: digits as 9, letters as a, runs of letters as one."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", cell))


def _steps(values: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(values)]


def _is_monotonic(values: Sequence[int]) -> bool:
    """Whether numbers rise or fall all along; a group's name may stand over several columns."""
    steps = [step for step in _steps(values) if step]
    rising = sum(1 for step in steps if step > 0)
    return bool(steps) and rising in (0, len(steps))


def _is_regular(cells: Sequence[str]) -> bool:
    steps = _steps(_whole(cells))
    return len(steps) == len(cells) - 1 and len(set(steps)) == 1


def _whole(cells: Sequence[str]) -> list[int]:
    return [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 10]
