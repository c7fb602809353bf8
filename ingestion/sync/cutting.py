"""From a file to its documents' chunks: the part of the work before any vector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ingestion.chunking import Chunker
from ingestion.documents import Chunk, Document
from ingestion.errors import DocumentError
from ingestion.loaders import LoadProblem
from ingestion.parsing import Parser
from ingestion.settings import LoadingSettings
from ingestion.sync.read_as import same_groups
from ingestion.sync.work import Work
from ingestion.versions.source_manifest import SourceDocument
from ingestion.visibility import of_groups


class Cut(NamedTuple):
    """One document of a piece of work, cut; see `Outcome` for the fields."""

    work: Work
    row: SourceDocument
    chunks: list[Chunk]
    unchanged: bool = False
    whole_file: bool = False


def cut_all(work: Iterable[Work], chunker: Chunker, loading: LoadingSettings) -> Iterator[Cut]:
    """Every document of every file, in order; files are parsed in worker processes, ahead."""
    waiting: dict[tuple[str, str], Work] = {}

    def files() -> Iterator[object]:
        for item in work:
            waiting[item.file.source, item.file.document_id] = item
            yield item.file

    with Parser(loading) as parser:
        for parsed in parser.parse(files()):  # type: ignore[arg-type]
            item = waiting.pop((parsed.file.source, parsed.file.document_id))
            yield from cut_file(item, parsed.documents, chunker, loading)


def cut_file(
    work: Work,
    documents: Iterator[Document | LoadProblem],
    chunker: Chunker,
    loading: LoadingSettings,
) -> Iterator[Cut]:
    """Every document of one file. A file that breaks off in its middle keeps what came before."""
    try:
        for item in documents:
            if isinstance(item, LoadProblem):
                yield Cut(work, _failed(work, item.document_id, item.message), [])
            else:
                yield _cut_document(work, of_groups(item, work.file.groups), chunker, loading)
    except DocumentError as error:
        row = _failed(work, work.file.document_id, str(error))
        yield Cut(work, row, [], whole_file=True)


def _cut_document(
    work: Work, document: Document, chunker: Chunker, loading: LoadingSettings
) -> Cut:
    held = work.held.get(document.id)
    file = work.file
    if held is not None and held.indexed and _unchanged(held, document, work):
        row = held._replace(file_hash=work.file_hash, stamp=file.stamp, problem="")
        return Cut(work, row, [], unchanged=True)
    if len(document.text) > loading.max_chars:
        problem = (
            f"{document.id}: {len(document.text):,} characters of text, more than the bound of "
            f"{loading.max_chars:,}; split it, or raise PLUMB_LOADING_MAX_CHARS."
        )
        return Cut(work, _failed(work, document.id, problem), [])
    chunks = chunker.chunk(document)
    if not chunks:
        problem = f"{document.id}: there is no text in it; fill or remove it."
        return Cut(work, _failed(work, document.id, problem), [])
    row = SourceDocument(
        id=document.id,
        hash=document.content_hash,
        source=file.source,
        file=file.document_id,
        file_hash=work.file_hash,
        stamp=file.stamp,
        chunks=len(chunks),
    )
    return Cut(work, row, chunks)


def _unchanged(held: SourceDocument, document: Document, work: Work) -> bool:
    return held.hash == document.content_hash and same_groups(held.file_hash, work.file_hash)


def _failed(work: Work, document_id: str, problem: str) -> SourceDocument:
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
