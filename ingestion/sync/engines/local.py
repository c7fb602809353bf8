"""Load, chunk and embed on this machine, each hiding behind the embedding.

Files are parsed in worker processes and cut in one thread ahead of the embedder, with a bounded
queue between them: the embedder never waits long, and memory does not grow with the corpus.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder
from ingestion.loaders.cleaning import one_line
from ingestion.settings import ChunkingSettings, LoadingSettings
from ingestion.sync.file_chunks import ChunkedDocument, cut_all
from ingestion.sync.prefetch import prefetch
from ingestion.sync.work import FindKnown, Known, OnProgress, Outcome, Progress, Work

# Chunks embedded in one call: enough that sorting by length leaves little padding.
WINDOW = 1024
# Documents in one batch at most: unchanged records have no chunks to count.
MOST_DOCUMENTS = 4096


class LocalEngine:
    """Runs in this process and the parser's workers."""

    def __init__(
        self, embedder: Embedder, chunking: ChunkingSettings, loading: LoadingSettings
    ) -> None:
        self._embedder = embedder
        self._chunker = Chunker(chunking, embedder)
        self._loading = loading

    def run(
        self, work: Iterable[Work], known: FindKnown, progress: Progress, on_progress: OnProgress
    ) -> Iterator[list[Outcome]]:
        """Outcomes in batches of about `WINDOW` chunks."""
        stopped = threading.Event()
        cuts = cut_all(work, self._chunker, self._loading, stopped)
        with prefetch(_windows(cuts, stopped), 2, stopped) as windows:
            for window in windows:
                yield self._embed(window, known, progress, on_progress)

    def _embed(
        self,
        window: list[ChunkedDocument],
        known: FindKnown,
        progress: Progress,
        on_progress: OnProgress,
    ) -> list[Outcome]:
        def count(chunks: int) -> None:
            progress.chunks += chunks
            on_progress(progress)

        # One look-up for the whole window: one for each document would read the index as often.
        held = known([cut.work for cut in window if cut.chunks])
        outcomes = embed(self._embedder, window, held, count)
        for cut, outcome in zip(window, outcomes, strict=True):
            progress.reused += len(outcome.chunks) - outcome.embedded
            progress.enter(cut.work.file.document_id, cut.work.file.size)
        on_progress(progress)
        return outcomes


def embed(
    embedder: Embedder,
    window: Sequence[ChunkedDocument],
    known: Known,
    on_batch: Callable[[int], None] = lambda _: None,
) -> list[Outcome]:
    """Outcomes of cut documents: known vectors are taken, the others computed in one call."""
    try:
        return _embed(embedder, window, known, on_batch)
    except Exception:  # noqa: BLE001 (whatever tokenizers and models raise)
        # Without a document to blame it is the model that fails, and with it the sync.
        embedder.embed_passages(["one"])
        return [outcome for cut in window for outcome in _embed_alone(embedder, cut, known)]


def _embed_alone(embedder: Embedder, cut: ChunkedDocument, known: Known) -> list[Outcome]:
    try:
        return _embed(embedder, [cut], known, lambda _: None)
    except Exception as error:  # noqa: BLE001 (the same, about this document)
        return [_not_embedded(cut, f"{type(error).__name__}: {error}")]


def _not_embedded(cut: ChunkedDocument, why: str) -> Outcome:
    problem = f"{cut.row.id}: cannot be embedded ({one_line(why)[:200]}); look at its text."
    row = cut.row._replace(chunks=0, problem=problem)
    return Outcome(row, [], np.empty((0, 0), np.float32), restricted=cut.restricted)


def _embed(
    embedder: Embedder,
    window: Sequence[ChunkedDocument],
    known: Known,
    on_batch: Callable[[int], None],
) -> list[Outcome]:
    texts = [chunk.indexed_text for cut in window for chunk in cut.chunks]
    missing = [text for text in texts if text not in known]
    fresh = iter(embedder.embed_passages(missing, on_batch))
    outcomes = []
    for cut in window:
        rows = [known.get(chunk.indexed_text) for chunk in cut.chunks]
        whole = [next(fresh) if row is None else row for row in rows]
        vectors = np.stack(whole) if whole else np.empty((0, 0), np.float32)
        embedded = sum(row is None for row in rows)
        if not np.isfinite(vectors).all():
            outcomes.append(_not_embedded(cut, "its vector holds no numbers"))
            continue
        outcomes.append(
            Outcome(
                cut.row,
                cut.chunks,
                vectors,
                embedded,
                cut.unchanged,
                cut.whole_file,
                cut.restricted,
            )
        )
    return outcomes


def _windows(
    cuts: Iterator[ChunkedDocument], stopped: threading.Event
) -> Iterator[list[ChunkedDocument]]:
    window: list[ChunkedDocument] = []
    chunks = 0
    for cut in cuts:
        if stopped.is_set():
            return
        window.append(cut)
        chunks += len(cut.chunks)
        if chunks >= WINDOW or len(window) >= MOST_DOCUMENTS:
            yield window
            window, chunks = [], 0
    if window:
        yield window
