"""Drop what stands at the edge of every page: running headers, footers, page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ingestion.loaders.pdf.lines import Line, PdfPage

# A running title is known by standing on this many pages; fewer may be chance.
_FEWEST_PAGES = 3
_EDGE_LINES = 3
# Share of the height, at the top and at the bottom, where furniture stands.
_EDGE = 0.2
# Furniture keeps its distance from the text; a table's repeated header does not.
_DISTANCE = 0.45

_NUMBER = re.compile(r"\d+|\b[ivxl]+\b")
_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:page|seite|p\.|pg\.?)?\s*(\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/|von|\|)\s*\d{1,4})?[\W_]*",
    re.IGNORECASE,
)


def without_furniture(pages: Sequence[PdfPage]) -> list[PdfPage]:
    """The pages without the lines that repeat at their edges, and without page numbers.

    Numbers in a line may differ from page to page. If nothing would be left, the repeated
    lines are the content and stay.
    """
    edges = [_edges(page) for page in pages]
    repeats: Counter[tuple[bool, str]] = Counter()
    for top, bottom in edges:
        repeats.update({(True, _shape(line)) for line in top})
        repeats.update({(False, _shape(line)) for line in bottom})
    common = {key for key, count in repeats.items() if count >= _FEWEST_PAGES}
    top_common = {shape for is_top, shape in common if is_top}
    bottom_common = {shape for is_top, shape in common if not is_top}
    kept = []
    for page, (top, bottom) in zip(pages, edges, strict=True):
        dropped = [
            *_furniture(page, top, top_common),
            *_furniture(page, bottom, bottom_common),
        ]
        identities = set(map(id, dropped))
        lines = [line for line in page.lines if id(line) not in identities]
        kept.append(replace(page, lines=lines))
    return kept if any(page.lines for page in kept) else list(pages)


def _edges(page: PdfPage) -> tuple[list[Line], list[Line]]:
    """The outermost lines at the top and at the bottom, outermost first."""
    ordered = sorted(page.lines, key=lambda line: -line.top)
    high, low = (1 - _EDGE) * page.height, _EDGE * page.height
    top = [line for line in ordered[:_EDGE_LINES] if line.bottom >= high]
    bottom = [line for line in ordered[: -_EDGE_LINES - 1 : -1] if line.top <= low]
    return top, bottom


def _furniture(page: PdfPage, edge: list[Line], common: set[str]) -> list[Line]:
    """Which of the edge's lines are furniture: from the outermost inwards, up to the gap."""
    found: list[Line] = []
    for line in edge:
        number = _PAGE_NUMBER.fullmatch(line.text)
        is_this_page = number is not None and number[1] == str(page.number)
        if _shape(line) not in common and not is_this_page:
            break
        found.append(line)
    while found and not _stands_apart(page, found):
        found.pop()
    return found


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


def _shape(line: Line) -> str:
    return _NUMBER.sub("#", line.text.casefold())
