"""Find words of a document's extracted text among the characters of a PDF page.

The two differ: in white space, in hyphens at line ends, in ligatures and raised figures, in a table's
bars, and in the order of what stands side by side. So only letters and digits are compared, and where
the words do not stand on the page in one run, their longest run is found first and the rest around it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

# The rest of the words is looked for so many letters around their longest run.
NEAR = 3000
# A run of fewer letters is found only where it is a word of its own, right beside others.
SHORT = 3
# Limits on the search, so that no document makes it long: words, runs that they are found in, places
# of one cell, and places of the cell by which a row is found.
MOST_TOKENS = 800
MOST_RUNS = 60
MOST_PLACES = 2000
MOST_NEAREST = 40
MOST_ANCHORS = 20
# Cells of one row stand within so many line heights of each other.
_ROW = 0.6

_OTHER_THAN_ASCII = re.compile(r"[^\x00-\x7f]+")
_NO_LETTERS = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")

# Bottom and top of a character on the page.
Height = Callable[[int], tuple[float, float]]


def letters(text: str) -> str:
    """The letters and digits of a text, as they are compared: without case, marks and ligatures."""
    plain = _OTHER_THAN_ASCII.sub(lambda run: "".join(map(_folded, run[0])), text)
    return _NO_LETTERS.sub("", plain.lower())


def _folded(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    parts = unicodedata.normalize("NFKD", character).casefold()
    return "".join(part for part in parts if part.isalnum())


@dataclass(slots=True)
class PageLetters:
    """The letters of a page.

    Attributes:
        text: as `letters` gives them.
        places: for each, the index of its character on the page.
        edges: places in `text` where a word begins, and its length.
    """

    text: str
    places: Sequence[int]
    edges: frozenset[int]

    @classmethod
    def of(cls, characters: Sequence[str]) -> PageLetters:
        """The letters among a page's characters, given in the page's own order."""
        parts: list[str] = []
        places: list[int] = []
        edges: set[int] = set()
        in_word = False
        for index, character in enumerate(characters):
            folded = _folded(character)
            if bool(folded) != in_word:
                edges.add(len(places))
            in_word = bool(folded)
            parts.append(folded)
            places.extend([index] * len(folded))
        edges.add(len(places))
        return cls("".join(parts), places, frozenset(edges))

    def all(self, words: str, start: int = 0, end: int | None = None) -> Iterator[int]:
        """Every place in `text` where words stand, between two places."""
        at = self.text.find(words, start, end)
        while at >= 0:
            yield at
            at = self.text.find(words, at + 1, end)

    def is_word(self, at: int, length: int) -> bool:
        """Whether a stretch begins and ends where words do."""
        return at in self.edges and at + length in self.edges


@dataclass(slots=True)
class Found:
    """Where words stand on a page.

    Attributes:
        ranges: stretches of the page's letters.
        share: how many of the words' letters are in them, from 0 to 1.
        rest: words that were not found, as far as they follow all that were: they may stand on the
            next page.
    """

    ranges: list[tuple[int, int]] = field(default_factory=list)
    share: float = 0.0
    rest: str = ""


def find_words(words: str, page: PageLetters, earlier: int, height: Height) -> Found:
    """Where words stand on a page.

    Args:
        words: of the extracted text.
        page: the page.
        earlier: how often the same words stand on the page before the ones that are meant.
        height: of a character of the page, by its index.
    """
    wanted = letters(words)
    if not wanted:
        return Found()
    whole = list(page.all(wanted))
    if whole:
        proper = [at for at in whole if page.is_word(at, len(wanted))] or whole
        at = proper[min(earlier, len(proper) - 1)]
        return Found([(at, at + len(wanted))], 1.0)
    lines = words.split("\n")
    if any(line.lstrip().startswith("|") or "|" in line.replace("\\|", "") for line in lines):
        return _find_rows(lines, wanted, page, height)
    return _aligned(words, wanted, page)


def _aligned(words: str, wanted: str, page: PageLetters) -> Found:
    """Words that do not stand on the page in one run."""
    tokens = _tokens(words)[:MOST_TOKENS]
    found: dict[int, tuple[int, int]] = {}
    _align(tokens, 0, len(tokens), page, (0, len(page.text)), None, found)
    ranges = sorted(found.values())
    covered = sum(end - start for start, end in ranges)
    if not found:
        return Found(rest=words)
    after = last = max(found)
    run = found[last][1] - found[last][0]
    while run > 0:
        run -= len(tokens[after])
        after += 1
    return Found(ranges, min(covered / len(wanted), 1.0), " ".join(tokens[after:]))


def _align(
    tokens: Sequence[str],
    first: int,
    after: int,
    page: PageLetters,
    within: tuple[int, int],
    near: int | None,
    found: dict[int, tuple[int, int]],
) -> None:
    """Find `tokens[first:after]` on a stretch of the page: the longest run, then what is beside it.

    Args:
        near: where on the page they are expected.
        found: by the first token of a run, where it stands on the page.
    """
    waiting = [(first, after, within, near)]
    while waiting and len(found) < MOST_RUNS:
        first, after, within, near = waiting.pop()
        run = _longest_run(tokens, first, after, page, within)
        if run is None:
            continue
        start, stop = run
        words = "".join(tokens[start:stop])
        places = [at for at in page.all(words) if within[0] <= at and at + len(words) <= within[1]]
        proper = [at for at in places if page.is_word(at, len(words))]
        if not proper and len(words) <= SHORT:
            continue
        candidates = proper or places
        at = (
            candidates[0]
            if near is None
            else min(candidates, key=lambda one: abs(one - (near or 0)))
        )
        end = at + len(words)
        found[start] = (at, end)
        before = max(within[0], at - NEAR), at
        behind = end, min(within[1], end + NEAR)
        if first < start:
            waiting.append((first, start, before, at))
        if stop < after:
            waiting.append((stop, after, behind, end))


def _longest_run(
    tokens: Sequence[str], first: int, after: int, page: PageLetters, within: tuple[int, int]
) -> tuple[int, int] | None:
    """The run of tokens with most letters that stands on a stretch of the page."""
    best: tuple[int, int] | None = None
    most = 0
    stop = first
    for start in range(first, after):
        stop = max(stop, start)
        while stop < after and page.text.find("".join(tokens[start : stop + 1]), *within) >= 0:
            stop += 1
        length = sum(map(len, tokens[start:stop]))
        if length > most:
            best, most = (start, stop), length
    return best


def _tokens(words: str) -> list[str]:
    """Words as letters; in a script without spaces, each character is a word."""
    found: list[str] = []
    for word in words.split():
        folded = letters(word)
        if folded.isascii() or len(folded) <= SHORT:
            found += [folded] if folded else []
        elif any(
            "\u2e80" <= letter <= "\uffef" or "\u0e00" <= letter <= "\u0eff" for letter in folded
        ):
            found += folded
        else:
            found.append(folded)
    return found


def _find_rows(lines: Sequence[str], wanted: str, page: PageLetters, height: Height) -> Found:
    """Rows of a table, and the lines around it."""
    ranges: list[tuple[int, int]] = []
    after = 0
    for line in lines:
        cells = [letters(cell) for cell in line.replace("\\|", " ").split("|")]
        cells = [cell for cell in cells if cell]
        if not cells:
            continue
        whole = list(page.all("".join(cells)))
        if whole:
            at = next((one for one in whole if one >= after), whole[0])
            ranges.append((at, at + sum(map(len, cells))))
            after = at
        elif len(cells) == 1:
            ranges += _aligned(line, cells[0], page).ranges
        else:
            row = _find_row(line, cells, page, height, after)
            ranges += row
            after = min((start for start, _ in row), default=after)
    covered = sum(end - start for start, end in _merged(ranges))
    return Found(_merged(ranges), min(covered / len(wanted), 1.0))


def _find_row(
    line: str, cells: Sequence[str], page: PageLetters, height: Height, after: int
) -> list[tuple[int, int]]:
    """The cells of a row, each found separately, on one line of the page."""
    places = [_places(cell, page) for cell in cells]
    known = [number for number, found in enumerate(places) if found]
    if not known:
        return _aligned(line, "".join(cells), page).ranges
    anchor = min(known, key=lambda number: (len(places[number]), -len(cells[number])))
    best: list[tuple[int, int]] = []
    in_order = sorted(places[anchor], key=lambda one: (one < after, abs(one - after)))
    for at in in_order[:MOST_ANCHORS]:
        band = _band(at, len(cells[anchor]), page, height)
        row: list[tuple[int, int]] = []
        for number, cell in enumerate(cells):
            if number == anchor:
                row.append((at, at + len(cell)))
                continue
            beside = [
                one
                for one in _nearest(places[number], at)
                if _overlap(band, _band(one, len(cell), page, height))
            ]
            if beside:
                row.append((beside[0], beside[0] + len(cell)))
            else:
                row += _wrapped(line, number, page, at)
        if _length(row) > _length(best):
            best = row
        if _length(best) >= sum(map(len, cells)):
            break
    return best


def _nearest(places: Sequence[int], at: int) -> list[int]:
    """The places nearest to another one, the nearest first."""
    return sorted(places, key=lambda one: abs(one - at))[:MOST_NEAREST]


def _wrapped(line: str, number: int, page: PageLetters, at: int) -> list[tuple[int, int]]:
    """A cell over several lines, between which the page has other cells."""
    cell = [one for one in line.replace("\\|", " ").split("|") if letters(one)][number]
    found: dict[int, tuple[int, int]] = {}
    tokens = _tokens(cell)[:MOST_TOKENS]
    _align(tokens, 0, len(tokens), page, (max(at - NEAR, 0), at + NEAR), at, found)
    return list(found.values())


def _places(cell: str, page: PageLetters) -> list[int]:
    """Where a cell may stand: as words of its own, or, if it is long, within one."""
    every = list(islice(page.all(cell), MOST_PLACES))
    proper = [at for at in every if page.is_word(at, len(cell))]
    return proper or (every if len(cell) > SHORT else [])


def _band(at: int, length: int, page: PageLetters, height: Height) -> tuple[float, float]:
    bottom, top = height(page.places[at])
    last_bottom, last_top = height(page.places[at + length - 1])
    return min(bottom, last_bottom), max(top, last_top)


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two heights are of one row: the smaller lies mostly within the larger."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared > (1 - _ROW) * max(min(one[1] - one[0], other[1] - other[0]), 0.01)


def _length(ranges: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in ranges)


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged
