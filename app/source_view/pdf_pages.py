"""Draw pages of a PDF, and find words on them; both in a worker process, within limits.

The module is imported by the worker of `ingestion.parsing`, so that it imports little.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import byref, c_double, c_int
from pathlib import Path
from typing import Any, NamedTuple

from app.errors import OriginalNotShown
from app.source_view.page_words import Found, PageLetters, find_words
from ingestion.errors import DocumentError
from ingestion.sources.fetching import local_copy
from ingestion.sources.source_file import SourceFile

GONE = "its file cannot be read where the index found it: it was moved, removed, or is out of reach"
CHANGED = "its file has changed since it was indexed; the text is of the indexed one"
BROKEN = "its file cannot be drawn: it is damaged or encrypted"
TOO_LARGE = "its file is too large to be drawn"
# More characters than any page shows.
MOST_CHARACTERS = 50_000
MOST_BOXES = 300
# Of an image, in pixels: browsers show no longer ones.
LONGEST_SIDE = 10_000
# Of PNG, from 0 to 9: higher takes longer, and saves little of a page of text.
COMPRESSION = 4
# A span is looked for on the next page too where less of it is found on its own.
_ENOUGH = 0.9
# Where less of it is found on both, what was found are other words that look alike.
_TOO_LITTLE = 0.4
# Sizes in points of a page that can be drawn; others are a mistake, or were made to stall the reader.
_SMALLEST, _LARGEST = 1.0, 100_000.0
_UNITS = 1_000_000


class Original(NamedTuple):
    """A document's own file.

    Attributes:
        file: where it is.
        hash: SHA-256 (hex) of the bytes that were indexed.
        most_bytes: a larger file is not read.
    """

    file: SourceFile
    hash: str
    most_bytes: int

    def read(self, folder: Path | None) -> bytes:
        """The file's bytes, which are the ones that were indexed.

        Raises:
            OriginalNotShown: they are not, or cannot be read.
        """
        try:
            with local_copy(self.file, folder) as path:
                if path.stat().st_size > self.most_bytes:
                    raise OriginalNotShown(TOO_LARGE)
                data = path.read_bytes()
        except (DocumentError, OSError) as error:
            raise OriginalNotShown(GONE) from error
        # Read once and then checked: what is drawn are these bytes, whatever becomes of the file.
        if hashlib.sha256(data).hexdigest() != self.hash:
            raise OriginalNotShown(CHANGED)
        return data


class Wanted(NamedTuple):
    """Words to find.

    Attributes:
        page: the page on which they begin, from 1.
        words: as they stand in the extracted text.
        earlier: how often the same words stand on the page before these.
    """

    page: int
    words: str
    earlier: int


class PlacedBox(NamedTuple):
    """A rectangle on a page; see `app.source_view.source_view.Box`."""

    page: int
    left: float
    top: float
    width: float
    height: float


class Placed(NamedTuple):
    """Where words were found.

    Attributes:
        page_count: pages of the file.
        sizes: width and height in points of each page on which words begin or stand, by number.
        boxes: rectangles around each of the wanted words; none where they were not found.
        shares: how many of their letters were found, from 0 to 1.
    """

    page_count: int
    sizes: dict[int, tuple[float, float]]
    boxes: list[list[PlacedBox]]
    shares: list[float]


class FindOnPages(NamedTuple):
    """The job of finding words on the pages of a file."""

    original: Original
    wanted: Sequence[Wanted]

    @property
    def document_id(self) -> str:
        """The document's id, for messages."""
        return self.original.file.document_id

    def run(self, folder: Path | None, memory_mb: int | None) -> Placed:
        """Find them.

        Raises:
            OriginalNotShown: the file cannot be shown.
        """
        data = self.original.read(folder)
        with _opened(data) as document:
            pages = _Pages(document)
            boxes, shares = [], []
            for one in self.wanted:
                found, share = pages.find(one)
                boxes.append(found)
                shares.append(share)
            return Placed(len(document), pages.sizes, boxes, shares)


