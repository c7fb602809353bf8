"""One file's documents, read where this is called: in a worker process, or in this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ingestion.documents.document import Document
from ingestion.errors import DocumentError, ParsingStopped
from ingestion.loaders import LoadProblem, load
from ingestion.loaders.files import printable
from ingestion.sources.fetching import local_copy
from ingestion.sources.locations import scheme_of
from ingestion.sources.source_file import SourceFile

# How libraries in C tell of a failed allocation: lxml, zlib.
_OUT_OF_MEMORY = ("memory allocation failed", "out of memory")


class ReadFile(NamedTuple):
    """The job of reading a file's documents."""

    file: SourceFile

    @property
    def document_id(self) -> str:
        """What to call the file in messages."""
        return self.file.document_id

    def run(self, folder: Path, memory_mb: int | None) -> list[Document | LoadProblem]:
        """What is in it; see `read`."""
        return list(read(self.file, folder, memory_mb))


def read(
    file: SourceFile, folder: Path | None = None, memory_mb: int | None = None
) -> Iterator[Document | LoadProblem]:
    """The documents of a file, and a problem for each of its records that cannot be one.

    Args:
        file: what to read.
        folder: where a copy of a file from elsewhere is put; by default the system's folder.
        memory_mb: the limit on this process, to be named where it is met.

    Raises:
        DocumentError: the file as a whole cannot be read, or is gone.
    """
    try:
        with local_copy(file, folder) as path:
            yield from load(
                path,
                file.document_id,
                records=file.records,
                source=file.shown
                or (printable(file.url) if scheme_of(file.url) is None else file.url),
                format_name=file.format_name,
            )
    except (DocumentError, MemoryError) as error:
        if not _for_want_of_memory(error):
            raise
    else:
        return
    # Raised out here, where the failed parse's frames no longer hold what they had allocated.
    raise ParsingStopped(too_little_memory(file.document_id, memory_mb))


def too_little_memory(document_id: str, memory_mb: int | None) -> str:
    """What to tell of a file that the memory does not suffice for."""
    if memory_mb is None:
        return f"{document_id}: the memory does not suffice to parse it; split it"
    return (
        f"{document_id}: needs more than the {memory_mb:,} MB of memory that parsing one "
        "file may take; split it, or raise PLUMB_LOADING_MEMORY_MB"
    )


def _for_want_of_memory(error: BaseException | None) -> bool:
    """Whether a failed allocation is at the bottom of it: parsers wrap what they meet."""
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        if isinstance(error, MemoryError):
            return True
        # Our own errors name the document, and a document may be named anything.
        if not isinstance(error, DocumentError):
            text = str(error).lower()
            if any(words in text for words in _OUT_OF_MEMORY):
                return True
        error = error.__cause__ or error.__context__
    return False
