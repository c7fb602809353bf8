"""Index a file or folder: load -> chunk -> embed -> write, each hiding behind the embedding.

Loading and chunking run in one thread ahead of the embedder, writing in another behind it, with
bounded queues between them: the embedder never waits long, and memory does not grow with the
corpus.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pydantic import BaseModel

from ingestion.chunking import Chunker
from ingestion.documents import Chunk, Document
from ingestion.embedding import Embedder, Vectors
from ingestion.errors import DocumentError, SourceError
from ingestion.index.protocol import IndexStore, SetWriter
from ingestion.loaders import FoundFile, LoadProblem, RecordFields, find_files, load
from ingestion.prefetch import prefetch
from ingestion.settings import ChunkingSettings, LoadingSettings

# Chunks embedded in one call: enough that sorting by length leaves little padding.
WINDOW = 1024


class Skipped(BaseModel):
    """A document that was not indexed, and why."""

    document: str
    reason: str


class IngestReport(BaseModel):
    """What a run did.

    Attributes:
        document_set: the set's name.
        index_version: the version it committed, or found unchanged.
        indexed: documents added or replaced.
        unchanged: documents left as they were, since their content is what the set holds.
        skipped: documents not indexed, each with its reason.
        chunks: chunks embedded and written.
        seconds: wall time.
        documents_in_set: documents the set now holds.
        chunks_in_set: chunks the set now holds.
    """

    document_set: str
    index_version: str
    indexed: int
    unchanged: int
    skipped: list[Skipped]
    chunks: int
    seconds: float
    documents_in_set: int
    chunks_in_set: int


@dataclass(slots=True)
class Progress:
    """Where a run stands; handed to the caller's callback as it changes."""

    files: int = 0
    bytes_total: int = 0
    bytes_read: int = 0
    documents: int = 0
    chunks: int = 0
    current: str = ""


@dataclass(slots=True)
class _Run:
    """What the stages of one run share; written by the loading stage only."""

    held: Mapping[str, str]
    reuse: bool
    progress: Progress
    skipped: list[Skipped] = field(default_factory=list)
    unchanged: int = 0
    seen: set[str] = field(default_factory=set)


