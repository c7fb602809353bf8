"""Word documents: paragraphs, headings, lists, tables and notes in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.losses import Loss
from ingestion.loaders.notation import note_mark, on_one_line
from ingestion.loaders.office.archive import note_groups, open_archive, parsed
from ingestion.loaders.office.docx_notes import Notes
from ingestion.loaders.office.docx_numbering import Numbering
from ingestion.loaders.office.docx_styles import Styles, W, is_on
from ingestion.loaders.office.docx_tables import table_rows
from ingestion.loaders.office.docx_text import MC, Runs, TextReader, raw_text, style_of
from ingestion.loaders.office.drawings import write_drawing
from ingestion.loaders.office.equations import M
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
_DELETED = {W + "del", W + "moveFrom"}
_NO_OUTLINE_LEVEL = 9
_DEEPEST_BOX = 20


def extract(data: bytes, name: str) -> TextBuilder:
    """The document's body and notes; deleted and hidden text, headers, footers and comments
    are left out."""
    archive, data = open_archive(data, name, "word")
    import docx

    document = docx.Document(BytesIO(data))
    builder = TextBuilder()
    read_properties(document.core_properties, builder)
    with archive:
        note_groups(archive, builder.groups)
    styles = Styles.of(document)
    reader = TextReader(styles, Notes.of(document), builder.losses)
    walker = DocxWalker(builder, reader, styles, Numbering.of(document, styles), document.part)
    walker.walk(document.element.body)
    _count_rest(document, reader, builder)
    return builder


def _count_rest(document: Any, reader: TextReader, builder: TextBuilder) -> None:
    """Count what stands outside the body."""
    for relation in document.part.rels.values():
        if relation.is_external:
            continue
        for ending, loss in (
            ("/header", Loss.RUNNING), ("/footer", Loss.RUNNING), ("/comments", Loss.COMMENT)
        ):  # fmt: skip
            root = _root(relation) if relation.reltype.endswith(ending) else None
            if root is not None:
                builder.losses.add(loss, raw_text(root))
    for note in reader.notes.unreferenced():
        builder.losses.add(Loss.HIDDEN, raw_text(note))


class DocxWalker:
    """Writes the body's elements to a builder."""

    def __init__(
        self,
        builder: TextBuilder,
        reader: TextReader,
        styles: Styles,
        numbering: Numbering,
        part: Any,
    ) -> None:
        self._builder = builder
        self._reader = reader
        self._styles = styles
        self._numbering = numbering
        self._part = part
        self._code: list[str] = []
        self._boxes = 0

    def walk(self, body: Any) -> None:
        """Write everything in `body`."""
        for element in self._content(body):
            if isinstance(element, list):
                self._paragraph(element)
            else:
                self._end_code()
                self._table(element)
        self._end_code()

    def _content(self, parent: Any) -> Iterator[Any]:
        """Tables, and paragraphs as lists: several where the marks between them are deleted."""
        joined: list[Any] = []
        for element in _elements(parent, self._reader):
            if element.tag == W + "p":
                joined.append(element)
                if not _mark_is_gone(element, self._styles):
                    yield joined
                    joined = []
            elif element.tag == W + "tbl":
                if joined:
                    yield joined
                    joined = []
                yield element
            else:
                yield [element]  # an equation between paragraphs
        if joined:
            yield joined

    def _paragraph(self, paragraphs: list[Any]) -> None:
        runs: Runs = []
        for paragraph in paragraphs:
            runs.extend(self._reader.runs(paragraph))
        text = on_one_line(runs)
        # What is left of joined paragraphs is the last one, whose mark is still there.
        last = paragraphs[-1]
        properties = last.find(W + "pPr")
        style = style_of(properties)
        names = [one.name for one in self._styles.chain(style)]
        gone = not text.strip() and any(_mark_is_gone(one, self._styles) for one in paragraphs)
        if any(map(_CODE_STYLE.match, names)):
            self._code.append(text)  # Word writes each line of code as a paragraph
            return
        self._end_code()
        if any(map(_CONTENTS_STYLE.match, names)):
            self._builder.losses.add(Loss.DUPLICATE, text)
        elif not gone:
            self._write(text, properties, style, names)
        for paragraph in paragraphs:
            self._write_boxes(paragraph)
        for drawing in self._reader.drawings():
            write_drawing(drawing, self._part_of, self._builder)
        self._write_notes(in_list=False)

    def _write(self, text: str, properties: Any, style: str | None, names: list[str]) -> None:
        level = self._heading_level(properties, style)
        item = self._numbering.item(properties, style)
        if not text.strip():
            return
        if level:
            number = f"{item.marker} " if item and not item.bullet else ""
            self._builder.heading(number + text, level)
        elif item:
            # Word's own deeper styles, such as "List Bullet 2", are lists of their own.
            deeper = next(filter(None, map(_LIST_STYLE.fullmatch, names)), None)
            depth = max(item.depth, int(deeper[1]) - 1) if deeper else item.depth
            self._builder.line(f"{'  ' * depth}{item.marker} {' '.join(text.split())}")
            self._write_notes(in_list=True)
        else:
            self._builder.paragraph(text)

    def _write_notes(self, *, in_list: bool) -> None:
        """The notes that the text before refers to; those in their texts follow them."""
        for label, note in self._reader.notes.waiting():
            texts = [self._cell_paragraph(one) for one in note.iter(W + "p")]
            text = " ".join(" ".join(texts).split())
            if not text:
                continue
            line = f"{note_mark(label)}: {text}" if label else text
            if in_list:
                self._builder.line(line)
            else:
                self._builder.paragraph(line)

    def _write_boxes(self, paragraph: Any) -> None:
        if self._boxes >= _DEEPEST_BOX:
            return
        self._boxes += 1
        for box in _boxes(paragraph, self._reader):
            self.walk(box)
        self._boxes -= 1

    def _heading_level(self, properties: Any, style: str | None) -> int:
        """The paragraph's heading level, 0 if it is none; Word names built-in styles in English
        in the file, whatever the language of its menus."""
        chain = list(self._styles.chain(style))
        for parent in chain:
            name = parent.name.lower()
            match = _HEADING_STYLE.match(name)
            if match:
                return int(match[1])
            if name == "title":
                return 1
        found = [
            one for one in (properties, *(parent.paragraph for parent in chain)) if one is not None
        ]
        levels = (one.find(W + "outlineLvl") for one in found)
        level = next((int(one.get(W + "val")) for one in levels if one is not None), 9)
        return level + 1 if level < _NO_OUTLINE_LEVEL else 0

    def _table(self, table: Any) -> None:
        rows, header_rows = table_rows(table, self._reader.losses)
        cells = [cell.element for row in rows for cell in row]
        if len(set(map(id, cells))) == 1 and cells[0] is not None:  # a frame around text
            self.walk(cells[0])
            return
        texts: dict[int, str] = {}
        for element in cells:
            if element is not None and id(element) not in texts:
                texts[id(element)] = self._cell_text(element)
        shown = [
            ["" if cell.covered else texts.get(id(cell.element), "") for cell in row]
            for row in rows
        ]
        self._builder.table(shown, header_rows=header_rows)
        for drawing in self._reader.drawings():
            write_drawing(drawing, self._part_of, self._builder)
        self._write_notes(in_list=False)

    def _cell_text(self, cell: Any, depth: int = 0) -> str:
        """The paragraphs of a table cell as lines, nested tables' and text boxes' among them."""
        lines: list[str] = []
        for element in self._content(cell):
            if not isinstance(element, list):
                if depth < _DEEPEST_BOX:
                    rows, _ = table_rows(element, self._reader.losses)
                    for row in rows:
                        inner = {
                            id(one.element): one.element for one in row if one.element is not None
                        }
                        texts = (self._cell_text(one, depth + 1) for one in inner.values())
                        lines.append(" ".join(filter(None, texts)))
                continue
            lines.append(" ".join(filter(None, map(self._cell_paragraph, element))))
            for paragraph in element:
                for box in _boxes(paragraph, self._reader):
                    if depth < _DEEPEST_BOX:
                        lines.append(self._cell_text(box, depth + 1))
        return "\n".join(line.strip() for line in lines if line.strip())

    def _cell_paragraph(self, paragraph: Any) -> str:
        text = self._reader.text(paragraph).strip()
        if not text and (_mark_is_gone(paragraph, self._styles) or _has_drawing(paragraph)):
            return ""
        properties = paragraph.find(W + "pPr")
        item = self._numbering.item(properties, style_of(properties))
        # A column of numbers has no other text.
        return f"{item.marker} {text}".rstrip() if item and not item.bullet else text

    def _part_of(self, relationship_id: str) -> Any:
        relation = self._part.rels.get(relationship_id)
        return None if relation is None or relation.is_external else _root(relation)

    def _end_code(self) -> None:
        if self._code:
            lines, self._code = self._code, []
            self._builder.code("\n".join(lines))


