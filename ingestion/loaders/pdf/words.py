"""Get words with their places out of a PDFium text page."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from ctypes import addressof, byref, c_double, c_int, create_string_buffer
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.pdf.layers import Layers
from ingestion.loaders.pdf.lines import Line
from ingestion.loaders.pdf.marks import is_running
from ingestion.loaders.pdf.places import Bounds, Word, turned
from ingestion.loaders.pdf.right_to_left import (
    RTL,
    goes_on_beside,
    has_rtl,
    logical_order,
    may_have_rtl,
    ordered_words,
    reversed_clusters,
)
from ingestion.loaders.pdf.spacing import Letter, looks_torn, spacing_of, torn_gaps

# PDFium writes U+FFFE for a hyphen at the end of a line, in place of the line break.
_SOFT_BREAK = "\ufffe"
_LINE = re.compile(r"[^\r\n\ufffe]+\ufffe?")
_WORD = re.compile(r"[^\s\ufffe]+")
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold|demi|CMBX|NimbusSanL-Bold", re.IGNORECASE)
_BOLD_WEIGHT = 600
_MONO_NAME = re.compile(rb"courier|mono(?!type)|consol|menlo|CMTT|typewriter", re.IGNORECASE)
_FIXED_PITCH = 1
# More characters than any page shows; a page with more was made to stall the reader.
_MOST_CHARACTERS = 2_000_000
# In ems: pieces closer than this are one word if no space stands between them.
_TOUCHING = 0.15
# Text turned by so few degrees beside a quarter counts as that quarter.
_LEVEL = 4


class _Style(NamedTuple):
    """What the characters of one text object share."""

    turn: int
    size: float
    bold: bool
    baseline: float
    running: bool
    off: bool = False
    mono: bool = False


@dataclass(slots=True)
class _Stretch:
    """A line as PDFium breaks them: its place in the text, its words, whether a space leads.

    `whole` says that the words are all of the text at that place, `ordered` that they follow each
    other as they are read.
    """

    start: int
    end: int
    words: list[Word]
    spaced: bool
    whole: bool = True
    ordered: bool = False


def page_lines(
    text_page: Any,
    *,
    tagged: bool = False,
    edges: tuple[float, float] = (0.0, 0.0),
    layers: Layers | None = None,
) -> list[Line]:
    """The page's lines, in the order of its content.

    Args:
        text_page: of PDFium.
        tagged: whether to look for marks of running headers and footers.
        edges: the heights below and above which they stand.
        layers: of the page, if it may have some.
    """
    count = min(text_page.count_chars(), _MOST_CHARACTERS)
    text = text_page.get_text_range(0, count) if count > 0 else ""
    places = _Places(text_page.raw, text, count, edges, layers, tagged=tagged)
    stretches: list[_Stretch] = []
    ends_in_space = False
    for match in _LINE.finditer(text):
        words: list[Word] = []
        for found in _WORD.finditer(text, *match.span()):
            words += places.words(*found.span())
        if words:
            spaced = match[0][0].isspace() or ends_in_space
            for stretch in _unfolded(_Stretch(*match.span(), words, spaced)):
                if not (stretches and _goes_on(stretches[-1], stretch)):
                    stretches.append(stretch)
        ends_in_space = match[0][-1].isspace()
    _mend_torn(stretches, places)
    if may_have_rtl(text):
        stretches = _joined_rtl(stretches, places)
    return [
        Line(
            tuple(found.words) if found.ordered else logical_order(found.words),
            found.end > found.start and text[found.end - 1] == _SOFT_BREAK,
            found.spaced,
        )
        for found in stretches
    ]


def _unfolded(stretch: _Stretch) -> list[_Stretch]:
    """Two lines that PDFium takes for one, since the first ends with a lowered word, as two."""
    words = stretch.words
    for place, (before, word) in enumerate(pairwise(words), 1):
        lower = before.baseline - word.baseline > 0.5 * min(word.size, before.size)
        if lower and word.left < before.left:
            head = _Stretch(stretch.start, stretch.start, words[:place], stretch.spaced, False)
            rest = word._replace(glued=False), *words[place + 1 :]
            tail = _Stretch(stretch.start, stretch.end, list(rest), True, False)
            return [head, *_unfolded(tail)]
    return [stretch]


def _goes_on(before: _Stretch, stretch: _Stretch) -> bool:
    """Add a stretch to the one before if PDFium breaks the line after every letter."""
    last, first = before.words[-1], stretch.words[0]
    if len(last.text) > 2 and len(first.text) > 2:
        return False
    size = max(last.size, 1)
    gap = (first.left - last.right) / size
    level = abs(last.baseline - first.baseline) <= 0.02 * size and last.turn == first.turn
    if not (level and last.size == first.size and -0.3 < gap < 2 and stretch.whole):
        return False
    glued = not stretch.spaced and gap < _TOUCHING
    before.words += [first._replace(glued=glued), *stretch.words[1:]]
    before.end = stretch.end
    return True


def _joined_rtl(stretches: Sequence[_Stretch], places: _Places) -> list[_Stretch]:
    """Stretches beside each other as one, where they are written from right to left."""
    kept: list[_Stretch] = []
    group: list[_Stretch] = []

    def end() -> None:
        words = [word for one in group for word in one.words]
        alike = all(_alike(word, words[0]) for word in words)
        if alike and has_rtl(words) and all(one.whole for one in group):
            letters = [letter for one in group for letter in places.letters(one.start, one.end)]
            words = ordered_words(letters, group[0].words[0])
            kept.append(_Stretch(group[0].start, group[-1].end, words, group[0].spaced, True, True))
        else:
            kept.extend(group)
        group.clear()

    for stretch in stretches:
        words = [word for one in group for word in one.words]
        if group and not (stretch.whole and goes_on_beside(words, stretch.words)):
            end()
        group.append(stretch)
    end()
    return kept


def _mend_torn(stretches: Sequence[_Stretch], places: _Places) -> None:
    torn = [found for found in stretches if found.whole and looks_torn(found.words)]
    if not torn:
        return
    letters = [places.letters(found.start, found.end) for found in torn]
    sizes = [max(median(word.size for word in found.words), 0.1) for found in torn]
    known = [
        spacing
        for line, size in zip(letters, sizes, strict=True)
        if (spacing := spacing_of(line, size)) is not None
    ]
    usual = median(known) if len(known) >= 3 else None
    for found, line, size in zip(torn, letters, sizes, strict=True):
        gaps = torn_gaps(line, size, usual)
        if not gaps:
            continue
        spans: list[list[int]] = []
        for letter in line:
            starts = letter.guessed or letter.spaced
            if spans and not (starts and letter.place not in gaps):
                spans[-1][1] = letter.place + 1
            else:
                spans.append([letter.place, letter.place + 1])
        words: list[Word] = []
        for start, end in spans:
            words += places.words(start, end)
        found.words = words


class _Places:
    """Finds where characters of a page's text stand."""

    def __init__(
        self,
        raw: Any,
        text: str,
        count: int,
        edges: tuple[float, float],
        layers: Layers | None,
        *,
        tagged: bool,
    ) -> None:
        import pypdfium2.raw

        self._pdfium = pypdfium2.raw
        self._raw = raw
        self._text = text
        self._tagged = tagged
        self._edges = edges
        self._layers = layers
        self._loose = pypdfium2.raw.FS_RECTF()
        self._matrix = pypdfium2.raw.FS_MATRIX()
        self._x, self._y = c_double(), c_double()
        self._fonts: dict[int, tuple[bool, bool]] = {}
        self._styles: dict[int, _Style] = {}
        # PDFium counts UTF-16 units, Python characters.
        self._wide = [place for place, char in enumerate(text) if ord(char) > 0xFFFF]
        self._all_shown = len(text) + len(self._wide) == count

    def words(self, start: int, end: int) -> list[Word]:
        """The word at `[start, end)` of the text; its raised and lowered parts on their own."""
        text = self._text[start:end]
        if not (text.isascii() and text.isprintable()) or " " in text:
            text = one_line(text).replace(" ", "")
            if not text:
                return []
        first = last = self._index(start)
        style = last_style = self._style(first, None)
        if end - start > 1:
            last = self._index(end - 1)
            last_style = self._style(last, None)
        if style is None or last_style is None:
            style = style or last_style or _Style(0, 0.0, False, math.nan, False)
        rtl = unicodedata.bidirectional(text[0]) in RTL
        if style is last_style or end - start == 1 or rtl:
            return [self._word(text, first, last, style, rtl=rtl)]
        words: list[Word] = []
        for text, part, here in self._parts(start, end, style):
            if text := one_line(text):
                word = self._word(text, *part, here, rtl=False)
                words.append(word._replace(glued=True) if words else word)
        return words

    def letters(self, start: int, end: int) -> list[Letter]:
        """The glyphs at `[start, end)` of the text, without spaces."""
        found: list[Letter] = []
        guessed = spaced = False
        for place in range(start, end):
            character = self._text[place]
            index = self._index(place)
            if character.isspace() or character == _SOFT_BREAK:
                real = not self._pdfium.FPDFText_IsGenerated(self._raw, index)
                spaced, guessed = spaced or real, guessed or not real
                continue
            style = self._style(index, None)
            left, _, right, _ = self._bounds(index, style.turn if style else 0)
            found.append(Letter(place, character, left, right, guessed and not spaced, spaced))
            guessed = spaced = False
        return found

    def _parts(
        self, start: int, end: int, style: _Style
    ) -> list[tuple[str, tuple[int, int], _Style]]:
        """The word's stretches of one size on one baseline: text, first and last index, style."""
        parts: list[tuple[str, tuple[int, int], _Style]] = []
        for place in range(start, end):
            character = self._text[place]
            if character.isspace():
                continue
            index = self._index(place)
            here = self._style(index, style) or style
            if parts and _alike(parts[-1][2], here):
                text, (first, _), kept = parts[-1]
                parts[-1] = (text + character, (first, index), kept)
            else:
                parts.append((character, (index, index), here))
        return parts

    def _word(self, text: str, first: int, last: int, style: _Style, *, rtl: bool) -> Word:
        left, bottom, right, top = self._bounds(first, style.turn)
        if last != first:
            last_left, last_bottom, last_right, last_top = self._bounds(last, style.turn)
            if rtl and left < last_left:
                text = reversed_clusters(text)  # stored as seen, from left to right
            left, right = min(left, last_left), max(right, last_right)
            bottom, top = min(bottom, last_bottom), max(top, last_top)
        baseline = bottom if math.isnan(style.baseline) else style.baseline
        return Word(
            text,
            left,
            right,
            bottom,
            top,
            style.size or top - bottom,
            style.bold,
            baseline,
            turn=style.turn,
            running=style.running,
            off=style.off,
            mono=style.mono,
        )

    def _index(self, place: int) -> int:
        if self._wide:
            place += bisect_left(self._wide, place)
        if self._all_shown:
            return place
        return max(int(self._pdfium.FPDFText_GetCharIndexFromTextIndex(self._raw, place)), 0)

    def _style(self, index: int, default: _Style | None) -> _Style | None:
        found = self._pdfium.FPDFText_GetTextObject(self._raw, index)
        if not found:
            return default
        address = addressof(found.contents)
        style = self._styles.get(address)
        if style is None:
            style = self._styles[address] = self._new_style(index, found)
        return style

    def _new_style(self, index: int, text_object: Any) -> _Style:
        pdfium, matrix = self._pdfium, self._matrix
        size = float(pdfium.FPDFText_GetFontSize(self._raw, index))
        turn = 0
        if pdfium.FPDFText_GetMatrix(self._raw, index, byref(matrix)):
            # The font's size alone ignores how the text is scaled.
            size *= math.hypot(matrix.b, matrix.d)
            if matrix.b or matrix.a < 0:
                turn = _turn(matrix.a, matrix.b)
        x, y = self._x, self._y
        baseline, running = math.nan, False
        if pdfium.FPDFText_GetCharOrigin(self._raw, index, byref(x), byref(y)):
            baseline = y.value
            if turn:
                baseline = turned((x.value, baseline, x.value, baseline), turn)[1]
            at_edge = turn or not self._edges[0] < baseline < self._edges[1]
            running = bool(self._tagged and at_edge and is_running(text_object))
        off = self._layers is not None and self._layers.is_off(text_object)
        bold, mono = self._font(index, text_object)
        return _Style(turn, size, bold, baseline, running, off, mono)

    def _bounds(self, index: int, turn: int) -> Bounds:
        """Left, bottom, right, top of a character's cell, turned upright."""
        box = self._loose
        if not self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, byref(box)):
            return 0.0, 0.0, 0.0, 0.0
        bounds = box.left, box.bottom, box.right, box.top
        return turned(bounds, turn) if turn else bounds

    def _font(self, index: int, text_object: Any) -> tuple[bool, bool]:
        """Whether the font is bold, and whether its characters are equally wide."""
        font = self._pdfium.FPDFTextObj_GetFont(text_object)
        address = addressof(font.contents) if font else 0
        if address not in self._fonts:
            buffer = create_string_buffer(128)
            flags = c_int()
            self._pdfium.FPDFText_GetFontInfo(self._raw, index, buffer, 128, byref(flags))
            weight = self._pdfium.FPDFText_GetFontWeight(self._raw, index)
            bold = weight >= _BOLD_WEIGHT or bool(_BOLD_NAME.search(buffer.value))
            mono = bool(flags.value & _FIXED_PITCH or _MONO_NAME.search(buffer.value))
            self._fonts[address] = bold, mono
        return self._fonts[address]


def _turn(along: float, across: float) -> int:
    """By how many degrees text is turned, from the first row of its matrix."""
    degrees = math.degrees(math.atan2(across, along)) % 360
    quarter = round(degrees / 90) * 90
    return (quarter if abs(degrees - quarter) <= _LEVEL else round(degrees)) % 360


def _alike(style: _Style | Word, other: _Style | Word) -> bool:
    if style is other:
        return True
    size = max(style.size, other.size, 1)
    return (
        abs(style.size - other.size) <= 0.05 * size
        and not abs(style.baseline - other.baseline) > 0.05 * size
    )
