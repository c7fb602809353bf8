"""Cut delimited text into rows, also where it breaks the rules of CSV.

Python's csv module reads a lone inch sign as the start of a quoted cell, and drops a quotation
mark behind a space. Here a mark opens a cell only if one closes it before a delimiter.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TypeAlias

Cells: TypeAlias = list[str]

_DELIMITERS = ",;\t|"
# These part cells too, but stand in formulas, times and prose more often.
_RARE_DELIMITERS = "^~:"
_LEAST_RARE_ROWS = 2
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 100
# A quoted cell that goes on longer is a lone quotation mark.
_LONGEST_CELL = 64 * 1024 * 1024
_MOST_LINES = 100_000
# Excel's own hint in the first line.
_SEPARATOR_HINT = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*\r?\n', re.IGNORECASE)
# Marks that may stand around cells, with those that close them.
_SINGLE = "'"
_TYPOGRAPHIC = "“„«»‘「"
_CLOSING = {"“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’", "「": "」"}
# Text written so that Excel does not read it as a number: ="00123".
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*+)"')
# A figure or a date, which may hold other delimiters.
_VALUE = re.compile(r"[-+(]?[\s$€£¥]*\d[\d.,:/ '-]*\s*[%)]?|\d[\d:. T/+-]*")
_PROSE_OR_TIME = re.compile(r"(?:^|[^\w:]|T)\d{1,2}:\d\d(?::\d\d)?(?![\w:])|:\s|://")
_ESCAPED_QUOTE = re.compile(r'\\"(?=[^\s,;|])')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file parts its cells.

    Attributes:
        delimiter: one character.
        escapes: whether a backslash stands before quotation marks and delimiters in cells.
        width: how many cells most rows have; 0 if unknown.
        quotes: the marks that may stand around a cell.
    """

    delimiter: str
    escapes: bool = False
    width: int = 0
    quotes: str = '"'


def read_rows(file: io.TextIOBase) -> Iterator[Cells]:
    """All rows of a file; an empty line is a row without cells.

    Args:
        file: text opened with `newline=""`, at its start.
    """
    csv.field_size_limit(_LONGEST_CELL)
    start = file.tell()
    sample = file.read(_SAMPLE_CHARACTERS)
    file.seek(start)
    hint = _SEPARATOR_HINT.match(sample)
    if hint:
        file.readline()
        return cut(file, Dialect(hint[1]))
    if len(sample) == _SAMPLE_CHARACTERS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    dialect = guess_dialect(sample)
    if isinstance(file, io.StringIO) and (rows := _cut_by_the_rules(file.getvalue(), dialect)):
        return iter(rows)
    return cut(file, dialect)


def _cut_by_the_rules(text: str, dialect: Dialect) -> list[Cells] | None:
    """The rows as Python's csv module reads them, which is faster; None for text that it would
    read otherwise."""
    sign = re.escape(dialect.delimiter)
    if dialect.escapes or dialect.quotes != '"' or '="' in text or "\0" in text:
        return None
    if '"' in text and re.search(rf'(?:^|{sign}) +"', text, re.MULTILINE):
        return None
    try:
        return list(csv.reader(io.StringIO(text, ""), delimiter=dialect.delimiter, strict=True))
    except csv.Error:
        return None


def guess_dialect(sample: str) -> Dialect:
    """The delimiter that cuts the sample into the most regular rows of the plainest cells."""
    best, most = Dialect(_DELIMITERS[0]), (0.0, 0)
    for delimiter in _DELIMITERS + _RARE_DELIMITERS:
        if delimiter not in sample:
            continue
        for escapes in (False, True) if _may_escape(sample, delimiter) else (False,):
            dialect, score = _judged(sample, Dialect(delimiter, escapes))
            if score > most or (escapes and score == most and _ESCAPED_QUOTE.search(sample)):
                best, most = dialect, score
        for marks in (_SINGLE, _TYPOGRAPHIC):
            if not _quoted_cell(delimiter, marks).search(sample):
                continue
            dialect, score = _judged(sample, Dialect(delimiter, quotes=f'"{marks}'))
            if score > most or (score == most and _are_quotes(sample, dialect)):
                best, most = dialect, score
    return best


@lru_cache(maxsize=32)
def _quoted_cell(delimiter: str, marks: str) -> re.Pattern[str]:
    sign = re.escape(delimiter)
    cells = "|".join(f"{mark}[^{_closers(mark)}]*+[{_closers(mark)}]" for mark in marks)
    return re.compile(rf"(?:^|{sign}) *(?:{cells}) *(?:{sign}|\r?$)", re.MULTILINE)


def _closers(mark: str) -> str:
    return _CLOSING.get(mark, mark)


