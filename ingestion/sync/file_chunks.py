"""From a file to its documents' chunks: the part of the work before any vector."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ingestion.chunking.chunker import Chunker
from ingestion.documents.document import Chunk, Document
from ingestion.documents.visibility import GROUPS, of_groups
from ingestion.errors import DocumentError
from ingestion.loaders import LoadProblem
from ingestion.loaders.cleaning import one_line
from ingestion.loaders.losses import DROPPED, counted
from ingestion.loaders.storable_document import valid
from ingestion.parsing import Parser
from ingestion.settings import LoadingSettings
from ingestion.sync.file_fingerprint import same_groups
from ingestion.sync.work import Work
from ingestion.versions.source_manifest import HIDDEN, SourceDocument


class ChunkedDocument(NamedTuple):
    """One document of a piece of work, cut; see `Outcome` for the fields."""

    work: Work
    row: SourceDocument
    chunks: list[Chunk]
    unchanged: bool = False
    whole_file: bool = False
    restricted: bool = False


def cut_all(
    work: Iterable[Work],
    chunker: Chunker,
    loading: LoadingSettings,
    stopped: threading.Event | None = None,
) -> Iterator[ChunkedDocument]:
    """Every document of every file, in order; files are parsed in worker processes, ahead.

    Args:
        stopped: once it is set, what is being parsed is thrown away and nothing more comes.
    """
    waiting: dict[tuple[str, str], Work] = {}

    def files() -> Iterator[object]:
        for item in work:
            waiting[item.file.source, item.file.document_id] = item
            yield item.file

    with Parser(loading, stopped) as parser:
        for parsed in parser.parse(files()):  # type: ignore[arg-type]
            item = waiting.pop((parsed.file.source, parsed.file.document_id))
            yield from cut_file(item, parsed.documents, chunker, loading)


def cut_file(
    work: Work,
    documents: Iterator[Document | LoadProblem],
    chunker: Chunker,
    loading: LoadingSettings,
) -> Iterator[ChunkedDocument]:
    """Every document of one file. A file that breaks off in its middle keeps what came before."""
    try:
        for item in documents:
            if isinstance(item, LoadProblem):
                row = _failed(work, item.document_id, item.message)
                restricted = item.restricted or item.error.restricted
                yield ChunkedDocument(work, row, [], restricted=restricted)
            else:
                yield _cut_document(work, of_groups(item, work.file.groups), chunker, loading)
    except DocumentError as error:
        row = _failed(work, work.file.document_id, str(error))
        yield ChunkedDocument(work, row, [], whole_file=True, restricted=error.restricted)


def _cut_document(
    work: Work, document: Document, chunker: Chunker, loading: LoadingSettings
) -> ChunkedDocument:
    held = work.held.get(document.id)
    file = work.file
    dropped = dict(counted(document.metadata.get(DROPPED)))
    if held is not None and held.indexed and _unchanged(held, document, work):
        row = held._replace(
            file_hash=work.file_hash,
            stamp=file.stamp,
            problem=_notice(document),
            dropped=dropped,
        )
        return ChunkedDocument(work, row, [], unchanged=True)
    restricted = GROUPS in document.metadata
    if len(document.text) > loading.max_chars:
        problem = (
            f"{document.id}: {len(document.text):,} characters of text, more than the limit of "
            f"{loading.max_chars:,}; split it, or raise PLUMB_LOADING_MAX_CHARS."
        )
        return ChunkedDocument(work, _failed(work, document.id, problem), [], restricted=restricted)
    try:
        chunks = chunker.chunk(document)
    except Exception as error:  # noqa: BLE001 (whatever tokenizers raise, about this document)
        why = one_line(f"{type(error).__name__}: {error}")[:200]
        problem = f"{document.id}: cannot be cut ({why}); look at its text."
        return ChunkedDocument(work, _failed(work, document.id, problem), [], restricted=restricted)
    if not chunks:
        problem = f"{document.id}: there is no text in it; fill or remove it."
        return ChunkedDocument(work, _failed(work, document.id, problem), [], restricted=restricted)
    row = SourceDocument(
        id=document.id,
        hash=document.content_hash,
        source=file.source,
        file=file.document_id,
        file_hash=work.file_hash,
        stamp=file.stamp,
        chunks=len(chunks),
        problem=_notice(document),
        dropped=dropped,
    )
    if document.id != file.document_id:
        # A record's text is most likely that of the record of its id: a full build embeds little.
        work = replace(work, alike=(document.id,))
    return ChunkedDocument(work, row, chunks, restricted=restricted)


def _notice(document: Document) -> str:
    """The notice about a hidden document; empty if it is not hidden."""
    if not document.hidden:
        return ""
    return f"{document.id}: {HIDDEN}, since {document.hidden}."


def _unchanged(held: SourceDocument, document: Document, work: Work) -> bool:
    return held.hash == document.content_hash and same_groups(held.file_hash, work.file_hash)


def _failed(work: Work, document_id: str, problem: str) -> SourceDocument:
    problem = valid(problem)
    file = work.file
    return SourceDocument(
        id=document_id,
        hash=work.file_hash,
        source=file.source,
        file=file.document_id,
        file_hash=work.file_hash,
        stamp=file.stamp,
        problem=problem,
    )
