"""What the embedder is handed at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from threading import Event

from ingestion.documents.document import Chunk
from ingestion.sources.source_file import SourceFile
from ingestion.sync.engines.local import FIRST_WINDOW, WINDOW, _windows
from ingestion.sync.file_chunks import ChunkedDocument
from ingestion.sync.work import Work
from ingestion.versions.source_manifest import SourceDocument


def cut(number: int, chunks: int) -> ChunkedDocument:
    name = f"{number}.md"
    row = SourceDocument(name, "hash", "source", name, "hash", None, chunks)
    made = [Chunk(name, name, (), None, 0, 1, "x", "", at) for at in range(chunks)]
    file = SourceFile(name, "source", name)
    return ChunkedDocument(Work(file, "hash"), row, made)


def test_embedding_begins_long_before_all_is_read() -> None:
    read: list[int] = []

    def documents() -> Iterator[ChunkedDocument]:
        for number in range(600):
            read.append(number)
            yield cut(number, 8)

    sizes, windows = [], _windows(documents(), Event())
    for window in islice(windows, 6):
        sizes.append(sum(len(document.chunks) for document in window))
        if len(sizes) == 1:
            assert len(read) == FIRST_WINDOW // 8
    assert sizes == [128, 256, 512, WINDOW, WINDOW, WINDOW]
    assert list(windows), "what is left comes too"
    assert read == list(range(600))


def test_a_large_document_is_a_window_of_its_own() -> None:
    windows = list(_windows(iter([cut(0, 3000), cut(1, 1), cut(2, 3000)]), Event()))
    assert [len(window) for window in windows] == [1, 2]