class DrawPage(NamedTuple):
    """The job of drawing a page.

    Attributes:
        original: the file.
        page: the page's number, from 1.
        width: of the image, pixels.
        most_pixels: a page that would take more is drawn smaller.
    """

    original: Original
    page: int
    width: int
    most_pixels: int

    @property
    def document_id(self) -> str:
        """The document's id, for messages."""
        return self.original.file.document_id

    def run(self, folder: Path | None, memory_mb: int | None) -> bytes:
        """The page as PNG.

        Raises:
            OriginalNotShown: the file cannot be shown, or has no such page.
        """
        data = self.original.read(folder)
        with _opened(data) as document:
            if not 1 <= self.page <= len(document):
                raise OriginalNotShown(f"it has {len(document)} pages, and no page {self.page}")
            _start_forms(document)
            page = document[self.page - 1]
            width, height = _size(page)
            scale = min(
                self.width / width,
                (self.most_pixels / (width * height)) ** 0.5,
                LONGEST_SIDE / max(width, height),
            )
            bitmap = page.render(scale=scale, rev_byteorder=True, limit_image_cache=True)
            picture = io.BytesIO()
            bitmap.to_pil().save(picture, "PNG", compress_level=COMPRESSION)
            return picture.getvalue()


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        try:
            yield document
        finally:
            document.close()
    except (OriginalNotShown, MemoryError):
        raise
    except Exception as error:  # of a damaged file, pypdfium2 and Pillow raise anything
        raise OriginalNotShown(BROKEN) from error


def _start_forms(document: Any) -> None:
    """Have the values of form fields drawn."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    if document.get_formtype() != pdfium.FORMTYPE_NONE:
        try:
            document.init_forms()
        except pypdfium2.PdfiumError:
            return  # the page is worth seeing without them


def _size(page: Any) -> tuple[float, float]:
    """Width and height in points, as the page is shown.

    Raises:
        OriginalNotShown: no page of such a size can be drawn.
    """
    width, height = page.get_size()
    if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
        raise OriginalNotShown(BROKEN)
    return width, height


class _Pages:
    """Pages of a document, each read once. The document closes what is open when it is closed.

    Attributes:
        sizes: of the pages on which words begin or stand.
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self._read: dict[int, tuple[_Reader, PageLetters]] = {}
        self.sizes: dict[int, tuple[float, float]] = {}

    def find(self, wanted: Wanted) -> tuple[list[PlacedBox], float]:
        """Boxes around words, on the page where they begin and on the next one; what share of them."""
        if not 1 <= wanted.page <= len(self._document):
            return [], 0.0
        self.sizes[wanted.page] = self._reader(wanted.page)[0].size
        boxes, found = self._find_on(wanted)
        share = found.share
        if share < _ENOUGH and found.rest and wanted.page < len(self._document):
            more, rest = self._find_on(Wanted(wanted.page + 1, found.rest, 0))
            if more:
                self.sizes[wanted.page + 1] = self._reader(wanted.page + 1)[0].size
            boxes += more
            share += (1 - share) * rest.share
        return boxes[:MOST_BOXES] if share >= _TOO_LITTLE else [], share

    def _find_on(self, wanted: Wanted) -> tuple[list[PlacedBox], Found]:
        reader, letters = self._reader(wanted.page)
        found = find_words(wanted.words, letters, wanted.earlier, reader.height)
        boxes = [
            PlacedBox(wanted.page, *box)
            for start, end in found.ranges
            for box in reader.boxes(letters.places[start:end])
        ]
        return boxes, found

    def _reader(self, number: int) -> tuple[_Reader, PageLetters]:
        if number not in self._read:
            reader = _Reader(self._document[number - 1])
            self._read[number] = reader, PageLetters.of(reader.characters)
        return self._read[number]


