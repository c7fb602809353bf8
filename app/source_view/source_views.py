"""Open a citation in its document: find the version, check who asks, and place the words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.callers import Caller
from app.document_sets.open_sets import OpenSets
from app.errors import (
    DocumentChanged,
    InvalidRequest,
    OriginalNotShown,
    TooBusy,
    UnknownDocument,
)
from app.fair_shares import at_work
from app.source_view.document_text import DocumentText, laid_out
from app.source_view.originals import PDF, Originals
from app.source_view.page_words import letters
from app.source_view.pdf_pages import PlacedBox, Wanted
from app.source_view.source_view import Box, PageSize, ShownSpan, SourceView, Span
from ingestion.documents.document import Chunk
from ingestion.documents.visibility import groups_of
from ingestion.errors import UnknownDocumentSet, UnknownVersion
from ingestion.index.filters import AnyOf, Filter, both, visible_to
from ingestion.index.protocol import DocumentSet
from ingestion.languages import fold
from ingestion.languages.folding import Folded
from ingestion.sources.locations import for_readers

# A document of more characters is shown around the cited words only.
WHOLE = 200_000
AROUND = 10_000
MOST_SPANS = 50
MOST_WORDS = 20_000
# So many characters of each span, and of all together, are looked for on the pages of a PDF.
MOST_BOXED = 3_000
MOST_BOXED_TOGETHER = 20_000
# Pixels that a page's image may be wide.
WIDTHS = (100, 3000)
USUAL_WIDTH = 1200
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:[T ][\d:.+Z-]*)?)?)?")
_DATE_FIELD = re.compile(r"date|created|modified|updated|published|effective|valid|since|until")


@dataclass(frozen=True, slots=True)
class _Version:
    """One document in one index version."""

    opened: DocumentSet
    chunks: Sequence[Chunk]
    is_live: bool
    is_asked: bool


@dataclass(frozen=True, slots=True)
class _Pages:
    """What is known of the pages of the original.

    Attributes:
        boxes: around the words of each span.
        count: how many pages there are; None where they are not shown.
        sizes: of the pages that hold cited words.
        problem: why they are not shown.
    """

    boxes: Sequence[Sequence[PlacedBox]]
    count: int | None = None
    sizes: list[PageSize] = field(default_factory=list)
    problem: str | None = None


class SourceViews:
    """Shows documents to those who may see them. Safe to share between threads.

    Which version is shown: the one that an answer was made from, where it is still there, and where
    the caller may see the document both in it and in the live version now; else the live version, in
    which the words are looked for. So nobody reads in an old version what was hidden from them since,
    or what was taken out when the document was opened to them.
    """

    def __init__(self, sets: OpenSets, originals: Originals) -> None:
        self._sets = sets
        self._originals = originals

    def close(self) -> None:
        """End the process that draws pages."""
        self._originals.close()

    @at_work()
    def view(
        self,
        caller: Caller,
        set_name: str,
        document: str,
        spans: Sequence[Span] = (),
        index_version: str | None = None,
        with_pages: bool = True,
    ) -> SourceView:
        """The document with the cited words in it.

        Args:
            caller: who asks; what they see is decided by their groups now.
            set_name: the document set.
            document: id of the document.
            spans: the words that were cited; none: the document is shown without any.
            index_version: the version that the offsets belong to, as an answer names it; None: the
                live one.
            with_pages: whether the words are looked for on the pages of the original, too.

        Raises:
            UnknownDocument: no such document in the live version, or the caller may not see it.
            DocumentChanged: none of the words stands in what the caller may see.
            InvalidRequest: too many spans, or one that can be none.
            UnknownDocumentSet: no such set.
            IndexUnavailable: the index cannot be read.
            TooBusy: see `at_work`.
        """
        _check(spans)
        version = self._version(caller, set_name, document, index_version)
        text = laid_out(version.chunks)
        search = _Search(version, text)
        found = [(number, search.find(span)) for number, span in enumerate(spans)]
        placed = [(number, place) for number, place in found if place is not None]
        if spans and not placed:
            raise DocumentChanged(
                f"{document[:200]}: the document has changed since the answer was made, and the "
                "cited words do not stand in it any more; ask again."
            )
        shown, places = text, [place for _, place in placed]
        unseen = _Pages([() for _ in places])
        pages = self._pages(version, text, places) if with_pages else unseen
        is_whole = len(text.text) <= WHOLE
        if not is_whole:
            shown, places = text.windows(places, AROUND)
        numbers = [number for number, _ in placed]
        first = version.chunks[0]
        return SourceView(
            document_set=version.opened.info.name,
            document=document,
            title=first.title,
            source=for_readers(first.source, document),
            media_type=first.media_type,
            language=first.language,
            dates=_dates(first),
            index_version=version.opened.info.version,
            is_live=version.is_live,
            kind="text" if pages.problem or pages.count is None else "pdf",
            page_count=pages.count,
            pages=[size.page for size in pages.sizes],
            page_sizes=pages.sizes,
            text=shown.text,
            is_whole=is_whole,
            spans=[
                _shown(number, place, shown, boxes)
                for number, place, boxes in zip(numbers, places, pages.boxes, strict=True)
            ],
            missing=[number for number, place in found if place is None],
            original_problem=pages.problem,
        )

    @at_work()
    def page(
        self,
        caller: Caller,
        set_name: str,
        document: str,
        page: int,
        index_version: str | None = None,
        width: int = USUAL_WIDTH,
    ) -> bytes:
        """A page of the document's own file as PNG, in the version that `view` shows.

        Args:
            page: its number, from 1.
            width: of the image in pixels; it is narrower where it would take too many in all.

        Raises:
            OriginalNotShown: it cannot be drawn; the message says why.
            InvalidRequest: no image may be so wide.
            TooBusy: other pages are being drawn; see also `at_work`.
            UnknownDocument, UnknownDocumentSet, IndexUnavailable: as `view`.
        """
        if not WIDTHS[0] <= width <= WIDTHS[1]:
            raise InvalidRequest(f"width: {width} is not from {WIDTHS[0]} to {WIDTHS[1]}.")
        version = self._version(caller, set_name, document, index_version)
        try:
            original = self._originals.find(version.opened.info, version.chunks[0])
            return self._originals.draw(original, page, width)
        except OriginalNotShown as error:
            raise OriginalNotShown(f"{document[:200]}: {error}.") from error

    def _pages(
        self, version: _Version, text: DocumentText, places: Sequence[tuple[int, int]]
    ) -> _Pages:
        """Where cited words stand on the pages of the original."""
        boxes: list[Sequence[PlacedBox]] = [() for _ in places]
        if version.chunks[0].media_type != PDF:
            return _Pages(boxes)
        wanted = _wanted(text, places)
        try:
            original = self._originals.find(version.opened.info, version.chunks[0])
            placed = self._originals.locate(original, list(wanted.values()))
        except OriginalNotShown as error:
            return _Pages(boxes, problem=f"{error}.")
        except TooBusy:
            return _Pages(boxes, problem="other pages are being drawn; try again soon.")
        for place, found in zip(wanted, placed.boxes, strict=True):
            boxes[place] = found
        sizes = [
            PageSize(page=page, width=size[0], height=size[1])
            for page, size in sorted(placed.sizes.items())
        ]
        return _Pages(boxes, placed.page_count, sizes)

    def _version(
        self, caller: Caller, set_name: str, document: str, index_version: str | None
    ) -> _Version:
        """The version to show, with the document in it.

        Raises:
            As `view`.
        """
        live = self._sets.get(set_name)
        chunks = live.chunks_of(document)
        if not chunks or not _sees(caller, live, chunks[0]):
            # The same for whatever is the reason, so that nobody learns what there is.
            raise UnknownDocument(
                f"document: document set {live.info.name!r} has no document of this name that you may "
                "see; it may have been removed or renamed since the answer was made."
            )
        if index_version is None or index_version == live.info.version:
            return _Version(live, chunks, is_live=True, is_asked=True)
        try:
            older = self._sets.to_read(set_name, index_version)
            held = older.chunks_of(document)
        except (UnknownVersion, UnknownDocumentSet):
            held = []
        if held and _sees(caller, older, held[0]):
            is_live = older.info.version == live.info.version
            return _Version(older, held, is_live=is_live, is_asked=True)
        return _Version(live, chunks, is_live=True, is_asked=False)


def _check(spans: Sequence[Span]) -> None:
    if len(spans) > MOST_SPANS:
        raise InvalidRequest(f"span: {len(spans)} were sent; send {MOST_SPANS} at most.")
    for span in spans:
        if not 0 <= span.start <= span.end:
            raise InvalidRequest(
                f"span: {span.start}-{span.end} is not a span; write START-END, from a citation."
            )
        if span.end - span.start > MOST_WORDS or len(span.text or "") > MOST_WORDS:
            raise InvalidRequest(f"span: one is longer than {MOST_WORDS:,} characters; shorten it.")
        if span.start == span.end and not span.text:
            raise InvalidRequest(
                f"span: {span.start}-{span.end} is empty; write START-END, from a citation, or send "
                "the words as text."
            )


def _sees(caller: Caller, opened: DocumentSet, chunk: Chunk) -> bool:
    """Whether the caller may see a chunk's document in a version: exactly as search decides it.

    The index itself is asked. One that was made before documents had groups shows nothing to callers
    who are bound to some.
    """
    if caller.groups is None:
        return True
    groups = groups_of(chunk.metadata)
    if not caller.meets([] if groups is None else [groups]):
        return False
    document: Filter = (AnyOf("document", (chunk.document_id,)),)
    return opened.count(both(visible_to(caller.groups), document)) > 0


class _Search:
    """Finds cited words in a document's text.

    In the version that they belong to, their offsets count where they hold the words; else the words are
    looked for, nearest to where they stood.
    """

    def __init__(self, version: _Version, text: DocumentText) -> None:
        self._text = text
        self._offsets_count = version.is_asked
        self._folded: Folded | None = None

    def find(self, span: Span) -> tuple[int, int] | None:
        """Where the words of a span stand in the laid out text; None if they do not."""
        text = self._text.text
        place = self._text.place(span.start, span.end) if span.start < span.end else None
        if span.text is None or not span.text.strip():
            return place if self._offsets_count else None
        if place is not None and text[slice(*place)] == span.text:
            return place
        near = place[0] if place else min(span.start, len(text))
        exact = _nearest(text, span.text, near)
        if exact is not None:
            return exact, exact + len(span.text)
        return self._alike(fold(span.text).text.strip(), near)

    def _alike(self, words: str, near: int) -> tuple[int, int] | None:
        """Words in another spelling: of a large document, only around where they stood."""
        text = self._text.text
        if len(text) <= WHOLE:
            self._folded = self._folded or fold(text)
            return self._folded.find(words)
        start = max(near - AROUND - len(words), 0)
        found = fold(text[start : near + AROUND + len(words)]).find(words)
        return found and (found[0] + start, found[1] + start)


def _nearest(text: str, words: str, near: int) -> int | None:
    """Where words stand, nearest to a place."""
    after = text.find(words, near)
    before = text.rfind(words, 0, near + len(words))
    if after < 0 or before < 0:
        return max(after, before) if max(after, before) >= 0 else None
    return after if after - near < near - before else before


def _wanted(text: DocumentText, places: Sequence[tuple[int, int]]) -> dict[int, Wanted]:
    """What to look for on pages, by the number of the place."""
    wanted: dict[int, Wanted] = {}
    together = 0
    for number, (start, end) in enumerate(places):
        chunk = text.chunk_at(start, end)
        if chunk is None or not isinstance(chunk.page, int):
            continue
        words = text.text[start : min(end, start + MOST_BOXED)]
        together += len(words)
        if together > MOST_BOXED_TOGETHER:
            break
        on_page = next(piece.at for piece in text.pieces if piece.chunk.page == chunk.page)
        earlier = letters(text.text[on_page:start]).count(letters(words) or "\0")
        wanted[number] = Wanted(chunk.page, words, earlier)
    return wanted


def _shown(
    number: int, place: tuple[int, int], text: DocumentText, boxes: Sequence[PlacedBox]
) -> ShownSpan:
    start, end = place
    chunk = text.chunk_at(start, end)
    origin = text.origin(start, end) or (0, 0)
    return ShownSpan(
        number=number,
        start=start,
        end=end,
        text=text.text[start:end],
        document_start=origin[0],
        document_end=origin[1],
        heading_path=list(chunk.heading_path) if chunk else [],
        page=chunk.page if chunk else None,
        boxes=[Box(**box._asdict()) for box in boxes],
    )


def _dates(chunk: Chunk) -> dict[str, str]:
    """Fields of the document's metadata that name a day, as exact as they are given."""
    return {
        name: str(value)
        for name, value in chunk.metadata.items()
        if _DATE_FIELD.search(name.lower()) and _DATE.fullmatch(str(value))
    }
