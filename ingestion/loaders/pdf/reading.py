"""Read a PDF with PDFium: pages, outline, properties."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref
from dataclasses import replace
from itertools import product
from typing import Any

from ingestion.documents.visibility import GROUPS, GroupRule
from ingestion.errors import UnreadableDocument
from ingestion.loaders.cleaning import one_line
from ingestion.loaders.losses import Loss
from ingestion.loaders.pdf.forms import Entry, PageForms, with_entries
from ingestion.loaders.pdf.furniture import EDGE
from ingestion.loaders.pdf.grids import find_grids
from ingestion.loaders.pdf.layers import Layers, may_have_layers
from ingestion.loaders.pdf.lines import Line, OutlineEntry, Pdf, PdfPage
from ingestion.loaders.pdf.order import upright_first, whole_lines, with_notes
from ingestion.loaders.pdf.places import Bounds, turned
from ingestion.loaders.pdf.ruled import into_cells
from ingestion.loaders.pdf.words import page_lines

# PDFium is not thread-safe, not even for different documents.
_PDFIUM = threading.Lock()

_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
# PDFium tells the values of keys that it is asked for, and no names of keys.
_GROUP_KEYS = [
    "".join(letters) for letters in product(*((one.lower(), one.upper()) for one in GROUPS))
] + [
    f"{word}{sign}{groups}"
    for word in ("access", "Access", "allowed", "Allowed", "reader", "Reader", "visible", "Visible")
    for sign in ("", "_", "-", " ")
    for groups in ("groups", "Groups")
]
_XMP_GROUPS = re.compile(rb"<[\w.-]+:groups[\s/>]|\s[\w.-]+:groups\s*=", re.IGNORECASE)
_LONGEST_OUTLINE = 5000
_MOST_ATTACHMENTS = 1000
_PROPERTIES = {"Author": "author", "Subject": "subject"}
_NOISE = frozenset(("anonymous", "unspecified", "unknown", "(anonymous)", "(unspecified)"))


def read_pdf(data: bytes, name: str) -> Pdf:
    """Everything of interest in the file. Pages that cannot be read are listed in the metadata.

    Raises:
        UnreadableDocument: it is encrypted, or broken beyond what PDFium mends.
    """
    import pypdfium2

    with _PDFIUM:
        try:
            # Without a password PDFium tries the empty one, which most "protected" files have.
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise UnreadableDocument(
                    f"{name}: is encrypted; remove the password and ingest it again"
                ) from error
            raise
        try:
            pdf = _read(document, name, layered=may_have_layers(data))
            _note_groups(document, data, pdf.groups)
            return pdf
        finally:
            document.close()


def _read(document: Any, name: str, *, layered: bool) -> Pdf:
    import pypdfium2.raw as pdfium

    pdf = Pdf()
    form_type = document.get_formtype()
    if form_type != pdfium.FORMTYPE_NONE:
        _start_forms(document)
    _read_properties(document, pdf)
    _read_outline(document, pdf)
    _read_attachments(document, pdf)
    forms = PageForms(document.formenv, pdf.losses.add)
    pdf.tagged = bool(pdfium.FPDFCatalog_IsTagged(document))
    pdf.layered = layered
    unreadable = []
    for index in range(len(document)):
        page = _read_page(document, index, pdf, forms)
        if page is None:
            unreadable.append(str(index + 1))
        else:
            pdf.pages.append(page)
    if form_type == pdfium.FORMTYPE_XFA_FULL and not forms.fields:
        raise UnreadableDocument(
            f"{name}: is an XFA form, whose text is not in its pages; open it in Adobe Reader, "
            "print it to a PDF, and ingest that"
        )
    pdf.metadata["pages"] = len(document)
    if unreadable:
        pdf.metadata["unreadable_pages"] = unreadable
    return pdf


def _start_forms(document: Any) -> None:
    import pypdfium2

    try:
        with _quiet():
            document.init_forms()
    except pypdfium2.PdfiumError:
        return  # the pages are worth having without the values


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pypdfium2 from advising on a build with XFA; what is missing is reported here."""
    logger = logging.getLogger("pypdfium2")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _read_page(document: Any, index: int, pdf: Pdf, forms: PageForms) -> PdfPage | None:
    import pypdfium2
    import pypdfium2.raw

    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None  # reported by its number; the other pages are worth having
    try:
        entries = forms.read(page)
        if forms.stamps:
            forms.draw_stamps(page)
            page.close()
            page = document[index]
        sheet = _sheet(page)
        edge = EDGE * (sheet[3] - sheet[1])
        text = page.get_textpage()
        try:
            pieces = page_lines(
                text,
                tagged=pdf.tagged,
                edges=(sheet[1] + edge, sheet[3] - edge),
                layers=Layers(page) if pdf.layered else None,
            )
        finally:
            text.close()
        if not pieces and not entries and not pdf.has_images:
            images = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
            pdf.has_images = next(images, None) is not None
        return _assembled(page, sheet, index + 1, pieces, entries, pdf)
    except pypdfium2.PdfiumError:
        return None
    finally:
        page.close()