class _Reader:
    """The characters of a page and their places.

    Attributes:
        characters: in the page's own order.
        size: of the page; see `_size`.
    """

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._text = text = page.get_textpage()
        self.size = _size(page)
        self._known: dict[int, tuple[float, float, float, float] | None] = {}
        count = min(max(text.count_chars(), 0), MOST_CHARACTERS)
        self.characters = [
            _character(pdfium.FPDFText_GetUnicode(text, index)) for index in range(count)
        ]

    def height(self, index: int) -> tuple[float, float]:
        """Bottom and top of a character, in points."""
        _, bottom, _, top = self._box(index) or (0.0, 0.0, 0.0, 0.0)
        return bottom, top

    def boxes(self, indices: Sequence[int]) -> list[tuple[float, float, float, float]]:
        """Rectangles around characters, one to a line: left, top, width, height as shares of the page."""
        lines: list[list[float]] = []
        for index in indices:
            box = self._box(index)
            if box is None or box[2] <= box[0] or box[3] <= box[1]:
                continue
            left, bottom, right, top = box
            if lines and _goes_on(lines[-1], box, upright=self._is_upright(index)):
                line = lines[-1]
                line[:] = (
                    min(line[0], left), min(line[1], bottom), max(line[2], right), max(line[3], top),
                )  # fmt: skip
            else:
                lines.append([left, bottom, right, top])
        shares = (self._share(line) for line in lines[:MOST_BOXES])
        return [share for share in shares if share[2] > 0 and share[3] > 0]

    def _box(self, index: int) -> tuple[float, float, float, float] | None:
        if index not in self._known:
            self._known[index] = self._looked_up(index)
        return self._known[index]

    def _looked_up(self, index: int) -> tuple[float, float, float, float] | None:
        """Left, bottom, right and top of a character in points; None where it has no place."""
        rect = self._pdfium.FS_RECTF()
        if self._pdfium.FPDFText_GetLooseCharBox(self._text, index, byref(rect)):
            return rect.left, rect.bottom, rect.right, rect.top
        left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
        if self._pdfium.FPDFText_GetCharBox(self._text, index, left, right, bottom, top):
            return left.value, bottom.value, right.value, top.value
        return None

    def _is_upright(self, index: int) -> bool:
        """Whether a character's line runs across the page, in the page's own coordinates."""
        angle = self._pdfium.FPDFText_GetCharAngle(self._text, index)
        return abs(math.cos(angle)) > abs(math.sin(angle))

    def _share(self, box: Sequence[float]) -> tuple[float, float, float, float]:
        """A rectangle of the page's own coordinates, on the page as it is shown: turned and cropped."""
        left, bottom, right, top = box
        corners = [self._shown(left, bottom), self._shown(right, top)]
        lefts, tops = zip(*corners, strict=True)
        shown_left, shown_top = max(min(lefts), 0.0), max(min(tops), 0.0)
        return (
            round(shown_left, 5),
            round(shown_top, 5),
            round(min(max(lefts), 1.0) - shown_left, 5),
            round(min(max(tops), 1.0) - shown_top, 5),
        )

    def _shown(self, x: float, y: float) -> tuple[float, float]:
        across, down = c_int(), c_int()
        self._pdfium.FPDF_PageToDevice(
            self._page, 0, 0, _UNITS, _UNITS, 0, x, y, byref(across), byref(down)
        )
        return across.value / _UNITS, down.value / _UNITS


def _character(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "


def _goes_on(line: Sequence[float], box: Sequence[float], *, upright: bool) -> bool:
    """Whether a character stands on a line, beside what is there of it.

    Args:
        line, box: left, bottom, right and top.
        upright: whether the line runs across the page; else it runs up or down.
    """
    along, across = (0, 1) if upright else (1, 0)
    middle = (box[across] + box[across + 2]) / 2
    size = max(line[across + 2] - line[across], 0.01)
    gap = max(box[along] - line[along + 2], line[along] - box[along + 2])
    return line[across] <= middle <= line[across + 2] and gap < 1.5 * size
