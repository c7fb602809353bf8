"""PDF: running header, page numbers, outline, ruled tables that repeat their header row.

Pages are left uncompressed, so that the bytes do not depend on the zlib at hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    ListFlowable,
    ListItem,
    LongTable,
    PageTemplate,
    Preformatted,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as Text

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
    plain,
)

WIDTH, HEIGHT = A4
MARGIN = 22 * mm
TEXT_WIDTH = WIDTH - 2 * MARGIN

INK = HexColor("#1d2b36")
ACCENT = HexColor("#1f5f7a")
RULE = HexColor("#b9c6cd")
SHADE = HexColor("#eaf1f4")

BODY = ParagraphStyle(
    "Body", fontName="Helvetica", fontSize=9.6, leading=13.6, textColor=INK, spaceAfter=6
)
CELL = ParagraphStyle("Cell", parent=BODY, fontSize=8.2, leading=10.4, spaceAfter=0)
HEAD_CELL = ParagraphStyle("HeadCell", parent=CELL, fontName="Helvetica-Bold", textColor=ACCENT)
NOTE = ParagraphStyle("Note", parent=BODY, fontSize=8, leading=10.5, spaceAfter=3)
CODE = ParagraphStyle("Code", parent=BODY, fontName="Courier", fontSize=8.2, leading=10.4)
HEADINGS = {
    level: ParagraphStyle(
        f"Heading{level}",
        fontName="Helvetica-Bold",
        fontSize=size,
        leading=size * 1.25,
        textColor=INK if level > 2 else ACCENT,
        spaceBefore=before,
        spaceAfter=after,
        alignment=TA_LEFT,
        keepWithNext=1,
    )
    for level, size, before, after in ((1, 21, 0, 8), (2, 14, 14, 5), (3, 11, 9, 3), (4, 10, 6, 2))
}
TABLE_STYLE = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, RULE),
        ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)


def build(source: Source, path: Path) -> None:
    """Write `source` to `path` as PDF."""
    meta = source.meta
    document = BaseDocTemplate(
        str(path),
        pagesize=A4,
        invariant=1,
        pageCompression=0,
        title=f"{meta.title} (version {meta.version}, {meta.date.isoformat()})",
        author=f"{COMPANY}, {meta.owner}",
        subject=meta.subject,
        keywords=meta.keywords,
        creator=f"{COMPANY} handbook",
        lang="en-GB",
    )
    frame = Frame(MARGIN, 22 * mm, TEXT_WIDTH, HEIGHT - 48 * mm, 0, 0, 0, 0)
    document.addPageTemplates(
        PageTemplate("page", [frame], onPage=lambda canvas, _: _page(canvas, meta))
    )
    document.afterFlowable = lambda flowable: _outline(document.canv, flowable)
    midnight = datetime.combine(meta.date, time(), UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(midnight.timestamp()))  # the creation date
    try:
        document.build(list(_flowables(source)))
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]


def _page(canvas: Canvas, meta: Meta) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(ACCENT)
    canvas.setStrokeColor(RULE)
    canvas.drawString(MARGIN, HEIGHT - 16 * mm, COMPANY)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 16 * mm, meta.title)
    canvas.line(MARGIN, HEIGHT - 18 * mm, WIDTH - MARGIN, HEIGHT - 18 * mm)
    canvas.line(MARGIN, 17 * mm, WIDTH - MARGIN, 17 * mm)
    day = f"{meta.date.day} {meta.date:%B %Y}"
    canvas.drawString(MARGIN, 12.5 * mm, f"Version {meta.version} · {day} · Internal")
    canvas.drawRightString(WIDTH - MARGIN, 12.5 * mm, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()


def _outline(canvas: Canvas, flowable: Flowable) -> None:
    level = getattr(flowable, "outline_level", None)
    if level is not None:
        key = f"{canvas.getPageNumber()}-{flowable.getPlainText()}"
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(flowable.getPlainText(), key, level, closed=level > 0)


def _flowables(source: Source) -> Iterator[Flowable]:
    """The blocks, with the footnotes of a section at its end."""
    numbers: list[int] = []
    for block in source.blocks:
        if isinstance(block, Heading) and block.level == 2:
            yield from _notes(source, numbers)
            numbers = []
        if isinstance(block, Paragraph):
            numbers += [span.note for span in block.spans if span.note]
        yield from _block(block)
    yield from _notes(source, numbers)


def _notes(source: Source, numbers: list[int]) -> Iterator[Flowable]:
    if numbers:
        yield HRFlowable(width="30%", thickness=0.5, color=RULE, hAlign="LEFT", spaceAfter=4)
        for number in numbers:
            yield Text(f"<super>{number}</super> {_markup(source.notes[number - 1])}", NOTE)


def _block(block: Block) -> Iterator[Flowable]:
    match block:
        case Heading(level, spans):
            if level > 1:
                yield CondPageBreak(32 * mm)
            heading = Text(_markup(spans), HEADINGS[level])
            heading.outline_level = level - 1
            yield heading
        case Paragraph(spans):
            yield Text(_markup(spans), BODY)
        case Listing(ordered, items):
            yield ListFlowable(
                [ListItem(Text(_markup(item), BODY), spaceAfter=1) for item in items],
                bulletType="1" if ordered else "bullet",
                bulletFontName="Helvetica",
                bulletFontSize=9.6 if ordered else 7,
                bulletFormat="%s." if ordered else None,
                bulletOffsetY=0 if ordered else -1.5,
                start=None if ordered else "•",
                leftIndent=14,
            )
            yield Spacer(0, 3)
        case Table():
            yield _table(block)
            yield Spacer(0, 9)
        case Code(text):
            yield Preformatted(text, CODE)


def _table(table: Table) -> LongTable:
    cells = [[Text(_markup(spans), HEAD_CELL) for spans in table.header]]
    cells += [[Text(_markup(spans), CELL) for spans in row] for row in table.rows]
    target = LongTable(cells, _widths(table), repeatRows=1, style=TABLE_STYLE, hAlign="LEFT")
    if len(table.rows) <= 14:
        target.setStyle(TableStyle([("NOSPLIT", (0, 0), (-1, -1))]))
    return target


def _widths(table: Table) -> list[float]:
    """Every column at least as wide as its longest word, the rest shared by need."""
    padding = 10.0
    least: list[float] = []
    wanted: list[float] = []
    for column in zip(table.header, *table.rows, strict=True):
        texts = [plain(spans) for spans in column]
        words = [word for text in texts for word in text.split()] or [""]
        least.append(max(_width(word) for word in words) + padding)
        wanted.append(max(_width(text) for text in texts) + padding)
    if sum(wanted) <= TEXT_WIDTH:
        return [width * min(TEXT_WIDTH / sum(wanted), 1.6) for width in wanted]
    spare = TEXT_WIDTH - sum(least)
    need = [max(want - low, 0.0) ** 0.85 for want, low in zip(wanted, least, strict=True)]
    return [low + spare * part / sum(need) for low, part in zip(least, need, strict=True)]


def _width(text: str) -> float:
    return float(stringWidth(text, "Helvetica-Bold", CELL.fontSize))


def _markup(spans: Spans) -> str:
    pieces = []
    for span in spans:
        text = escape(span.text)
        if span.code:
            text = f'<font face="Courier">{text}</font>'
        if span.bold:
            text = f"<b>{text}</b>"
        if span.italic:
            text = f"<i>{text}</i>"
        if span.note:
            text = f"<super>{span.note}</super>"
        pieces.append(text)
    return "".join(pieces)
