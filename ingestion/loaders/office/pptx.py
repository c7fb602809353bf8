"""PowerPoint decks: a slide is a page, its title a heading."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingestion.loaders.cleaning import one_line
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.office.archive import note_groups, open_archive
from ingestion.loaders.office.properties import read_properties

_DEEPEST_GROUP = 20
# Placeholders that repeat on every slide: date, footer, slide number.
_FURNITURE = ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER")
_NO_BULLET = "{http://schemas.openxmlformats.org/drawingml/2006/main}buNone"


def extract(data: bytes, name: str) -> TextBuilder:
    """The visible slides in order: titles, text, tables, charts' figures, speaker notes."""
    archive = open_archive(data, name, "ppt")
    from pptx import Presentation

    deck = Presentation(BytesIO(data))
    builder = TextBuilder()
    read_properties(deck.core_properties, builder)
    with archive:
        note_groups(archive, builder.groups)
    for number, slide in enumerate(deck.slides, 1):
        if slide.element.get("show") != "0":
            _write_slide(slide, number, builder)
    builder.metadata["pages"] = len(deck.slides)
    return builder


def _write_slide(slide: Any, number: int, builder: TextBuilder) -> None:
    title = slide.shapes.title
    if title is not None:
        builder.heading(title.text_frame.text, 1, number)
    for shape in _reading_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _write_shape(shape, number, builder)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text
        if notes.strip():
            builder.paragraph(f"Notes: {notes}", number)


def _reading_order(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """From top to bottom and left to right; a group stays together."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes"):
            if depth < _DEEPEST_GROUP:
                yield from _reading_order(shape.shapes, depth + 1)
        else:
            yield shape


def _write_shape(shape: Any, page: int, builder: TextBuilder) -> None:
    kind = shape.placeholder_format.type.name if shape.is_placeholder else ""
    if kind in _FURNITURE:
        return
    if getattr(shape, "has_table", False):
        rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
        header_rows = 1 if shape.table.first_row and len(rows) > 1 else None
        builder.table(rows, header_rows=header_rows, page=page)
    elif getattr(shape, "has_chart", False):
        _write_chart(shape.chart, page, builder)
    elif shape.has_text_frame:
        _write_text(shape.text_frame, page, builder, bulleted=kind in ("BODY", "OBJECT"))


def _write_text(frame: Any, page: int, builder: TextBuilder, *, bulleted: bool) -> None:
    """A body placeholder's paragraphs are list items unless they say otherwise."""
    paragraphs = [paragraph for paragraph in frame.paragraphs if paragraph.text.strip()]
    for paragraph in paragraphs:
        properties = paragraph._p.pPr
        plain = properties is not None and properties.find(_NO_BULLET) is not None
        if bulleted and not plain and (len(paragraphs) > 1 or paragraph.level):
            builder.line(f"{'  ' * paragraph.level}- {one_line(paragraph.text)}", page)
        else:
            builder.paragraph(paragraph.text, page)


def _write_chart(chart: Any, page: int, builder: TextBuilder) -> None:
    """A chart's figures, a row per category and a column per series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        builder.paragraph(chart.chart_title.text_frame.text, page)
    for plot in chart.plots:
        series = list(plot.series)
        rows = [["", *(one.name for one in series)]]
        for place, category in enumerate(plot.categories):
            figures = (one.values[place] if place < len(one.values) else None for one in series)
            rows.append([str(category), *("" if f is None else f"{f:.15g}" for f in figures)])
        builder.table(rows, header_rows=1, page=page)
