"""Load, chunk and embed on this machine, each hiding behind the embedding.

Files are parsed in worker processes and cut in one thread ahead of the embedder, with a bounded
queue between them: the embedder never waits long, and memory does not grow with the corpus.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder
from ingestion.loaders.cleaning import one_line
from ingestion.settings import ChunkingSettings, LoadingSettings
from ingestion.sync.file_chunks import ChunkedDocument, cut_all
from ingestion.sync.prefetch import prefetch
from ingestion.sync.stored_vectors import StoredVectors
from ingestion.sync.work import FindKnown, Known, OnProgress, Outcome, Progress, Work

# Chunks embedded in one call: enough that sorting by length leaves little padding.
WINDOW = 1024
# In the first call, so that embedding begins while most files are still to be read; each following
# call holds twice as many.
FIRST_WINDOW = 128
# Documents in one batch at most: unchanged records have no chunks to count.
MOST_DOCUMENTS = 4096


class LocalEngine:
    """Runs in this process and the parser's workers.

    Args:
        stored: vectors kept by text, looked up before embedding and added to after it.
    """

    def __init__(
        self,
        embedder: Embedder,
        chunking: ChunkingSettings,
        loading: LoadingSettings,
        stored: StoredVectors | None = None,
    ) -> None:
        self._embedder = embedder
        self._chunker = Chunker(chunking, embedder)
        self._loading = loading
        self._stored = stored

    def run(
        self, work: Iterable[Work], known: FindKnown, progress: Progress, on_progress: OnProgress
    ) -> Iterator[list[Outcome]]:
        """Outcomes in batches of `FIRST_WINDOW` to `WINDOW` chunks, about."""
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
        held = dict(known([cut.work for cut in window if cut.chunks]))
        if self._stored is not None:
            texts = (chunk.indexed_text for cut in window for chunk in cut.chunks)
            held |= self._stored.find([text for text in texts if text not in held])
        outcomes = embed(self._embedder, window, held, count)
        if self._stored is not None:
            self._stored.keep(_computed(outcomes, held))
        for cut, outcome in zip(window, outcomes, strict=True):
            progress.reused += len(outcome.chunks) - outcome.embedded
            progress.enter(cut.work.file.document_id, cut.work.file.size)
        on_progress(progress)
        return outcomes


def _computed(outcomes: Sequence[Outcome], held: Known) -> dict[str, NDArray[np.float32]]:
    """The vectors of outcomes that were not held before, by text."""
    return {
        chunk.indexed_text: vector
        for outcome in outcomes
        if outcome.embedded
        for chunk, vector in zip(outcome.chunks, outcome.vectors, strict=True)
        if chunk.indexed_text not in held
    }


def embed(
    embedder: Embedder,
    window: Sequence[ChunkedDocument],
    known: Known,
    on_batch: Callable[[int], None] = lambda _: None,
) -> list[Outcome]:
    """Outcomes of cut documents: known vectors are taken, the others computed in one call, each once."""
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
    missing = list(dict.fromkeys(text for text in texts if text not in known))
    fresh = dict(zip(missing, embedder.embed_passages(missing, on_batch), strict=True))
    uncounted = set(missing)
    outcomes = []
    for cut in window:
        own = [chunk.indexed_text for chunk in cut.chunks]
        whole = [fresh[text] if text in fresh else known[text] for text in own]
        vectors = np.stack(whole) if whole else np.empty((0, 0), np.float32)
        embedded = len(uncounted.intersection(own))
        uncounted.difference_update(own)
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
    chunks, enough = 0, min(FIRST_WINDOW, WINDOW)
    for cut in cuts:
        if stopped.is_set():
            return
        window.append(cut)
        chunks += len(cut.chunks)
        if chunks >= enough or len(window) >= MOST_DOCUMENTS:
            yield window
            window, chunks = [], 0
            enough = min(WINDOW, 2 * enough)
    if window:
        yield window