def ingest(
    path: Path,
    set_name: str,
    *,
    store: IndexStore,
    embedder: Embedder,
    chunking: ChunkingSettings,
    loading: LoadingSettings,
    records: RecordFields | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> IngestReport:
    """Index all that is at `path` into a document set; what cannot be indexed is reported, not fatal.

    Documents that the set holds already are replaced where their content has changed, and cost
    nothing where it has not. A document that can no longer be read keeps its last good version.

    Args:
        path: a file or a folder.
        set_name: the document set, made if it is not there.
        store: where sets are kept.
        embedder: the model; it must be the set's own.
        chunking: how to cut; other settings than the set's last ones make every document new.
        loading: bounds on what is read.
        records: which fields of a JSONL or CSV file hold id, title and text.
        on_progress: called from the calling thread as the run goes on.

    Raises:
        SourceError: nothing there, or nothing that could be indexed.
        ModelMismatch: the set was made with another embedding model.
        IndexUnavailable: the index cannot be written.
    """
    began = time.monotonic()
    files = list(find_files(path))
    writer = store.writer(set_name, embedder.identity, chunking)
    run = _Run(
        held=writer.documents(),
        reuse=writer.before is not None and writer.before.chunking == chunking,
        progress=Progress(files=len(files), bytes_total=sum(_size(file) for file in files)),
    )
    chunks = _cut(files, Chunker(chunking, embedder), loading, records, run)
    indexed = _embed_and_write(chunks, embedder, writer, run, on_progress)
    if not indexed and not run.unchanged:
        raise SourceError(_nothing_indexed(path, run.skipped))
    info = writer.commit() if indexed or writer.before is None else writer.before
    return IngestReport(
        document_set=info.name,
        index_version=info.version,
        indexed=indexed,
        unchanged=run.unchanged,
        skipped=run.skipped,
        chunks=run.progress.chunks,
        seconds=time.monotonic() - began,
        documents_in_set=info.documents,
        chunks_in_set=info.chunks,
    )


def _embed_and_write(
    chunks: Iterator[Chunk],
    embedder: Embedder,
    writer: SetWriter,
    run: _Run,
    on_progress: Callable[[Progress], None],
) -> int:
    """Embed a window while the one before is written; returns how many documents were written."""

    def count(chunks: int) -> None:
        run.progress.chunks += chunks
        on_progress(run.progress)

    written: set[str] = set()
    pending: Future[None] | None = None
    with (
        prefetch(_windows(chunks), 2) as windows,
        ThreadPoolExecutor(1, thread_name_prefix="write") as pool,
    ):
        for window in windows:
            vectors = embedder.embed_passages([chunk.indexed_text for chunk in window], count)
            if pending is not None:
                pending.result()
            new = {chunk.document_id for chunk in window} - written
            outdated = sorted(new & run.held.keys())
            pending = pool.submit(_write, writer, outdated, window, vectors)
            written |= new
            run.progress.documents = len(written)
        if pending is not None:
            pending.result()
    return len(written)


def _write(writer: SetWriter, outdated: list[str], window: list[Chunk], vectors: Vectors) -> None:
    writer.delete_documents(outdated)
    writer.write(window, vectors)


def _windows(chunks: Iterator[Chunk]) -> Iterator[list[Chunk]]:
    while window := list(islice(chunks, WINDOW)):
        yield window


def _cut(
    files: list[FoundFile],
    chunker: Chunker,
    loading: LoadingSettings,
    records: RecordFields | None,
    run: _Run,
) -> Iterator[Chunk]:
    """The chunks of every document that is new or changed; the rest is noted in `run`."""
    for file in files:
        run.progress.current = file.document_id
        before = run.progress.bytes_read
        try:
            for item in load(file.path, file.document_id, records=records):
                if isinstance(item, LoadProblem):
                    run.skipped.append(Skipped(document=item.document_id, reason=item.message))
                    continue
                yield from _document_chunks(item, chunker, loading, run)
                run.progress.bytes_read = min(
                    run.progress.bytes_read + len(item.text), before + _size(file)
                )
        except DocumentError as error:
            run.skipped.append(Skipped(document=file.document_id, reason=str(error)))
        run.progress.bytes_read = before + _size(file)


def _document_chunks(
    document: Document, chunker: Chunker, loading: LoadingSettings, run: _Run
) -> Iterator[Chunk]:
    if document.id in run.seen:
        reason = "a document of the same id was indexed before it in this run; make ids unique."
        run.skipped.append(Skipped(document=document.id, reason=reason))
        return
    run.seen.add(document.id)
    if run.reuse and run.held.get(document.id) == document.content_hash:
        run.unchanged += 1
        return
    if len(document.text) > loading.max_chars:
        reason = (
            f"{document.id}: {len(document.text):,} characters of text, more than the bound of "
            f"{loading.max_chars:,}; split it, or raise PLUMB_LOADING_MAX_CHARS."
        )
        run.skipped.append(Skipped(document=document.id, reason=reason))
        return
    chunks = chunker.chunk(document)
    if not chunks:
        reason = f"{document.id}: there is no text in it; fill or remove it."
        run.skipped.append(Skipped(document=document.id, reason=reason))
    yield from chunks


def _size(file: FoundFile) -> int:
    return file.path.stat().st_size


def _nothing_indexed(path: Path, skipped: list[Skipped]) -> str:
    reasons = "; ".join(f"{item.document}: {item.reason}" for item in skipped[:3])
    more = f" (and {len(skipped) - 3} more)" if len(skipped) > 3 else ""
    return f"{path}: nothing in it could be indexed. {reasons}{more}"
