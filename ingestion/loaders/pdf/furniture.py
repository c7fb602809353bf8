"""Drop what stands at the edge of every page: running headers, footers, page numbers.

A line is dropped only on evidence: the same text at the same place on most pages, in which
nothing differs but one counter that rises by one from page to page. Rows of tables and lines in
which other numbers differ are content.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingestion.loaders.pdf.lines import Line, PdfPage
from ingestion.loaders.pdf.tables import ROW_DISTANCE

# A running title is known by standing on this many pages; fewer may be chance.
_FEWEST_PAGES = 3
# It stands on at least this share of the pages from the first to the last that have it: left
# and right pages may differ.
_DENSE = 0.4
_EDGE_LINES = 3
# Share of the height, at the top and at the bottom, where furniture stands.
EDGE = 0.2
# In points, by how much its height may differ from page to page.
_SAME_PLACE = 4.0
# Furniture keeps its distance from the text; a table's repeated header does not.
_DISTANCE = 0.45
# A line of this share of the text's size is a title, unless it stands on nearly all pages.
_LARGER = 1.12
_NEARLY_ALL = 0.9
_LONGEST_NUMBER = 9
_MOST_NUMBERS = 8
_TEXT_LINES = 3

_NUMBER = re.compile(r"\d+|\b[ivxl]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:page|seite|p\.|pg\.?)?\s*#(?:\s*(?:of|/|von|de|sur|di|av|z|\|)\s*#)?[\W_]*",
    re.IGNORECASE,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


@dataclass(frozen=True, slots=True)
class _Edge:
    """A line at a page's edge: how far from it, and its numbers apart from its words."""

    line: Line
    page: int
    distance: float
    shape: str
    numbers: tuple[int, ...]


def without_furniture(pages: Sequence[PdfPage], dropped: Callable[[str], None]) -> list[PdfPage]:
    """The pages without their running headers, footers and page numbers.

    If nothing would be left, the repeated lines are the content and stay.

    Args:
        pages: of one document.
        dropped: receives the text of every line that is left out.
    """
    edges = [_edges(page) for page in pages]
    common: set[int] = set()
    size = _text_size(pages)
    for side in (0, 1):
        groups: dict[str, list[_Edge]] = defaultdict(list)
        for sides in edges:
            for edge in sides[side]:
                groups[edge.shape].append(edge)
        for group in groups.values():
            found = [edge for alike in _repeated(group) for edge in _no_titles(alike, pages, size)]
            common |= {id(edge.line) for edge in found}
    marks = _watermarks(pages)
    kept: list[PdfPage] = []
    left_out: list[Line] = []
    for page, (top, bottom) in zip(pages, edges, strict=True):
        furniture = [*_furniture(page, top, common), *_furniture(page, bottom, common)]
        identities = set(map(id, furniture))
        lines = [line for line in page.lines if id(line) not in identities]
        left_out += [line for line in page.lines if id(line) in identities]
        left_out += [line for line in page.aside if id(line) in marks]
        aside = tuple(line for line in page.aside if id(line) not in marks)
        kept.append(replace(page, lines=lines, aside=aside))
    if not any(page.lines for page in kept):
        return list(pages)
    for line in left_out:
        dropped(line.text)
    return kept


def _edges(page: PdfPage) -> tuple[list[_Edge], list[_Edge]]:
    """The outermost lines at the top and at the bottom, outermost first."""
    ordered = sorted(page.lines, key=lambda line: -line.top)
    high, low = page.bottom + (1 - EDGE) * page.height, page.bottom + EDGE * page.height
    top = [
        _edge(line, page, page.top - line.baseline)
        for line in ordered[:_EDGE_LINES]
        if line.bottom >= high
    ]
    bottom = [
        _edge(line, page, line.baseline - page.bottom)
        for line in ordered[: -_EDGE_LINES - 1 : -1]
        if line.top <= low
    ]
    return top, bottom


def _edge(line: Line, page: PdfPage, distance: float) -> _Edge:
    text = line.text.casefold()
    numbers = tuple(map(_value, _NUMBER.findall(text)))
    return _Edge(line, page.number, distance, _NUMBER.sub("#", text), numbers)


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number) if len(number) <= _LONGEST_NUMBER else hash(number)
    values = [_ROMAN[letter] for letter in number.lower()]
    return sum(
        -value if following > value else value for value, following in pairwise((*values, 0))
    )


