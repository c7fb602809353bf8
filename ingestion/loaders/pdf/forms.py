"""Read what people fill in and add: values of form fields, typed notes, stamps.

PDFium's text of a page holds none of it. Every value is placed where its field stands, so that
it comes behind its label. Comments of reviewers are counted, not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import POINTER, byref, cast, create_string_buffer
from dataclasses import dataclass
from functools import partial
from typing import Any

from ingestion.loaders.cleaning import prose
from ingestion.loaders.losses import Loss
from ingestion.loaders.pdf.lines import Line
from ingestion.loaders.pdf.places import Bounds, Word, turned

# A page with more fields or lines than this was made to stall the reader.
_MOST_ANNOTATIONS = 2_000
_MOST_LINES = 3_000
_LONGEST_VALUE = 200_000
_TICKED, _EMPTY = "[x]", "[ ]"
_PASSWORD = 1 << 13
# In shares of a font's size: the size in a field's height, the width of a letter, and how far
# from its label to the left, or above, a field may stand.
_FONT_SHARE = 0.75
_WIDTH = 0.5
_FAR = 40
_ABOVE = 1.2

Drop = Callable[[Loss, str], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """Text that belongs to a place of the page; `name` is that of the field."""

    text: str
    box: Bounds
    name: str = ""
    is_box: bool = False


class PageForms:
    """Reads the annotations of the pages of one document."""

    def __init__(self, form: Any, drop: Drop) -> None:
        import pypdfium2.raw

        self._pdfium = pypdfium2.raw
        self._form = form
        self._drop = drop
        self.fields = 0
        self.stamps = False

    def read(self, page: Any) -> list[Entry]:
        """What the page's annotations show, in the order of the file."""
        found: list[Entry] = []
        self.stamps = False
        for place in range(min(self._pdfium.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
            annotation = self._pdfium.FPDFPage_GetAnnot(page, place)
            if not annotation:
                continue
            try:
                entry = self._entry(annotation)
            finally:
                self._pdfium.FPDFPage_CloseAnnot(annotation)
            if entry:
                found.append(entry)
        return found

    def draw_stamps(self, page: Any) -> None:
        """Make the page's stamps part of its content; it must be loaded again then."""
        pdfium = self._pdfium
        for place in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
            annotation = pdfium.FPDFPage_GetAnnot(page, place)
            if not annotation:
                continue
            keep = self._is_drawn_stamp(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
            if not keep:
                pdfium.FPDFPage_RemoveAnnot(page, place)
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)

    def _is_drawn_stamp(self, annotation: Any) -> bool:
        pdfium = self._pdfium
        is_stamp = pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_STAMP
        return is_stamp and bool(pdfium.FPDFAnnot_HasKey(annotation, b"AP"))

    def _entry(self, annotation: Any) -> Entry | None:
        pdfium = self._pdfium
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        flags = pdfium.FPDFAnnot_GetFlags(annotation)
        hidden = flags & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW)
        if kind == pdfium.FPDF_ANNOT_WIDGET:
            self.fields += 1
            entry = self._field(annotation) if self._form else None
        elif kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP):
            text = self._string(annotation, b"Contents")
            if self._is_drawn_stamp(annotation):
                self.stamps = True
                return None
            entry = Entry(text, self._box(annotation)) if text.strip() else None
        else:
            if kind not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
                self._drop(Loss.COMMENT, self._string(annotation, b"Contents"))
            return None
        if entry and hidden:
            self._drop(Loss.HIDDEN, entry.text)
            return None
        return entry

    def _field(self, annotation: Any) -> Entry | None:
        pdfium, form = self._pdfium, self._form
        kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
        name = self._of_field(pdfium.FPDFAnnot_GetFormFieldAlternateName, annotation)
        name = name or self._of_field(pdfium.FPDFAnnot_GetFormFieldName, annotation)
        box = self._box(annotation)
        if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
            ticked = pdfium.FPDFAnnot_IsChecked(form, annotation)
            if kind == pdfium.FPDF_FORMFIELD_RADIOBUTTON:
                choice = self._of_field(pdfium.FPDFAnnot_GetFormFieldExportValue, annotation)
                name = f"{name}: {choice}" if choice else name
            return Entry(_TICKED if ticked else _EMPTY, box, name, is_box=True)
        if kind == pdfium.FPDF_FORMFIELD_PUSHBUTTON:
            return None
        if kind in (pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX):
            value = self._chosen(annotation)
        elif pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
            return None
        else:
            value = ""
        value = value or self._of_field(pdfium.FPDFAnnot_GetFormFieldValue, annotation)
        return Entry(value, box, name) if value.strip() else None

    def _chosen(self, annotation: Any) -> str:
        """What a list shows as chosen; the value behind it may be a code."""
        pdfium, form = self._pdfium, self._form
        chosen: list[str] = []
        for place in range(min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), 5_000)):
            if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, place):
                label = partial(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, place)
                chosen.append(self._text(label))
        return ", ".join(filter(None, chosen))

    def _of_field(self, read: Callable[..., int], annotation: Any) -> str:
        return self._text(partial(read, self._form, annotation))

    def _string(self, annotation: Any, key: bytes) -> str:
        return self._text(partial(self._pdfium.FPDFAnnot_GetStringValue, annotation, key))

    def _text(self, read: Callable[[Any, int], int]) -> str:
        """A UTF-16 string of PDFium, whose call returns its length in bytes."""
        length = min(read(None, 0), _LONGEST_VALUE)
        if length <= 2:
            return ""
        buffer = create_string_buffer(length + 2)
        read(cast(buffer, POINTER(self._pdfium.FPDF_WCHAR)), length)
        text = buffer.raw[: length - 2].decode("utf-16-le", "replace")
        return prose(text.replace("\r", "\n"))

    def _box(self, annotation: Any) -> Bounds:
        box = self._pdfium.FS_RECTF()
        self._pdfium.FPDFAnnot_GetRect(annotation, byref(box))
        return box.left, min(box.bottom, box.top), box.right, max(box.bottom, box.top)


