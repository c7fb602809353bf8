"""Read HTML tables as rows, with spanned cells laid out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from ingestion.loaders.html_inline import flat_text
from ingestion.loaders.losses import Losses
from ingestion.loaders.tables import guess_header_rows

if TYPE_CHECKING:
    from bs4 import Tag

# Real tables span less; larger numbers are mistakes or attacks on memory.
_WIDEST_SPAN = 50
_TALLEST_SPAN = 10_000
_HEADER_CELLS = frozenset({"th"})
_DATA_CELLS = frozenset({"td"})
_ANY_CELL = ["td", "th"]
_CELLS = frozenset(_ANY_CELL)
_ROWS = frozenset({"tr"})
_PARTS = frozenset({"thead", "tbody", "tfoot", "tr"})
_FRAMES = _CELLS | {"caption"}
_TABLE_TAGS = _PARTS | _FRAMES | {"table"}
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
    return any(_within(row, _HEADER_CELLS) for row in _own_rows(table))


def _own_rows(table: Tag) -> list[Tag]:
    """The rows of a table without those of tables within it, in the order they are drawn."""
    head: list[Tag] = []
    body: list[Tag] = []
    foot: list[Tag] = []
    for part in _within(table, _PARTS):
        place = {"thead": head, "tfoot": foot}.get(part.name, body)
        place += [part] if part.name == "tr" else _within(part, _ROWS)
    return head + body + foot


def _within(tag: Tag, names: Collection[str]) -> list[Tag]:
    """The tags of these names within a tag, also where a form or the like stands around them."""
    found: list[Tag] = []
    for child in tag.contents:
        name = getattr(child, "name", None)
        if name in names:
            found.append(cast("Tag", child))
        elif name is not None and name not in _TABLE_TAGS:
            found += _within(cast("Tag", child), names)
    return found


def loose_text(table: Tag, losses: Losses) -> str:
    """What stands between the cells of a table; browsers draw it above the table."""
    from bs4 import Tag
    from bs4.element import NavigableString

    texts = []
    for child in table.contents:
        if isinstance(child, Tag):
            if child.name in _PARTS or (child.name not in _TABLE_TAGS and child.find(_ANY_CELL)):
                texts.append(loose_text(child, losses))
            elif child.name not in _FRAMES:
                texts.append(flat_text(child, losses))
        elif type(child) is NavigableString:
            texts.append(child.strip())
    return " ".join(filter(None, texts))


def table_rows(table: Tag, losses: Losses) -> tuple[list[list[str]], int]:
    """The cells' text, and how many rows at the top are the header.

    A cell that spans rows is repeated in each, so that a row makes sense alone; one that spans
    columns is repeated only in the header, where every column needs its name.
    """
    tags = [row for row in _own_rows(table) if _within(row, _CELLS)]
    header_rows = _header_rows(tags)
    rows: list[list[str]] = []
    open_spans: dict[int, tuple[str, int]] = {}
    for number, tag in enumerate(tags):
        row: list[str] = []
        for cell in _within(tag, _CELLS):
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
    bold = [[_is_bold(cell) for cell in _within(tag, _CELLS)] for tag in tags[:2]]
    return int(len(bold) == 2 and len(bold[0]) > 1 and all(bold[0]) and not all(bold[1]))


def _is_bold(cell: Tag) -> bool:
    texts = [text for text in cell.strings if text.strip()]
    marks = {id(text) for mark in cell.find_all(["b", "strong"]) for text in mark.strings}
    return bool(texts) and all(id(text) in marks for text in texts)


def _header_rows(tags: list[Tag]) -> int:
    count = 0
    for tag in tags:
        in_head = tag.parent is not None and tag.parent.name == "thead"
        if not in_head and _within(tag, _DATA_CELLS):
            break
        count += 1
    return count if count < len(tags) else min(count, 1)


def _span(cell: Tag, attribute: str, limit: int) -> int:
    value = str(cell.get(attribute, "1")).strip()
    return min(max(int(value), 1), limit) if value.isdecimal() and len(value) < 9 else 1
