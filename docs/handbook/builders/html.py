"""HTML as an intranet page: the article stands among navigation, a notice and a footer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from builders.source import (
    COMPANY,
    Block,
    Code,
    Heading,
    Listing,
    Paragraph,
    Source,
    Spans,
    Table,
)

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def build(source: Source, path: Path) -> None:
    """Write `source` to `path` as HTML."""
    meta = source.meta
    contents = "\n".join(
        f'        <li><a href="#{_anchor(block)}">{escape(block.text)}</a></li>'
        for block in source.blocks
        if isinstance(block, Heading) and block.level == 2
    )
    page = _PAGE.substitute(
        company=COMPANY,
        title=escape(meta.title),
        subject=escape(meta.subject),
        keywords=escape(meta.keywords),
        version=meta.version,
        date=meta.date.isoformat(),
        status=escape(meta.status),
        owner=escape(meta.owner),
        section=path.parent.name.capitalize(),
        contents=contents,
        article="\n".join(line for block in source.blocks for line in _block(block)),
        notes="\n".join(_notes(source.notes)),
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, spans):
            yield f'<h{level} id="{_anchor(block)}">{_inline(spans)}</h{level}>'
        case Paragraph(spans, quoted):
            text = f"<p>{_inline(spans)}</p>"
            yield f'<blockquote class="warning">{text}</blockquote>' if quoted else text
        case Listing(ordered, items):
            tag = "ol" if ordered else "ul"
            yield f"<{tag}>"
            yield from (f"  <li>{_inline(item)}</li>" for item in items)
            yield f"</{tag}>"
        case Table(header, rows):
            yield "<table>"
            yield f"  <thead><tr>{_cells('th', header)}</tr></thead>"
            yield "  <tbody>"
            yield from (f"    <tr>{_cells('td', row)}</tr>" for row in rows)
            yield "  </tbody>"
            yield "</table>"
        case Code(text):
            yield f"<pre><code>{escape(text)}</code></pre>"


def _notes(notes: list[Spans]) -> Iterator[str]:
    if notes:
        yield '<section class="notes"><hr>'
        for number, spans in enumerate(notes, start=1):
            yield f'<p id="note-{number}"><sup>{number}</sup> {_inline(spans)}</p>'
        yield "</section>"


def _cells(tag: str, cells: list[Spans]) -> str:
    return "".join(f"<{tag}>{_inline(spans)}</{tag}>" for spans in cells)


def _anchor(heading: Heading) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.text.lower()).strip("-")


def _inline(spans: Spans) -> str:
    pieces = []
    for span in spans:
        text = escape(span.text, quote=False)
        if span.code:
            text = f"<code>{text}</code>"
        if span.bold:
            text = f"<strong>{text}</strong>"
        if span.italic:
            text = f"<em>{text}</em>"
        if span.note:
            text = f'<sup><a href="#note-{span.note}">{span.note}</a></sup>'
        pieces.append(text)
    return "".join(pieces)