def _are_quotes(sample: str, dialect: Dialect) -> bool:
    """Whether the marks stand around all cells of a column, the header aside, or are torn from
    each other where they are read as text."""
    marks = dialect.quotes[1:]
    closers = "".join(map(_closers, marks))
    plain = _sampled(sample, Dialect(dialect.delimiter))
    columns = [list(filter(None, column)) for column in zip(*plain[1:], strict=False)]
    if any(
        len(column) > 1 and all(len(c) > 1 and c[0] in marks and c[-1] in closers for c in column)
        for column in columns
    ):
        return True
    opened, closed = _torn(plain, marks, closers)
    return (
        opened > 0
        and opened == closed
        and not any(_torn(_sampled(sample, dialect), marks, closers))
    )


def _sampled(sample: str, dialect: Dialect) -> list[Cells]:
    rows = (row for row in cut(io.StringIO(sample, newline=""), dialect) if row)
    return [list(map(str.strip, row)) for row in islice(rows, _SAMPLE_ROWS)]


def _torn(rows: list[Cells], marks: str, closers: str) -> tuple[int, int]:
    """How many cells begin with a mark and do not end with one, and the other way round."""
    ends = [(cell[:1] in marks, cell[-1:] in closers) for row in rows for cell in row if cell]
    return ends.count((True, False)), ends.count((False, True))


def cut(lines: Iterable[str], dialect: Dialect) -> Iterator[Cells]:
    """Rows of lines that keep their line ends; a quoted cell may hold line breaks."""
    source = iter(lines)
    waiting: deque[str] = deque()
    closers = "".join(map(_closers, dialect.quotes))
    closes = re.compile(rf"[{closers}][ \t]*(?:{re.escape(dialect.delimiter)}|[\r\n]|$)")
    lone = 0  # lines from here in which no quotation mark closes a cell
    while (line := waiting.popleft() if waiting else next(source, None)) is not None:
        lone = max(lone - 1, 0)
        cells = _cells(line, dialect)
        if cells is not None:
            yield cells
            continue
        gathered = [line]
        if not lone:
            cells = _over_lines(gathered, waiting, source, closes, dialect)
            lone = 0 if cells else len(gathered)
        if cells is None or _are_rows(gathered, dialect):
            waiting.extendleft(reversed(gathered[1:]))
            cells = _cells(line, dialect, quoted=False) or []
        yield cells


def _over_lines(
    gathered: list[str],
    waiting: deque[str],
    source: Iterator[str],
    closes: re.Pattern[str],
    dialect: Dialect,
) -> Cells | None:
    """The cells of a row that goes on in further lines, which are added to `gathered`."""
    length = 0
    while len(gathered) < _MOST_LINES and length < _LONGEST_CELL:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return None
        gathered.append(line)
        length += len(line)
        if closes.search(line):
            cells = _cells("".join(gathered), dialect)
            if cells is not None:
                return cells
    return None


def _are_rows(lines: list[str], dialect: Dialect) -> bool:
    """Whether each line is a row of its own, in which a quotation mark is a sign for inches."""
    rows = [_cells(line, dialect, quoted=False) or [] for line in lines]
    if not dialect.width or any(len(row) != dialect.width for row in rows):
        return False
    # A mark with none behind it in its cell opens a cell that goes on: "7" long does not.
    return not any(
        cell[:1] in dialect.quotes and cell[:1] not in cell[1:].replace(2 * cell[0], "")
        for cell in map(str.strip, rows[0])
        if cell
    )


def _cells(text: str, dialect: Dialect, *, quoted: bool = True) -> Cells | None:
    """The cells of a row; None where a quoted cell is not closed at its end."""
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        return []
    only_double = len(dialect.quotes) == 1 or not any(mark in text for mark in dialect.quotes[1:])
    if '"' not in text and only_double and not dialect.escapes:
        return text.split(dialect.delimiter)
    formulas = '="' in text
    if (
        quoted
        and only_double
        and not dialect.escapes
        and _by_the_rules(dialect.delimiter).fullmatch(text)
    ):
        cells = next(csv.reader((text,), delimiter=dialect.delimiter), [])
        return list(map(_without_formula, cells)) if formulas else cells
    cells = []
    place = 0
    while True:
        begin = place
        while text[begin : begin + 1] == " ":
            begin += 1
        mark = text[begin : begin + 1]
        end = -1
        if quoted and formulas and text[begin : begin + 2] == '="':
            end = _closing(text, begin + 2, dialect)
            if end >= 0 and _TEXT_FORMULA.fullmatch(text, begin, end + 1):
                cells.append(text[begin + 2 : end].replace('""', '"'))
                place = text.find(dialect.delimiter, end + 1)
            else:
                end = -1
        if end >= 0:
            pass
        elif quoted and mark and mark in dialect.quotes:
            end = _closing(text, begin + 1, dialect)
            if end < 0:
                return None
            inner = text[begin + 1 : end]
            if mark not in _CLOSING:
                inner = inner.replace(2 * mark, mark)
            cells.append(_without_formula(_unescaped(inner, dialect)))
            place = text.find(dialect.delimiter, end + 1)
        else:
            end = _delimiter_at(text, place, dialect)
            cells.append(_unescaped(text[place : end if end >= 0 else len(text)], dialect))
            place = end
        if place < 0:
            return cells
        place += 1


