"""Files in, documents out: in order, a few files ahead, whatever the files do to their parsers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import LifoQueue
from threading import Event
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from ingestion.documents.document import Document
from ingestion.errors import DocumentError
from ingestion.loaders import LoadProblem
from ingestion.loaders.loading import holds_records
from ingestion.parsing.limits import Limits
from ingestion.parsing.read_file import ReadFile, read
from ingestion.parsing.worker_process import WorkerProcess
from ingestion.sources.source_file import SourceFile

if TYPE_CHECKING:  # the worker processes import this module, and have no use for pydantic
    from ingestion.settings import LoadingSettings

# A finished file waits for its turn in memory, so the look-ahead is kept short.
FILES_AHEAD_PER_WORKER = 2

# How soon somebody who waits for a file notices that it is not wanted any more.
LOOK_UP_S = 0.2

_Contents: TypeAlias = Sequence[Document | LoadProblem]


class Parsed(NamedTuple):
    """One file's outcome.

    Attributes:
        file: the file.
        documents: what is in it. Raises `DocumentError` where the file as a whole, or the rest of
            it, cannot be read.
    """

    file: SourceFile
    documents: Iterator[Document | LoadProblem]


class Parser:
    """Parses files in worker processes, which end with the context (or with this process).

    Records (JSONL; CSV with record fields) are read in this process: they stream in constant
    memory, and their number has no limit that a time would fit.

    Args:
        stopped: once another thread has set it, no more outcomes come.
    """

    def __init__(self, settings: LoadingSettings, stopped: Event | None = None) -> None:
        self._stopped = stopped or Event()
        limits = Limits(settings.timeout_s, settings.memory_mb)
        self._workers = [WorkerProcess(limits) for _ in range(settings.workers)]
        # The one used last is asked first, so that a few files start no more than they need.
        self._idle: LifoQueue[WorkerProcess] = LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(max(1, settings.workers), thread_name_prefix="parse")

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()

    def parse(self, files: Iterable[SourceFile]) -> Iterator[Parsed]:
        """Each file's outcome, in the order the files are given.

        `files` is read a few files ahead, in the caller's thread. A file that streams in this
        process is read as its documents are taken.

        Raises:
            ParsingUnavailable: no worker process can be started; comes out of the documents.
        """
        ahead = FILES_AHEAD_PER_WORKER * len(self._workers)
        waiting: deque[tuple[SourceFile, Future[_Contents] | None]] = deque()
        try:
            for file in files:
                waiting.append((file, self._begin(file)))
                if len(waiting) > ahead:
                    if self._has_stopped(waiting[0][1]):
                        return
                    yield _outcome(*waiting.popleft())
            while waiting:
                if self._has_stopped(waiting[0][1]):
                    return
                yield _outcome(*waiting.popleft())
        finally:
            for _, future in waiting:
                if future is not None:
                    future.cancel()

    def _has_stopped(self, future: Future[_Contents] | None) -> bool:
        """Wait for a file's contents, so that the look-ahead stays bounded; True if that was broken off."""
        while future is not None and not self._stopped.is_set():
            if wait([future], LOOK_UP_S).done:
                break
        return self._stopped.is_set()

    def _begin(self, file: SourceFile) -> Future[_Contents] | None:
        """Have a worker parse the file; None if it is to be read in this process."""
        if not self._workers:
            return None
        try:
            if holds_records(file.format_name or file.document_id, file.records):
                return None
        except DocumentError:  # no loader: reading it will say so
            return None
        return self._threads.submit(self._parse, file)

    def _parse(self, file: SourceFile) -> _Contents:
        worker = self._idle.get()
        try:
            return cast("_Contents", worker.do(ReadFile(file)))
        finally:
            self._idle.put(worker)


def _outcome(file: SourceFile, future: Future[_Contents] | None) -> Parsed:
    if future is None:
        return Parsed(file, read(file))
    return Parsed(file, _contents(future))


def _contents(future: Future[_Contents]) -> Iterator[Document | LoadProblem]:
    yield from future.result()
