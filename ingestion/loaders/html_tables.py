"""Read HTML tables as rows, with spanned cells laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.loaders.html_inline import flat_text
from ingestion.loaders.losses import Losses
from ingestion.loaders.tables import guess_header_rows

if TYPE_CHECKING:
    from bs4 import Tag

# Real tables span less; larger numbers are mistakes or attacks on memory.
_WIDEST_SPAN = 50
_TALLEST_SPAN = 10_000
_BLOCK_CONTENT = ["h1", "h2", "h3", "h4", "h5", "h6", "pre", "article", "section"]


def is_data_table(table: Tag) -> bool:
    """Whether a table holds data, rather than laying out a page."""
    if table.get("role") in ("presentation", "none"):
        return False
    if table.find("table") is not None:  # asked first: it keeps deep nesting cheap
        return table.find_parent("table") is None and _has_own_header(table)
    if table.find(["th", "caption"]) is not None:
        return True
    if table.find(_BLOCK_CONTENT) is not None:
        return False
    rows = table.find_all("tr")
    return len(rows) > 1 and any(len(row.find_all("td")) > 1 for row in rows)


def _has_own_header(table: Tag) -> bool:
    """Whether the table itself has header cells, rather than a table within it."""
    return any(row.find("th", recursive=False) is not None for row in _own_rows(table))


def _own_rows(table: Tag) -> list[Tag]:
    """The rows of a table without those of tables within it, in the order they are drawn."""
    head: list[Tag] = []
    body: list[Tag] = []
    foot: list[Tag] = []
    for part in table.find_all(["thead", "tbody", "tfoot", "tr"], recursive=False):
        place = {"thead": head, "tfoot": foot}.get(part.name, body)
        place += [part] if part.name == "tr" else part.find_all("tr", recursive=False)
    return head + body + foot


def table_rows(table: Tag, losses: Losses) -> tuple[list[list[str]], int]:
    """The cells' text, and how many rows at the top are the header.

    A cell that spans rows is repeated in each, so that a row makes sense alone; one that spans
    columns is repeated only in the header, where every column needs its name.
    """
    tags = [row for row in _own_rows(table) if row.find(["td", "th"], recursive=False)]
    header_rows = _header_rows(tags)
    rows: list[list[str]] = []
    open_spans: dict[int, tuple[str, int]] = {}
    for number, tag in enumerate(tags):
        row: list[str] = []
        for cell in tag.find_all(["td", "th"], recursive=False):
            _take_open(row, open_spans)
            text = flat_text(cell, losses)
            width = _span(cell, "colspan", _WIDEST_SPAN)
            height = _span(cell, "rowspan", _TALLEST_SPAN)
            for offset in range(width):
                shown = text if offset == 0 or number < header_rows else ""
                if height > 1:
                    open_spans[len(row)] = (shown, height - 1)
                row.append(shown)
        _take_open(row, open_spans)
        rows.append(row)
    return rows, header_rows or _bold_header_rows(tags) or guess_header_rows(rows)


def _take_open(row: list[str], open_spans: dict[int, tuple[str, int]]) -> None:
    while len(row) in open_spans:
        text, left = open_spans.pop(len(row))
        if left > 1:
            open_spans[len(row)] = (text, left - 1)
        row.append(text)


def _bold_header_rows(tags: list[Tag]) -> int:
    """1 if all cells of the first row are bold and not all of those of the second."""
    bold = [
        [_is_bold(cell) for cell in tag.find_all(["td", "th"], recursive=False)] for tag in tags[:2]
    ]
    return int(len(bold) == 2 and len(bold[0]) > 1 and all(bold[0]) and not all(bold[1]))


def _is_bold(cell: Tag) -> bool:
    texts = [text for text in cell.strings if text.strip()]
    marks = {id(text) for mark in cell.find_all(["b", "strong"]) for text in mark.strings}
    return bool(texts) and all(id(text) in marks for text in texts)


def _header_rows(tags: list[Tag]) -> int:
    count = 0
    for tag in tags:
        in_head = tag.parent is not None and tag.parent.name == "thead"
        if not in_head and tag.find("td", recursive=False) is not None:
            break
        count += 1
    return count if count < len(tags) else min(count, 1)


def _span(cell: Tag, attribute: str, limit: int) -> int:
    value = str(cell.get(attribute, "1")).strip()
    return min(max(int(value), 1), limit) if value.isdecimal() and len(value) < 9 else 1
