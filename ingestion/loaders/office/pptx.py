"""PowerPoint decks: a slide is a page, its title a heading."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.losses import Loss
from ingestion.loaders.office.archive import note_groups, open_archive, parsed
from ingestion.loaders.office.drawings import alternative_text, write_drawing
from ingestion.loaders.office.pptx_layouts import (
    BODIES,
    Layouts,
    is_title,
    placeholder_of,
    type_of,
)
from ingestion.loaders.office.pptx_text import MC, A, ListNumbers, frame_text, paragraph_text
from ingestion.loaders.office.properties import read_properties
from ingestion.loaders.office.reading_order import Box, reading_order
from ingestion.loaders.tables import Row

_DEEPEST_GROUP = 20
# Placeholders that repeat on every slide: date, footer, slide number.
_FURNITURE = ("dt", "ftr", "sldNum", "hdr")


def extract(data: bytes, name: str) -> TextBuilder:
    """The visible slides in order: titles, text, tables, charts' figures, speaker notes."""
    archive, data = open_archive(data, name, "ppt")
    from pptx import Presentation

    deck = Presentation(BytesIO(data))
    builder = TextBuilder()
    read_properties(deck.core_properties, builder)
    with archive:
        note_groups(archive, builder.groups)
    layouts = Layouts()
    for number, slide in enumerate(deck.slides, 1):
        if slide.element.get("show") in ("0", "false"):
            builder.losses.add(Loss.HIDDEN, frame_text(slide.element, builder.losses))
        else:
            SlideWriter(slide, number, builder, layouts).write()
    builder.metadata["pages"] = len(deck.slides)
    return builder


class SlideWriter:
    """Writes one slide to a builder."""

    def __init__(self, slide: Any, page: int, builder: TextBuilder, layouts: Layouts) -> None:
        self._layouts = layouts
        self._slide = slide
        self._page = page
        self._builder = builder
        self._losses = builder.losses

    def write(self) -> None:
        """Write the slide's title, its shapes in reading order, and its notes."""
        _resolve_alternatives(self._slide.shapes._spTree)
        shapes = list(self._slide.shapes)
        title = next((one for one in shapes if is_title(placeholder_of(one._element))), None)
        if title is not None:
            self._builder.heading(frame_text(title._element, self._losses), 1, self._page)
        for shape in self._ordered(shapes):
            if title is None or shape.shape_id != title.shape_id:
                self._shape(shape)
        if self._slide.has_notes_slide:
            frame = self._slide.notes_slide.notes_text_frame
            notes = frame_text(frame._txBody, self._losses) if frame is not None else ""
            if notes.strip():
                self._builder.paragraph(f"Notes: {notes}", self._page)
        self._count_comments()

    def _ordered(self, shapes: Any, depth: int = 0) -> Iterator[Any]:
        """Shapes in reading order; a group stays together."""
        boxes = [self._box(shape) for shape in shapes]
        for box in reading_order(boxes):
            shape = box.shape
            if hasattr(shape, "shapes") and not _is_hidden(shape):
                if depth < _DEEPEST_GROUP:
                    yield from self._ordered(shape.shapes, depth + 1)
            else:
                yield shape

    def _box(self, shape: Any) -> Box:
        left, top, width, height = self._layouts.box(self._slide, shape._element)
        return Box(left, top, left + width, top + height, shape)

    def _shape(self, shape: Any) -> None:
        mark = placeholder_of(shape._element)
        kind = type_of(mark) if mark is not None else ""
        if kind in _FURNITURE or _is_hidden(shape):
            reason = Loss.RUNNING if kind in _FURNITURE else Loss.HIDDEN
            self._losses.add(reason, frame_text(shape._element, self._losses))
            return
        if getattr(shape, "has_table", False):
            self._table(shape.table)
        elif shape.has_text_frame:
            inherited = self._layouts.list_styles(self._slide, mark) if mark is not None else []
            self._text(shape.text_frame._txBody, inherited, bulleted=kind in BODIES)
        else:
            properties = next(shape._element.iter("{*}cNvPr"), None)
            if properties is not None:
                self._builder.paragraph(alternative_text(properties), self._page)
            write_drawing(shape._element, self._part_of, self._builder, self._page)

    def _text(self, body: Any, inherited: list[Any], *, bulleted: bool) -> None:
        """A body placeholder's paragraphs are list items unless they say otherwise."""
        texts = [(one, paragraph_text(one, self._losses)) for one in body.findall(A + "p")]
        filled = [(paragraph, text) for paragraph, text in texts if text.strip()]
        numbers = ListNumbers(body, inherited)
        for paragraph, text in filled:
            properties = paragraph.find(A + "pPr")
            level = int(properties.get("lvl", "0")) if properties is not None else 0
            marker = numbers.marker(paragraph, level)
            plain = numbers.is_plain(paragraph, level)
            if not marker and bulleted and not plain and (len(filled) > 1 or level):
                marker = "-"
            if marker:
                self._builder.line(f"{'  ' * level}{marker} {one_line(text)}", self._page)
            else:
                self._builder.paragraph(text, self._page)

    def _table(self, table: Any) -> None:
        """A cell merged over rows is repeated in each, one over columns only in the header."""
        rows: list[Row] = []
        named = table.first_row and len(table.rows) > 1
        texts: dict[tuple[int, int], str] = {}
        for at, row in enumerate(table.rows):
            cells = []
            for place, cell in enumerate(row.cells):
                text = texts.get((at, place), "")
                if not cell.is_spanned:
                    text = frame_text(cell._tc, self._losses)
                    if cell.is_merge_origin:
                        wide = cell.span_width if at == 0 else 1
                        for down in range(cell.span_height):
                            for right in range(wide):
                                texts[at + down, place + right] = text
                else:  # PowerPoint shows the first cell's text alone
                    self._losses.add(Loss.HIDDEN, frame_text(cell._tc, self._losses))
                cells.append(text)
            rows.append(cells)
        grouped = named and any(cell.is_merge_origin for cell in table.rows[0].cells)
        header_rows = 1 if named and not grouped else None
        self._builder.table(rows, header_rows=header_rows, emphasised=0, page=self._page)

    def _part_of(self, relationship_id: str) -> Any:
        relation = self._slide.part.rels.get(relationship_id)
        if relation is None or relation.is_external:
            return None
        return parsed(relation.target_part.blob)

    def _count_comments(self) -> None:
        for relation in self._slide.part.rels.values():
            if not relation.is_external and relation.reltype.endswith("/comments"):
                root = parsed(relation.target_part.blob)
                if root is not None:
                    self._losses.add(Loss.COMMENT, " ".join(root.itertext()))


def _resolve_alternatives(tree: Any) -> None:
    """Put the readable version of each shape in place of its versions for several programs."""
    for alternatives in list(tree.iter(MC + "AlternateContent")):
        parent = alternatives.getparent()
        if parent is None or parent.tag == A + "p":
            continue
        versions = [one for one in alternatives if one.tag in (MC + "Choice", MC + "Fallback")]
        chosen = next((one for one in versions if "".join(one.itertext()).strip()), None)
        chosen = versions[0] if chosen is None and versions else chosen
        place = parent.index(alternatives)
        parent.remove(alternatives)
        for offset, element in enumerate(chosen if chosen is not None else ()):
            parent.insert(place + offset, element)


def _is_hidden(shape: Any) -> bool:
    properties = next(shape._element.iter("{*}cNvPr"), None)
    return properties is not None and properties.get("hidden") in ("1", "true")
