"""DOCX: real title and heading styles, real lists and tables, header, page number, properties."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph as Target

from builders.archive import settle
from builders.source import (
    COMPANY,
    Block,
    Code,
    Heading,
    Listing,
    Meta,
    Paragraph,
    Source,
    Spans,
    Table,
)


def build(source: Source, path: Path) -> None:
    """Write `source` to `path` as DOCX."""
    document = docx.Document()
    _properties(document, source.meta)
    _styles(document)
    _page(document, source.meta)
    for block in source.blocks:
        _block(document, block)
    if source.notes:
        document.add_paragraph("_" * 24).paragraph_format.space_before = Pt(14)
        for number, spans in enumerate(source.notes, start=1):
            note = document.add_paragraph()
            note.add_run(str(number)).font.superscript = True
            note.add_run(" ")
            _write(note, spans)
    document.save(str(path))
    settle(path, source.meta.date)


def _properties(document: Document, meta: Meta) -> None:
    properties = document.core_properties
    properties.title = f"{meta.title} (version {meta.version}, {meta.date.isoformat()})"
    properties.subject = meta.subject
    properties.author = f"{COMPANY}, {meta.owner}"
    properties.keywords = meta.keywords
    properties.version = meta.version
    properties.comments = ""
    properties.language = "en-GB"
    properties.last_modified_by = COMPANY
    properties.created = properties.modified = datetime.combine(meta.date, time())


def _styles(document: Document) -> None:
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(10.5)
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3"):
        document.styles[name].font.color.rgb = RGBColor(0x1F, 0x5F, 0x7A)


def _page(document: Document, meta: Meta) -> None:
    section = document.sections[0]
    section.header.paragraphs[0].text = f"{COMPANY}\t\t{meta.title}"
    footer = section.footer.paragraphs[0]
    footer.text = f"Version {meta.version}, {meta.date.isoformat()}\t\tPage "
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)


def _block(document: Document, block: Block) -> None:
    match block:
        case Heading(level, spans):
            _write(document.add_heading(level=level - 1), spans)
        case Paragraph(spans, quoted):
            _write(document.add_paragraph(style="Quote" if quoted else None), spans)
        case Listing(ordered, items):
            for item in items:
                style = "List Number" if ordered else "List Bullet"
                _write(document.add_paragraph(style=style), item)
        case Table():
            _table(document, block)
        case Code(text):
            for line in text.splitlines():
                run = document.add_paragraph(style="No Spacing").add_run(line)
                run.font.name, run.font.size = "Consolas", Pt(9)
            document.add_paragraph()


def _table(document: Document, table: Table) -> None:
    target = document.add_table(rows=0, cols=len(table.header), style="Light Grid Accent 1")
    for row in [table.header, *table.rows]:
        for cell, spans in zip(target.add_row().cells, row, strict=True):
            _write(cell.paragraphs[0], spans)
    marker = OxmlElement("w:tblHeader")  # repeats the first row on every page
    target.rows[0]._tr.get_or_add_trPr().append(marker)
    document.add_paragraph()


def _write(target: Target, spans: Spans) -> None:
    for span in spans:
        run = target.add_run(str(span.note) if span.note else span.text)
        run.bold = span.bold or None
        run.italic = span.italic or None
        if span.note:
            run.font.superscript = True
        if span.code:
            run.font.name = "Consolas"
