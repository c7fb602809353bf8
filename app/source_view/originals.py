"""A document's own file: where it is, and its pages, drawn in a process within limits."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from app.cache.bounded import Bounded
from app.errors import OriginalNotShown, TooBusy
from app.fair_shares import away
from app.settings.originals import OriginalsSettings
from app.source_view.pdf_pages import GONE, DrawPage, FindOnPages, Original, Placed, Wanted
from ingestion.documents.document import Chunk
from ingestion.errors import DocumentError, ParsingStopped, ParsingUnavailable, SourceError
from ingestion.index.protocol import SetInfo
from ingestion.parsing.limits import Limits
from ingestion.parsing.worker import Job
from ingestion.parsing.worker_process import WorkerProcess
from ingestion.settings import SyncSettings
from ingestion.sources.allowed_locations import confined
from ingestion.sources.finding import find_file
from ingestion.sources.locations import local_path
from ingestion.sources.source_file import SourceFile
from ingestion.sync.file_fingerprint import bytes_of
from ingestion.sync.start import stored_definition
from ingestion.versions import source_manifest
from ingestion.versions.catalogue import Catalogue

logger = logging.getLogger(__name__)
PDF = "application/pdf"
NOT_SHOWN = "this service shows no originals"
NOT_A_PDF = "only PDFs are shown in pages"
NOT_ALLOWED = "its place is not (any more) one that this service may read"
TOO_MUCH = "its file takes more time or memory to draw than this service allows"
NO_PROCESS = "pages cannot be drawn right now"
RETRY_AFTER_S = 2
# A file that stopped the process is left alone for so long, seconds, and so many are remembered.
LEFT_ALONE_S = 60.0
MOST_LEFT_ALONE = 1000
# For so long, seconds, a file that has no time of change is taken for what it was.
TRUSTED_S = 300.0


class Originals:
    """Draws pages of documents' own files. Safe to share between threads.

    Who may see a document is decided before anything is asked for here.

    Args:
        settings: whether pages are drawn, and within which limits.
        sync: where sources of definitions that came over REST may be.
        catalogue: what the index's versions were made from.
    """

    def __init__(
        self, settings: OriginalsSettings, sync: SyncSettings, catalogue: Catalogue
    ) -> None:
        self._settings = settings
        self._sync = sync
        self._catalogue = catalogue
        self._worker = WorkerProcess(Limits(settings.timeout_s, settings.memory_mb))
        # One thread at a time asks the worker.
        self._asking = threading.Lock()
        self._drawn: Bounded[tuple[str, str, int, int], bytes] = Bounded(
            settings.cache_bytes, lambda _, image: len(image) + 200
        )
        # Content hash of a file that stopped the worker -> until when it is left alone.
        self._stopped: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process that draws."""
        self._worker.stop()
        self._worker.end()

    def find(self, info: SetInfo, chunk: Chunk) -> Original:
        """The file of a document, from one of its chunks.

        Raises:
            OriginalNotShown: it cannot be shown; the message says why, for readers.
        """
        if not self._settings.shown:
            raise OriginalNotShown(NOT_SHOWN)
        if chunk.media_type != PDF:
            raise OriginalNotShown(NOT_A_PDF)
        row = source_manifest.find(
            self._catalogue.store.records, info.name, info.number, chunk.document_id
        )
        # A document that could not be read again is indexed as it was before.
        if row is None or chunk.document_hash not in (row.hash, bytes_of(row.file_hash)):
            raise OriginalNotShown(GONE)
        file = self._file(info.name, row.source, row.file)
        return Original(file, chunk.document_hash, self._settings.max_bytes)

    def locate(self, original: Original, wanted: Sequence[Wanted]) -> Placed:
        """Where words stand on the pages.

        Raises:
            OriginalNotShown: see `find`.
            TooBusy: other pages are being drawn.
        """
        return cast("Placed", self._do(FindOnPages(original, wanted), original))

    def draw(self, original: Original, page: int, width: int) -> bytes:
        """A page as PNG.

        Args:
            page: its number, from 1.
            width: of the image, pixels; fewer where the image would take too many in all.

        Raises:
            OriginalNotShown: see `find`; also where there is no such page.
            TooBusy: other pages are being drawn.
        """
        key = (original.hash, _stamp(original.file), page, width)
        drawn = self._drawn.get(key)
        if drawn is None:
            job = DrawPage(original, page, width, self._settings.max_pixels)
            drawn = cast("bytes", self._do(job, original))
            self._drawn.put(key, drawn)
        return drawn

    def _file(self, set_name: str, source_key: str, name: str) -> SourceFile:
        kept = stored_definition(self._catalogue.store.records, set_name)
        if kept is None:
            raise OriginalNotShown(GONE)
        try:
            definition = (
                confined(kept.definition, self._sync) if kept.restricted else kept.definition
            )
        except SourceError as error:
            raise OriginalNotShown(NOT_ALLOWED) from error
        networks = self._sync.allowed_networks
        for source in definition.sources:
            if source.key == source_key:
                found = find_file(source, name, Path(kept.base), networks)
                if found is not None:
                    return found
        raise OriginalNotShown(GONE)

    def _do(self, job: Job, original: Original) -> object:
        """Have the worker do a job. Meanwhile others' answers take this one's turn."""
        with self._lock:
            if self._stopped.get(original.hash, 0.0) > time.monotonic():
                raise OriginalNotShown(TOO_MUCH)
        with away():
            if not self._asking.acquire(timeout=self._settings.timeout_s):
                raise TooBusy("other pages are being drawn; try again soon.", RETRY_AFTER_S)
            try:
                return self._worker.do(job)
            except ParsingStopped as error:
                logger.warning("a page was not drawn: %s", error)
                self._leave_alone(original)
                raise OriginalNotShown(TOO_MUCH) from error
            except ParsingUnavailable as error:
                logger.error("pages cannot be drawn: %s", error)
                raise OriginalNotShown(NO_PROCESS) from error
            except DocumentError as error:
                raise OriginalNotShown(GONE) from error
            finally:
                self._asking.release()

    def _leave_alone(self, original: Original) -> None:
        with self._lock:
            self._stopped[original.hash] = time.monotonic() + LEFT_ALONE_S
            while len(self._stopped) > MOST_LEFT_ALONE:
                self._stopped.popitem(last=False)


def _stamp(file: SourceFile) -> str:
    """What changes when a file does: so a page that was drawn before is not shown of another file."""
    path = local_path(file.url)
    if path is None:
        return str(int(time.monotonic() / TRUSTED_S))
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise OriginalNotShown(GONE) from error
    return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"