def _root(relation: Any) -> Any:
    return parsed(relation.target_part.blob)


def _elements(parent: Any, reader: TextReader) -> Iterator[Any]:
    """Paragraphs and tables below `parent`, through content controls and the like."""
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if element.tag in (W + "p", W + "tbl", M + "oMathPara", M + "oMath"):
            yield element
        elif element.tag in _TRANSPARENT:
            stack.extend(reversed(element))
        elif element.tag == MC + "AlternateContent":
            stack.extend(reversed(list(reader.chosen(element))))
        elif element.tag in _DELETED:
            reader.losses.add(Loss.STRUCK_OUT, raw_text(element))


def _mark_is_gone(paragraph: Any, styles: Styles) -> bool:
    """Whether a paragraph's mark is deleted or hidden, so that the next one goes on in its line."""
    mark = paragraph.find(f"{W}pPr/{W}rPr")
    if mark is None:
        return False
    if mark.find(W + "del") is not None or mark.find(W + "moveFrom") is not None:
        return True
    # A heading that runs into its text by a hidden mark stays a heading.
    return bool(is_on(mark.find(W + "vanish"))) and not is_on(mark.find(W + "specVanish"))


def _has_drawing(paragraph: Any) -> bool:
    return next(paragraph.iter(W + "drawing", W + "pict", W + "object"), None) is not None


def _boxes(paragraph: Any, reader: TextReader) -> Iterator[Any]:
    """The text boxes of a paragraph, one version of each, without those inside others."""
    stack = list(reversed(paragraph))
    while stack:
        element = stack.pop()
        if element.tag == W + "txbxContent":
            yield element
        elif element.tag == MC + "AlternateContent":
            versions = [one for one in element if raw_text(one).strip()]
            stack.extend(versions[:1])
        elif element.tag not in _DELETED:
            stack.extend(reversed(element))
