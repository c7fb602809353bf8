"""Word documents: paragraphs, headings, lists and tables in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.office.archive import note_groups, open_archive
from ingestion.loaders.office.docx_numbering import Numbering
from ingestion.loaders.office.docx_tables import Cell, table_rows
from ingestion.loaders.office.docx_text import W, paragraph_text
from ingestion.loaders.office.properties import read_properties

_LIST_STYLE = re.compile(r"list (?:bullet|number) (\d)", re.IGNORECASE)
_HEADING_STYLE = re.compile(r"heading (\d)")
_CODE_STYLE = re.compile(r"(source|code|preformatted|html preformatted|macro)", re.IGNORECASE)
# A table of contents repeats the headings, with page numbers.
_CONTENTS_STYLE = re.compile(r"(toc \d|toc heading|table of figures)", re.IGNORECASE)
# Wrappers whose content stands in the text as if they were not there.
_TRANSPARENT = {
    W + name for name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")
}
_NO_OUTLINE_LEVEL = 9


def extract(data: bytes, name: str) -> TextBuilder:
    """The document's body; deleted text, headers, footers and comments are left out."""
    archive = open_archive(data, name, "word")
    import docx

    document = docx.Document(BytesIO(data))
    builder = TextBuilder()
    read_properties(document.core_properties, builder)
    with archive:
        note_groups(archive, builder.groups)
    body = document.element.body
    styles = {style.style_id: style for style in document.styles}
    DocxWalker(builder, styles, Numbering.of(document)).walk(body)
    return builder


class DocxWalker:
    """Writes the body's elements to a builder."""

    def __init__(self, builder: TextBuilder, styles: dict[str, Any], numbering: Numbering) -> None:
        self._builder = builder
        self._styles = styles
        self._numbering = numbering
        self._code: list[str] = []

    def walk(self, body: Any) -> None:
        """Write everything in `body`."""
        for element in _content(body):
            if element.tag == W + "tbl":
                self._end_code()
                self._table(element)
            else:
                self._paragraph(element)
        self._end_code()

    def _paragraph(self, paragraph: Any) -> None:
        text = paragraph_text(paragraph)
        style = self._style(paragraph)
        names = [parent.name or "" for parent in _ancestry(style)]
        if any(map(_CODE_STYLE.match, names)):
            self._code.append(text)  # Word writes each line of code as a paragraph
            return
        self._end_code()
        level = self._heading_level(paragraph, style)
        if any(map(_CONTENTS_STYLE.match, names)):
            return
        if level:
            self._builder.heading(text, level)
        else:
            item = self._numbering.item(paragraph, style)
            if item and text.strip():
                depth, marker = item
                # Word's own deeper styles, such as "List Bullet 2", are lists of their own.
                deeper = next(filter(None, map(_LIST_STYLE.fullmatch, names)), None)
                depth = max(depth, int(deeper[1]) - 1) if deeper else depth
                self._builder.line(f"{'  ' * depth}{marker} {' '.join(text.split())}")
            else:
                self._builder.paragraph(text)
        for box in paragraph.iter(W + "txbxContent"):
            if not any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
                self.walk(box)

    def _style(self, paragraph: Any) -> Any:
        named = paragraph.find(f"{W}pPr/{W}pStyle")
        return self._styles.get(named.get(W + "val")) if named is not None else None

    def _heading_level(self, paragraph: Any, style: Any) -> int:
        """The paragraph's heading level, 0 if it is none; Word names built-in styles in English
        in the file, whatever the language of its menus."""
        for parent in _ancestry(style):
            name = (parent.name or "").lower()
            match = _HEADING_STYLE.match(name)
            if match:
                return int(match[1])
            if name == "title":
                return 1
        levels = (element.find(f"{W}pPr/{W}outlineLvl") for element in _elements(paragraph, style))
        level = next((int(found.get(W + "val")) for found in levels if found is not None), 9)
        return level + 1 if level < _NO_OUTLINE_LEVEL else 0

    def _table(self, table: Any) -> None:
        rows, header_rows = table_rows(table)
        cells: list[Cell] = [cell for row in rows for cell in row]
        if len({id(cell.element) for cell in cells}) == 1:  # a frame around text
            self.walk(cells[0].element)
            return
        self._builder.table([[cell.text for cell in row] for row in rows], header_rows=header_rows)

    def _end_code(self) -> None:
        if self._code:
            lines, self._code = self._code, []
            self._builder.code("\n".join(lines))


def _content(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables below `parent`, through content controls and the like."""
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if element.tag in (W + "p", W + "tbl"):
            yield element
        elif element.tag in _TRANSPARENT:
            stack.extend(reversed(element))


def _ancestry(style: Any) -> Iterator[Any]:
    """The style and what it is based on; bounded, since a broken file may go in circles."""
    for _ in range(12):
        if style is None:
            return
        yield style
        style = style.base_style if hasattr(style, "base_style") else None


def _elements(paragraph: Any, style: Any) -> Iterator[Any]:
    yield paragraph
    for parent in _ancestry(style):
        yield parent.element
