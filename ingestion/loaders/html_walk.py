"""Walk an HTML tree and write what it shows into a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.html_code import code_text, is_code_block
from ingestion.loaders.html_inline import (
    BLOCKS,
    LISTS,
    HtmlInline,
    Leave,
    flat_text,
    is_shown,
    reversed_children,
)
from ingestion.loaders.html_lists import OpenList, marker_of
from ingestion.loaders.html_notes import HtmlNotes
from ingestion.loaders.html_tables import is_data_table, loose_text, table_rows
from ingestion.loaders.notation import note_mark

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DISPLAYED = re.compile(r"display:(?:block|flex|grid|list-item|table)")

_Step: TypeAlias = "PageElement | Leave"


class HtmlWalker:
    """Writes an element's content to a builder.

    The walk keeps its own stack, because pages nest deeper than Python recurses.
    """

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._inline = HtmlInline(builder.losses)
        self._lists: list[OpenList] = []
        self._marker: str | None = None  # of the list item that has no text yet
        self._note = ""  # the mark of the note that has no text yet
        self._in_term = False
        self._term = ""  # of a definition list, to stand before its definition

    def walk(self, root: Tag) -> None:
        """Write all of `root`."""
        from bs4 import Tag

        notes = HtmlNotes(root)
        stack: list[_Step] = list(reversed_children(root))
        while stack:
            step = stack.pop()
            if isinstance(step, Leave):
                self._leave(step.tag)
            elif isinstance(step, Tag):
                if notes.is_repeated_label(step):
                    continue
                if self._enter(step, notes.label(step)):
                    stack.append(Leave(step))
                    stack.extend(reversed_children(step))
            elif is_shown(step):
                self._inline.text_node(str(step))
        self._flush()
        self._end_terms()

    def _enter(self, tag: Tag, note: str) -> bool:
        """Start an element; False if it has been dealt with, content included.

        `note` is the label of the footnote whose text the element is, if it is one.
        """
        name = tag.name
        if is_code_block(tag):
            self._flush()
            self._end_marker()
            self._builder.code(code_text(tag, self._builder.losses))
            return False
        if name not in BLOCKS:
            if _is_displayed(tag):
                self._flush()
            return self._inline.enter(tag)
        if self._in_term and name in ("dt", "dd"):  # </dt> may be left out
            self._end_term()
        self._flush()
        self._in_term = name == "dt" or (self._in_term and name != "dd")
        if name in _HEADINGS:
            self._heading(tag, _HEADINGS[name])
            return False
        if name == "table" and is_data_table(tag):
            self._table(tag)
            return False
        if name in LISTS:
            self._end_terms()
            self._lists.append(OpenList.of(tag))
        elif name == "dl":
            self._end_terms()
        elif name == "li":
            self._marker = marker_of(tag, self._lists)
            if note:
                self._marker = f"{note_mark(note)}:"
        elif note:
            self._note = note_mark(note)
        elif name == "optgroup":
            self._inline.add(str(tag.get("label") or ""))
        return True

    def _leave(self, tag: Tag) -> None:
        name = tag.name
        if name not in BLOCKS:
            self._inline.leave(tag)
            if _is_displayed(tag):
                self._flush()
            return
        if name == "dt" and self._in_term:
            self._end_term()
            return
        self._flush()
        if name == "dl":
            self._end_terms()
        if name in LISTS and self._lists:
            self._lists.pop()
        if name == "li":
            self._marker = None
        self._end_note()

    def _heading(self, tag: Tag, level: int) -> None:
        self._end_note()
        text = flat_text(tag, self._builder.losses)
        marker, self._marker = self._marker, None
        if text and marker and marker != "-":
            text = f"{marker} {text}"
        self._end_terms()
        self._builder.heading(text, level)

    def _table(self, table: Tag) -> None:
        self._end_marker()
        losses = self._builder.losses
        if table.caption is not None:
            self._builder.paragraph(flat_text(table.caption, losses))
        self._builder.paragraph(loose_text(table, losses))
        rows, header_rows = table_rows(table, losses)
        self._builder.table(rows, header_rows=header_rows)

    def _end_term(self) -> None:
        term = self._inline.take()
        self._term = f"{self._term} / {term}" if self._term and term else term or self._term
        self._in_term = False

    def _end_terms(self) -> None:
        """Write a term that has no definition of its own."""
        term, self._term = self._term, ""
        if term:
            self._builder.line(f"- {term}")

    def _end_marker(self) -> None:
        """Write the number of an item that begins with a table or code; end an open term."""
        self._end_note()
        marker, self._marker = self._marker, None
        if marker and marker != "-":
            self._builder.line("  " * (len(self._lists) - 1) + marker)
        self._end_terms()

    def _end_note(self) -> None:
        """Write the mark of a note that begins with something else than text."""
        note, self._note = self._note, ""
        self._builder.paragraph(note)

    def _flush(self) -> None:
        """Write the inline text so far as a paragraph, an item, or a definition."""
        if self._in_term:  # a term may hold paragraphs
            self._inline.add(" ")
            return
        text = self._inline.take()
        if not text:
            return
        if self._note:
            text = f"{self._note}: {text}"
            self._note = ""
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


def _is_displayed(tag: Tag) -> bool:
    """Whether an inline element is drawn as a block by its own style."""
    return bool(tag.attrs) and bool(
        _DISPLAYED.search(str(tag.get("style") or "").replace(" ", "").lower())
    )
