"""Walk an HTML tree and write what it shows into a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ingestion.loaders.cleaning import prose
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.html_content import NEVER_CONTENT
from ingestion.loaders.html_tables import is_data_table, table_rows

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article blockquote body center dd details div dl dt fieldset figcaption figure form "
    "header hgroup hr li main ol p section summary table tbody td tfoot th thead tr ul caption "
    "menu".split()
)
_CODE = frozenset(("pre", "listing", "xmp"))


@dataclass(slots=True)
class _List:
    """An open list; `number` is None for bullets."""

    number: int | None

    def marker(self) -> str:
        """The next item's marker."""
        if self.number is None:
            return "-"
        self.number += 1
        return f"{self.number - 1}."


@dataclass(slots=True)
class _Leave:
    """Stands on the stack for the end of an element that has been entered."""

    tag: Tag


_Step: TypeAlias = "PageElement | _Leave"


class HtmlWalker:
    """Writes an element's content to a builder.

    The walk keeps its own stack, because pages nest deeper than Python recurses.
    """

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []
        self._lists: list[_List] = []
        self._marker: str | None = None  # of the list item that has no text yet
        self._term = ""  # of a definition list, to stand before its definition

    def walk(self, root: Tag) -> None:
        """Write all of `root`."""
        from bs4 import Tag
        from bs4.element import NavigableString, PreformattedString

        stack: list[_Step] = list(_reversed_children(root))
        while stack:
            step = stack.pop()
            if isinstance(step, _Leave):
                self._leave(step.tag)
            elif isinstance(step, Tag):
                if self._enter(step):
                    stack.append(_Leave(step))
                    stack.extend(_reversed_children(step))
            # Comments, doctypes and the like are preformatted strings; they show nothing.
            elif isinstance(step, NavigableString) and not isinstance(step, PreformattedString):
                self._inline.append(str(step).replace("\n", " ").replace("\r", " "))
        self._flush()

    def _enter(self, tag: Tag) -> bool:
        """Start an element; False if it has been dealt with, content included."""
        name = tag.name
        if name in NEVER_CONTENT:
            return False
        if name in _HEADINGS:
            self._flush()
            self._builder.heading(tag.get_text(), _HEADINGS[name])
            return False
        if name in _CODE:
            self._flush()
            self._builder.code(_code_text(tag))
            return False
        if name == "table" and is_data_table(tag):
            self._flush()
            self._table(tag)
            return False
        if name == "br":
            self._inline.append("\n")
        elif name == "img":
            self._inline.append(str(tag.get("alt") or ""))
        elif name in ("ul", "ol", "menu"):
            self._flush()
            self._lists.append(_List(_first_number(tag) if name == "ol" else None))
        elif name == "li":
            self._flush()
            self._marker = self._lists[-1].marker() if self._lists else "-"
        elif name in _BLOCKS:
            self._flush()
        return True

    def _leave(self, tag: Tag) -> None:
        name = tag.name
        if name == "dt":
            self._end_term()
        elif name in _BLOCKS:
            self._flush()
            self._term = "" if name == "dl" else self._term
        if name in ("ul", "ol", "menu") and self._lists:
            self._lists.pop()
        if name == "li":
            self._marker = None

    def _table(self, table: Tag) -> None:
        if table.caption is not None:
            self._builder.paragraph(table.caption.get_text(" "))
        rows, header_rows = table_rows(table)
        self._builder.table(rows, header_rows=header_rows)

    def _end_term(self) -> None:
        term = self._take()
        self._term = f"{self._term} / {term}" if self._term and term else term or self._term

    def _take(self) -> str:
        text = prose("".join(self._inline))
        self._inline.clear()
        return text

    def _flush(self) -> None:
        """Write the inline text so far as a paragraph, an item, or a definition."""
        text = self._take()
        if not text:
            return
        if self._term:
            term, self._term = self._term, ""
            text = f"{term.rstrip(':')}: {text}"
            self._builder.line(f"- {text}")
        elif self._lists:
            depth = "  " * (len(self._lists) - 1)
            marker, self._marker = self._marker, None
            indent = f"{depth}{marker} " if marker else f"{depth}  "
            self._builder.line(indent + text.replace("\n", f"\n{depth}  "))
        else:
            self._builder.paragraph(text)


def _reversed_children(tag: Tag) -> Iterator[PageElement]:
    return reversed(tag.contents)


def _first_number(tag: Tag) -> int:
    start = str(tag.get("start", "1"))
    return int(start) if start.isdecimal() and len(start) < 9 else 1


def _code_text(tag: Tag) -> str:
    for line_break in tag.find_all("br"):
        line_break.replace_with("\n")
    return tag.get_text()
