"""Get words with their places out of a PDFium text page."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from ctypes import byref, c_int, create_string_buffer
from typing import Any

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.pdf.lines import Line, Word

# PDFium writes U+FFFE for a hyphen at the end of a line, in place of the line break.
_SOFT_BREAK = "\ufffe"
_LINE = re.compile(r"[^\r\n\ufffe]+\ufffe?")
_WORD = re.compile(r"[^\s\ufffe]+")
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold|demi|CMBX|NimbusSanL-Bold", re.IGNORECASE)
_BOLD_WEIGHT = 600
_RTL = frozenset(("R", "AL"))
# More characters than any page shows; a page with more was made to stall the reader.
_MOST_CHARACTERS = 2_000_000


def page_lines(text_page: Any) -> list[Line]:
    """The page's lines, in the order of its content."""
    count = min(text_page.count_chars(), _MOST_CHARACTERS)
    text = text_page.get_text_range(0, count) if count > 0 else ""
    places = _Places(text_page.raw, text)
    lines: list[Line] = []
    for match in _LINE.finditer(text):
        words = [
            word
            for found in _WORD.finditer(match[0])
            if (word := places.word(match.start() + found.start(), match.start() + found.end()))
        ]
        if words:
            lines.append(Line(_logical_order(words), match[0].endswith(_SOFT_BREAK)))
    # PDFium may list the lines of a turned page from the last to the first.
    if len(places.turns) == 1 and places.turns != {0}:
        lines.sort(key=lambda line: -line.top)
    return lines


class _Places:
    """Finds where characters of a page's text stand."""

    def __init__(self, raw: Any, text: str) -> None:
        import pypdfium2.raw

        self._pdfium = pypdfium2.raw
        self._raw = raw
        self._text = text
        self._loose = pypdfium2.raw.FS_RECTF()
        self._font: dict[bytes, bool] = {}
        self.turns: set[int] = set()
        # PDFium counts UTF-16 units, Python characters.
        self._wide = [place for place, char in enumerate(text) if ord(char) > 0xFFFF]

    def word(self, start: int, end: int) -> Word | None:
        """The word at `[start, end)` of the text; None if it shows nothing."""
        raw_text = self._text[start:end]
        text = one_line(raw_text)
        if not text:
            return None
        first, last = self._index(start), self._index(end - 1)
        turn = self._turn(first)
        left, bottom, right, top = self._bounds(first, turn)
        last_left, last_bottom, last_right, last_top = self._bounds(last, turn)
        if last_left < left and unicodedata.bidirectional(text[0]) not in _RTL:
            right = max(right, last_right)
        elif unicodedata.bidirectional(text[0]) in _RTL and left < last_left:
            text = _reversed_clusters(text)  # stored as seen, from left to right
        return Word(
            text=text,
            left=min(left, last_left),
            right=max(right, last_right),
            bottom=min(bottom, last_bottom),
            top=max(top, last_top),
            size=self._size(first, top - bottom),
            bold=self._bold(first),
        )

    def _turn(self, index: int) -> int:
        """By how many quarters the character is turned; PDFium counts clockwise."""
        angle = self._pdfium.FPDFText_GetCharAngle(self._raw, index)
        turn = int(round(-angle / (math.pi / 2)) % 4)
        self.turns.add(turn)
        return turn

    def _index(self, place: int) -> int:
        if self._wide:
            place += bisect_left(self._wide, place)
        index = int(self._pdfium.FPDFText_GetCharIndexFromTextIndex(self._raw, place))
        return max(index, 0)

    def _bounds(self, index: int, turn: int) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of a character's cell, turned upright."""
        box = self._loose
        if not self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, byref(box)):
            return 0.0, 0.0, 0.0, 0.0
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        if turn == 1:
            return bottom, -right, top, -left
        if turn == 2:
            return -right, -top, -left, -bottom
        if turn == 3:
            return -top, left, -bottom, right
        return left, bottom, right, top

    def _size(self, index: int, height: float) -> float:
        """The size as seen: the font's size alone ignores how the text is scaled."""
        nominal = float(self._pdfium.FPDFText_GetFontSize(self._raw, index))
        matrix = self._pdfium.FS_MATRIX()
        if self._pdfium.FPDFText_GetMatrix(self._raw, index, byref(matrix)):
            return nominal * math.hypot(matrix.b, matrix.d)
        return nominal or height

    def _bold(self, index: int) -> bool:
        buffer = create_string_buffer(128)
        flags = c_int()
        self._pdfium.FPDFText_GetFontInfo(self._raw, index, buffer, 128, byref(flags))
        name = buffer.value
        if name not in self._font:
            weight = self._pdfium.FPDFText_GetFontWeight(self._raw, index)
            self._font[name] = weight >= _BOLD_WEIGHT or bool(_BOLD_NAME.search(name))
        return self._font[name]


def _logical_order(words: list[Word]) -> tuple[Word, ...]:
    """Words as they are read: runs of right-to-left words that are stored as seen are turned."""
    ordered: list[Word] = []
    run: list[Word] = []
    for word in words:
        if unicodedata.bidirectional(word.text[0]) in _RTL:
            run.append(word)
        else:
            ordered += [*sorted(run, key=lambda word: -word.left), word]
            run = []
    return (*ordered, *sorted(run, key=lambda word: -word.left))


def _reversed_clusters(text: str) -> str:
    """Reversed letter by letter, each with the marks that belong to it."""
    clusters: list[str] = []
    for character in text:
        if clusters and unicodedata.combining(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return "".join(reversed(clusters))
