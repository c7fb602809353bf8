"""Tell headings from text: by the outline, by size, by weight."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from ingestion.loaders.pdf.lines import Line, OutlineEntry, PdfPage, normalised

LONGEST_HEADING = 200
_MOST_LINES = 3
# How much larger than the text a heading is. LaTeX's smallest step is 12 over 10 points.
_LARGER = 1.12
# Letters of a size, or bold ones, beyond this share of the document are text.
_MOST_TEXT = 0.25
_NUMBERING = re.compile(r"(?:[A-Z]|\d+|[IVX]+)(?:\.\d+)*\.?\s+")
_DATE = re.compile(r"(?:\w+,? )?(?:\d{1,2}\.? )?\w+\.? (?:\d{1,2}(?:st|nd|rd|th)?, )?(?:19|20)\d\d")
_ENDS_LIKE_TEXT = re.compile(r"[.,;:]$")
_STARTS_LIKE_HEADING = re.compile(r"[^\W_]*[A-Z\d\u00c0-\u00de\u0400-\u042f]")


class HeadingFinder:
    """Knows a document's text size and outline, and tells a paragraph's heading level."""

    def __init__(self, pages: Sequence[PdfPage], outline: Sequence[OutlineEntry]) -> None:
        letters: Counter[float] = Counter()
        bold = 0
        for page in pages:
            for line in page.lines:
                letters[line.size] += len(line.text)
                bold += len(line.text) if line.bold else 0
        total = max(letters.total(), 1)
        self.text_size = letters.most_common(1)[0][0] if letters else 0.0
        self._bold_is_rare = bold < _MOST_TEXT * total
        larger = sorted(
            (size for size, count in letters.items() if self._is_larger(size, count / total)),
            reverse=True,
        )
        self._size_levels = {size: level for level, size in enumerate(larger, 1)}
        self._outline: dict[str, list[OutlineEntry]] = defaultdict(list)
        for entry in outline:
            self._outline[_key(entry.title)].append(entry)
        self._learn_from_outline(pages)

    def levels(
        self, pieces: Sequence[Sequence[Line]], texts: Sequence[str], page: int
    ) -> list[int]:
        """The level of the heading that each piece of a page makes, 0 if it makes none."""
        found = [self._level(*piece, page) for piece in zip(pieces, texts, strict=True)]
        levels = list(found)
        for place, level in enumerate(found):
            # Under a title stand names, places and dates, larger than text but no headings.
            beside = (*found[max(place - 1, 0) : place], *found[place + 1 : place + 2])
            in_title_block = page == 1 and level > 1 and level in beside
            if _DATE.fullmatch(texts[place]) or (
                in_title_block and not self._entry(texts[place], 1)
            ):
                levels[place] = 0
        return levels

    def _level(self, lines: Sequence[Line], text: str, page: int) -> int:
        if len(lines) > _MOST_LINES or len(text) > LONGEST_HEADING:
            return 0
        if not any(map(str.isalpha, text)):
            return 0
        entry = self._entry(text, page)
        if entry:
            return entry.level
        if _ENDS_LIKE_TEXT.search(text) or any(line.cells > 1 for line in lines):
            return 0
        by_size = self._size_levels.get(lines[0].size, 0)
        if by_size:
            return by_size
        return self._bold_level(lines, text)

    def _is_larger(self, size: float, share: float) -> bool:
        return size >= _LARGER * self.text_size and share < _MOST_TEXT

    def _bold_level(self, lines: Sequence[Line], text: str) -> int:
        is_heading = (
            self._bold_is_rare
            and len(lines) == 1
            and lines[0].bold
            and lines[0].size >= 0.95 * self.text_size
            and _STARTS_LIKE_HEADING.match(text)
            and sum(map(str.isalpha, text)) >= 3
        )
        return max(self._size_levels.values(), default=0) + 1 if is_heading else 0

    def _entry(self, text: str, page: int) -> OutlineEntry | None:
        entries = self._outline.get(_key(text), ())
        return next((entry for entry in entries if entry.page in (page, page - 1, None)), None)

    def _learn_from_outline(self, pages: Sequence[PdfPage]) -> None:
        """Headings outside the outline take the level that the outline gives their size."""
        if not self._outline:
            return
        known: dict[float, int] = {}
        for page in pages:
            for line in page.lines:
                entry = self._entry(line.text, page.number)
                if entry and line.size > self.text_size:
                    known[line.size] = min(entry.level, known.get(line.size, entry.level))
        for size in self._size_levels:
            at_least = [known[other] for other in sorted(known) if other >= size]
            if known:
                self._size_levels[size] = at_least[0] if at_least else 1


def is_numbered(heading: str) -> bool:
    """Whether the heading carries a number: '2.1 Methods'."""
    return _NUMBERING.match(heading) is not None and heading[0].isdecimal()


def _key(title: str) -> str:
    """A title as the outline and the page both have it: one may number it, the other not."""
    return normalised(_NUMBERING.sub("", title, count=1)) or normalised(title)