def with_entries(lines: Sequence[Line], entries: Sequence[Entry], turn: int) -> list[Line]:
    """The page's pieces of lines, and every entry behind its label."""
    placed = list(lines)
    filled: set[int] = set()
    for entry in entries:
        box = turned(entry.box, turn)
        place, label, ahead = len(placed), None, False
        if len(placed) < _MOST_LINES:
            place, label, ahead = _place(placed, filled, entry, box)
        text = entry.text
        if label is None and entry.name:
            text = f"{text} {entry.name}" if entry.is_box else f"{entry.name}: {text}"
        added = _lines(text, box, label, turn, ahead=ahead)
        filled |= set(map(id, added))
        placed[place:place] = added
    return placed


def _place(
    lines: Sequence[Line], filled: set[int], entry: Entry, box: Bounds
) -> tuple[int, Line | None, bool]:
    """Where in the lines the entry belongs, the label on its row, whether it stands ahead."""
    left, bottom, right, top = box
    row = [
        (place, line)
        for place, line in enumerate(lines)
        if min(line.top, top) - max(line.bottom, bottom)
        > 0.5 * min(line.top - line.bottom, top - bottom)
    ]
    if entry.is_box:
        after = [(line.left, place, line) for place, line in row if line.left >= right - 3]
        if after:
            start, place, line = min(after, key=lambda item: item[0])
            if start - right < 2.5 * max(line.size, 1):
                return place, line, True
    if entry.name or entry.is_box:
        before = [
            (line.right, place, line)
            for place, line in row
            if line.right <= left + 3 and id(line) not in filled
        ]
        if before:
            end, place, line = max(before, key=lambda item: item[0])
            if left - end < _FAR * max(line.size, 1):
                return place + 1, line, False
    above = [
        (line.bottom, place)
        for place, line in enumerate(lines)
        if line.bottom >= (bottom + top) / 2 and min(line.right, right) > max(line.left, left)
    ]
    if not above:
        return len(lines), None, False
    lowest = min(at for at, _ in above)
    place = max(place for at, place in above if at <= lowest + 1)
    line = lines[place]
    size = max(line.size, 1)
    is_label = lowest - top < _ABOVE * size and abs(line.left - left) < 2 * size
    if entry.name and is_label and id(line) not in filled:
        filled.add(id(line))
        return place + 1, line, False
    return place + 1, None, False


def _lines(text: str, box: Bounds, label: Line | None, turn: int, *, ahead: bool) -> list[Line]:
    """An entry as lines of words, the first on the row of its label."""
    left, bottom, _, top = box
    texts = [line for line in text.split("\n") if line.strip()]
    height = (top - bottom) / max(len(texts), 1)
    size = label.size if label else min(max(_FONT_SHARE * height, 4.0), 12.0)
    baseline = label.baseline if label else top - height + 0.25 * size
    if label:
        shown = label.left - 0.3 * size if ahead else label.right + 0.3 * size
        left = min(shown, left) if ahead else shown
    found: list[Line] = []
    for place, line in enumerate(texts):
        at = baseline - place * max(1.2 * size, min(height, 1.5 * size))
        words: list[Word] = []
        x = left - (_WIDTH * size * len(line) if ahead else 0)
        for word in line.split():
            width = _WIDTH * size * len(word)
            words.append(
                Word(
                    word, x, x + width, at - 0.2 * size, at + 0.8 * size, size, False, at, turn=turn
                )
            )
            x += width + 0.3 * size
        found.append(Line(tuple(words)))
    return found