def _assembled(
    page: Any, sheet: Bounds, number: int, pieces: list[Line], entries: list[Entry], pdf: Pdf
) -> PdfPage:
    """The page with whole lines: those turned like most of it, then the others."""
    straight, others, turn = upright_first(_switched_on(pieces, pdf))
    sheet = turned(sheet, turn)
    straight = _on_sheet(straight, sheet, pdf)
    if entries:
        cells = [cell for line in straight for cell in line.pieces]
        straight = with_entries(cells, entries, turn)
    lines = with_notes(whole_lines(straight))
    grids = find_grids(page, turn) if lines else ()
    if grids and others:
        inside, others = into_cells(others, grids, turn)
        lines = [*inside, *lines]
    return PdfPage(number, sheet[1], sheet[3], lines, grids, tuple(whole_lines(others)))


def _sheet(page: Any) -> Bounds:
    """The part of the page that is shown: its crop box inside its media box."""
    import pypdfium2.raw

    box = pypdfium2.raw.FS_RECTF()
    pypdfium2.raw.FPDF_GetPageBoundingBox(page, byref(box))
    return box.left, min(box.bottom, box.top), box.right, max(box.bottom, box.top)


def _switched_on(lines: list[Line], pdf: Pdf) -> list[Line]:
    """The lines without the words of layers that are switched off."""
    if not any(word.off for line in lines for word in line.words):
        return lines
    shown = []
    for line in lines:
        kept = tuple(word for word in line.words if not word.off)
        pdf.losses.add(Loss.HIDDEN, " ".join(word.text for word in line.words if word.off))
        if kept:
            shown.append(replace(line, words=kept))
    return shown


def _on_sheet(lines: list[Line], sheet: Bounds, pdf: Pdf) -> list[Line]:
    """The lines without those that stand wholly outside the page that is shown."""
    left, bottom, right, top = sheet
    shown = [
        line
        for line in lines
        if line.right > left and line.left < right and line.top > bottom and line.bottom < top
    ]
    if len(shown) == len(lines) or not shown:
        return lines  # where all is outside, the page's box is wrong
    kept = set(map(id, shown))
    for line in lines:
        if id(line) not in kept:
            pdf.losses.add(Loss.HIDDEN, line.text)
    return shown


def _read_attachments(document: Any, pdf: Pdf) -> None:
    """Note the names of embedded files; their content is not read."""
    import pypdfium2

    names = []
    try:
        for place in range(min(document.count_attachments(), _MOST_ATTACHMENTS)):
            names.append(one_line(document.get_attachment(place).get_name()))
    except pypdfium2.PdfiumError:
        pass  # a damaged list of attachments costs no word of the text
    if any(names):
        pdf.metadata["attachments"] = [name for name in names if name]


def _read_properties(document: Any, pdf: Pdf) -> None:
    properties = document.get_metadata_dict(skip_empty=True)
    pdf.title = properties.get("Title", "")
    for key, kept in _PROPERTIES.items():
        value = one_line(properties.get(key, ""))
        if value and value.lower() not in _NOISE:
            pdf.metadata[kept] = value
    keywords = re.split(r"\s*[,;]\s*", one_line(properties.get("Keywords", "")))
    if any(keywords):
        pdf.metadata["keywords"] = [word for word in keywords if word]
    for key, kept in (("CreationDate", "created"), ("ModDate", "modified")):
        date = iso_date(properties.get(key, ""))
        if date:
            pdf.metadata[kept] = date


def _note_groups(document: Any, data: bytes, groups: GroupRule) -> None:
    """Note what properties that somebody added say of the document's groups."""
    for key in _GROUP_KEYS:
        value = document.get_metadata_value(key)
        if value:
            groups.read(key, value)
    if _XMP_GROUPS.search(data):
        groups.hide("its XMP metadata name groups, which are not read")


def _read_outline(document: Any, pdf: Pdf) -> None:
    import pypdfium2

    try:
        for bookmark in document.get_toc(max_depth=6):
            if len(pdf.outline) >= _LONGEST_OUTLINE:
                return
            title = one_line(bookmark.get_title())
            target = bookmark.get_dest()
            index = target.get_index() if target else None
            page = index + 1 if index is not None else None
            if title:
                pdf.outline.append(OutlineEntry(bookmark.level + 1, title, page))
    except pypdfium2.PdfiumError:
        pdf.outline.clear()  # a broken outline is no reason to refuse the pages


def iso_date(text: str) -> str | None:
    """A PDF date ("D:20220403180542+02'00'") in ISO form, as exact as it is given."""
    match = _DATE.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, utc, sign, zone_hour, zone_minute = match.groups()
    date = "-".join(filter(None, (year, month, day)))
    if not (day and hour and minute):
        return date
    zone = "+00:00" if utc else f"{sign}{zone_hour}:{zone_minute or '00'}" if sign else ""
    return f"{date}T{hour}:{minute}:{second or '00'}{zone}"