def _without_formula(cell: str) -> str:
    """What a cell shows that a formula keeps as text: 00123 for ="00123"."""
    found = _TEXT_FORMULA.fullmatch(cell) if cell.startswith('="') else None
    return found[1].replace('""', '"') if found else cell


@lru_cache(maxsize=16)
def _by_the_rules(delimiter: str) -> re.Pattern[str]:
    """A row in which each quoted cell begins and ends with its marks, as RFC 4180 has it."""
    sign = re.escape(delimiter)
    cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{sign}]*+)'
    return re.compile(rf"{cell}(?:{sign}{cell})*+")


def _closing(text: str, place: int, dialect: Dialect) -> int:
    """Where the quotation mark is that closes a cell: the next before a delimiter or the end.

    `place` is behind the mark that opens it.
    """
    mark = text[place - 1]
    closers = _closers(mark)
    doubtful = -1
    while (
        end := min((at for at in (text.find(c, place) for c in closers) if at >= 0), default=-1)
    ) >= 0:
        if dialect.escapes and _is_escaped(text, end):
            if doubtful < 0 and text[end + 1 : end + 2] in (dialect.delimiter, "\r", "\n", ""):
                doubtful = end  # the end of a folder's name: "C:\dir\"
            place = end + 1
            continue
        if mark not in _CLOSING and text[end + 1 : end + 2] == mark:
            place = end + 2
            continue
        after = end + 1
        while text[after : after + 1] == " ":
            after += 1
        if after >= len(text) or text[after] in (dialect.delimiter, "\r", "\n"):
            return end
        place = end + 1
    return doubtful


def _delimiter_at(text: str, place: int, dialect: Dialect) -> int:
    while (end := text.find(dialect.delimiter, place)) >= 0:
        if not (dialect.escapes and _is_escaped(text, end)):
            return end
        place = end + 1
    return -1


def _is_escaped(text: str, place: int) -> bool:
    before = place
    while before and text[before - 1] == "\\":
        before -= 1
    return (place - before) % 2 == 1


def _unescaped(cell: str, dialect: Dialect) -> str:
    if not dialect.escapes or "\\" not in cell:
        return cell
    signs = ('"', "\\", dialect.delimiter)
    return _ESCAPE.sub(lambda found: found[1] if found[1] in signs else found[0], cell)


def _may_escape(sample: str, delimiter: str) -> bool:
    """Whether backslashes may be escapes; `"C:\\dir\\",` ends a cell that holds a path."""
    return bool(_ESCAPED_QUOTE.search(sample)) or f"\\{delimiter}" in sample


def _judged(sample: str, dialect: Dialect) -> tuple[Dialect, tuple[float, int]]:
    rows: list[Cells] = []
    for row in cut(io.StringIO(sample, newline=""), dialect):
        if row:
            rows.append(row)
        if len(rows) == _SAMPLE_ROWS:
            break
    widths = Counter(map(len, rows))
    if not widths:
        return dialect, (0.0, 0)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    if width < 2 or (dialect.delimiter in _RARE_DELIMITERS and not _is_rare_table(rows, dialect)):
        return dialect, (0.0, 0)
    cells = [cell for row in rows for cell in row]
    others = _DELIMITERS.replace(dialect.delimiter, "")
    plain = sum(
        1
        for cell in cells
        if not any(sign in cell for sign in others) or _VALUE.fullmatch(cell.strip())
    )
    score = count / widths.total() * (0.5 + 0.5 * plain / len(cells))
    return replace(dialect, width=width), (score, width)


def _is_rare_table(rows: list[Cells], dialect: Dialect) -> bool:
    """Whether a rare delimiter parts cells: in all rows alike, and not in a formula or a time."""
    width = len(rows[0])
    if len(rows) < _LEAST_RARE_ROWS or any(len(row) != width for row in rows):
        return False
    if dialect.delimiter == ":":
        lines = [":".join(row) for row in rows]
        return width > 2 and not any(map(_PROSE_OR_TIME.search, lines))
    named = all(cell.strip() and not any(map(str.isdigit, cell)) for cell in rows[0])
    return width > 2 or (named and any(len(cell.strip()) > 1 for cell in rows[0]))