def _repeated(group: Sequence[_Edge]) -> list[list[_Edge]]:
    """Those lines of one shape that are furniture, by place and text."""
    found: list[list[_Edge]] = []
    by_place: list[list[_Edge]] = []
    for edge in sorted(group, key=lambda edge: edge.distance):
        if by_place and edge.distance - by_place[-1][-1].distance <= _SAME_PLACE:
            by_place[-1].append(edge)
        else:
            by_place.append([edge])
    for same_place in by_place:
        by_text: dict[tuple[int | None, tuple[int, ...]], list[_Edge]] = defaultdict(list)
        # Which number is the page's, if any: without it the others must be equal.
        for edge in same_place:
            by_text[None, edge.numbers].append(edge)
            for place, number in enumerate(edge.numbers[:_MOST_NUMBERS]):
                others = edge.numbers[:place] + edge.numbers[place + 1 :]
                by_text[place, (number - edge.page, *others)].append(edge)
        found += [alike for alike in by_text.values() if _is_enough(alike)]
    return found


def _no_titles(edges: list[_Edge], pages: Sequence[PdfPage], text_size: float) -> list[_Edge]:
    """The lines, unless they are larger than text: a slide's title may go on over some slides."""
    large = edges[0].line.size >= _LARGER * text_size
    return [] if large and len(edges) < _NEARLY_ALL * len(pages) else edges


def _text_size(pages: Sequence[PdfPage]) -> float:
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            letters[line.size] += len(line.words)
    return max(letters, key=lambda size: letters[size], default=0.0)


def _watermarks(pages: Sequence[PdfPage]) -> set[int]:
    """Lines turned otherwise than the page that stand at the same place on most pages."""
    alike: dict[tuple[str, int, int], list[Line]] = defaultdict(list)
    for page in pages:
        for line in page.aside:
            key = line.text, round(line.left / _SAME_PLACE), round(line.baseline / _SAME_PLACE)
            alike[key].append(line)
    enough = max(_FEWEST_PAGES, _DENSE * len(pages))
    return {id(line) for lines in alike.values() if len(lines) >= enough for line in lines}


def _is_enough(edges: Sequence[_Edge]) -> bool:
    pages = sorted({edge.page for edge in edges})
    if len(pages) < 2:
        return (
            bool(re.fullmatch(r"[\W_]*(?:page|seite)\s*#\s*(?:of|/|von)\s*#[\W_]*", edges[0].shape))
            and edges[0].page in edges[0].numbers
        )
    if len(pages) < _FEWEST_PAGES:
        is_number = _PAGE_NUMBER.fullmatch(edges[0].shape) is not None
        return is_number and len({edge.numbers for edge in edges}) > 1
    return len(pages) >= _DENSE * (pages[-1] - pages[0] + 1)


def _furniture(page: PdfPage, edge: list[_Edge], common: set[int]) -> list[Line]:
    """Which of the edge's lines are furniture: from the outermost inwards, up to the gap."""
    found: list[Line] = []
    for place in edge:
        line = place.line
        marked = all(word.running for word in line.words)
        if (id(line) not in common and not marked) or _heads_rows(line, page):
            break
        sure = marked or _PAGE_NUMBER.fullmatch(place.shape) is not None
        if not sure and _is_first_of_text(line, page):
            break
        found.append(line)
    while found and not _stands_apart(page, found):
        found.pop()
    return found


def _is_first_of_text(line: Line, page: PdfPage) -> bool:
    """Whether a line and the next ones stand equally far apart, as lines of text do."""
    near = [
        (line.baseline - other.baseline, other)
        for other in page.lines
        if min(line.right, other.right) > max(line.left, other.left)
        and abs(other.size - line.size) <= 0.05 * line.size
    ]
    for sign in (1, -1):
        beyond = sorted(
            ((sign * distance, other.left) for distance, other in near if sign * distance > 0)
        )[:_TEXT_LINES]
        if len(beyond) < _TEXT_LINES or abs(beyond[0][1] - line.left) > line.size:
            continue
        steps = [after - before for before, after in pairwise((0.0, *(at for at, _ in beyond)))]
        if max(steps) <= 1.05 * min(steps):
            return True
    return False


def _heads_rows(line: Line, page: PdfPage) -> bool:
    """Whether the line and one near it are rows of one table."""
    middle = (line.left + line.right) / 2, line.baseline
    if any(grid.cell_of(*middle) for grid in page.grids):
        return True
    cells = line.pieces
    if len(cells) < 2:
        return False
    reach = ROW_DISTANCE * max(line.size, 1)
    for other in page.lines:
        if other is line or abs(other.baseline - line.baseline) > reach:
            continue
        beside = other.pieces
        if len(beside) == len(cells) and all(
            min(one.right, two.right) > max(one.left, two.left)
            for one, two in zip(cells, beside, strict=True)
        ):
            return True
    return False


def _stands_apart(page: PdfPage, found: list[Line]) -> bool:
    """Whether there is room between the innermost line and the page's other lines."""
    edge = found[-1]
    distance = _DISTANCE * (edge.top - edge.bottom)
    return all(
        any(line is other for other in found)
        or line.top < edge.bottom - distance
        or line.bottom > edge.top + distance
        for line in page.lines
    )
