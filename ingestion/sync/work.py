"""What a sync hands to an engine, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingestion.documents.document import Chunk
from ingestion.sources.source_file import SourceFile
from ingestion.versions.source_manifest import SourceDocument

# The stage from which a sync is not stopped any more.
PUBLISHING = "publishing"
# Indexed text -> vector.
Known: TypeAlias = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Work:
    """A file that is new or has changed.

    Attributes:
        file: the file.
        file_hash: SHA-256 (hex) of its bytes, and after a plus sign how it is read: see `read_as`.
        held: of a file with records, the documents that the index holds of it, by id: those whose
            content is the same are not chunked again.
        alike: ids of documents that may have chunks of the same text: the document itself as it
            was, or one of the same content under another name.
    """

    file: SourceFile
    file_hash: str
    held: Mapping[str, SourceDocument] = field(default_factory=dict)
    alike: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of one document.

    Attributes:
        row: the document for the source manifest; `row.problem` says why it could not be indexed.
        chunks: its chunks; none if it is unchanged or has a problem.
        vectors: their vectors, shape `(len(chunks), dimension)`.
        embedded: how many of these were computed; the rest was known.
        unchanged: whether the index holds it as it is.
        whole_file: whether `row` stands for a file none of whose documents could be read.
        restricted: whether it names groups and could not be read: it must not stay as others saw
            it before.
    """

    row: SourceDocument
    chunks: list[Chunk]
    vectors: NDArray[np.float32]
    embedded: int = 0
    unchanged: bool = False
    whole_file: bool = False
    restricted: bool = False


@dataclass(slots=True)
class Progress:
    """Where a sync stands; handed to the caller's callback as it changes.

    Attributes:
        stage: what is being done: planning, copying, indexing, finishing, checking, publishing.
        files: files to read.
        files_read: files read so far.
        bytes_total: their size.
        bytes_read: how much of it was read.
        documents: documents indexed so far.
        chunks: chunks embedded so far.
        reused: chunks whose vectors were known.
        current: the file being read.
    """

    stage: str = "planning"
    files: int = 0
    files_read: int = 0
    bytes_total: int = 0
    bytes_read: int = 0
    documents: int = 0
    chunks: int = 0
    reused: int = 0
    current: str = ""

    def enter(self, file: str, size: int) -> None:
        """Count a file when its first document arrives: near enough, and needs no mark of its end."""
        if self.current != file:
            self.current = file
            self.files_read += 1
            self.bytes_read += size


OnProgress: TypeAlias = Callable[[Progress], None]
# Vectors that a version holds already of chunks that pieces of work may have too.
FindKnown: TypeAlias = Callable[[Sequence[Work]], Known]


class Engine(Protocol):
    """Runs load -> chunk -> embed over files."""

    def run(
        self, work: Iterable[Work], known: FindKnown, progress: Progress, on_progress: OnProgress
    ) -> Iterator[list[Outcome]]:
        """Outcomes in batches, the documents of one file together and in order.

        The engine counts `chunks`, `reused`, `files_read` and `bytes_read` in `progress` and
        tells the callback, from the calling thread.
        """
