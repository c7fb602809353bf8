"""PDF documents: lines of positioned words, put together again into prose.

PDFium reads the file; what stands in it are words at places (`words`, `spacing`), and values of
form fields (`forms`). From those this package finds lines (`order`), drops what repeats on every
page (`furniture`), finds tables (`grids`, `ruled`, `tables`), tells headings (`headings`), and
joins lines into paragraphs (`paragraphs`).
"""

from __future__ import annotations

from functools import partial

from ingestion.errors import EmptyDocument, UnreadableDocument
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.losses import Loss
from ingestion.loaders.pdf.furniture import without_furniture
from ingestion.loaders.pdf.headings import HeadingFinder, is_numbered
from ingestion.loaders.pdf.hyphens import Hyphens
from ingestion.loaders.pdf.paragraphs import write_page
from ingestion.loaders.pdf.reading import read_pdf
from ingestion.loaders.pdf.tables import CarriedHeader
from ingestion.loaders.titles import is_file_name, stated_title


def extract(data: bytes, name: str) -> TextBuilder:
    """The text of all pages that can be read.

    Raises:
        UnreadableDocument: encrypted, broken, or without one readable page.
        EmptyDocument: the pages hold no text, only images.
    """
    pdf = read_pdf(data, name)
    if not pdf.pages:
        raise UnreadableDocument(f"{name}: no page of it can be read; save it again")
    if not any(page.lines or page.aside for page in pdf.pages):
        what = "only images" if pdf.has_images else "nothing written"
        raise EmptyDocument(f"{name}: its pages hold {what}; run OCR on it and ingest the result")
    builder = TextBuilder()
    builder.metadata.update(pdf.metadata)
    builder.groups = pdf.groups
    builder.losses = pdf.losses
    pages = without_furniture(pdf.pages, partial(pdf.losses.add, Loss.RUNNING))
    headings = HeadingFinder(pages, pdf.outline)
    hyphens = Hyphens(line.text for page in pages for line in page.lines)
    carried = CarriedHeader()
    for page in pages:
        write_page(page, headings, hyphens, carried, builder)
    if builder.first_heading and is_numbered(builder.first_heading):
        builder.first_heading = None  # the first of several parts
    title = stated_title(pdf.title)
    if title and not is_file_name(title, name):
        builder.title = title
    return builder
