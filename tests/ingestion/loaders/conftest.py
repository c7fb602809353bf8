"""Loading from bytes, with the promises that every document keeps checked on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.documents.document import BlockKind, Document
from ingestion.loaders import LoadProblem, RecordFields, load


class Loading:
    """Writes files into a folder and loads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def one(self, name: str, content: bytes | str) -> Document:
        """The one document that the content makes."""
        (document,) = self.all(name, content)
        assert isinstance(document, Document)
        return document

    def all(
        self, name: str, content: bytes | str, records: RecordFields | None = None
    ) -> list[Document | LoadProblem]:
        """Everything that the content makes."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = list(load(path, name, records=records))
        for item in found:
            if isinstance(item, Document):
                check_document(item)
        return found


def check_document(document: Document) -> None:
    """Blocks are in order, do not overlap, and leave only white space between them."""
    assert document.title.strip()
    document.text.encode()  # valid Unicode
    document.id.encode()
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(document.text)
        assert not document.text[end : block.start].strip()
        assert document.text[block.start : block.end].strip()
        if block.kind is BlockKind.TABLE:
            assert block.start <= block.header_end <= block.end
        assert (block.level > 0) == (block.kind is BlockKind.HEADING)
        end = block.end
    assert not document.text[end:].strip()
    assert document.blocks


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path)


@pytest.fixture
def outline() -> Callable[[Document], list[tuple[str, int, str]]]:
    """A document's blocks as (kind, level, text)."""

    def of(document: Document) -> list[tuple[str, int, str]]:
        return [
            (block.kind.value, block.level, document.text[block.start : block.end])
            for block in document.blocks
        ]

    return of


@pytest.fixture
def table_header() -> Callable[[Document], str]:
    """The header of a document's first table, with its separator line."""

    def of(document: Document) -> str:
        table = next(block for block in document.blocks if block.kind is BlockKind.TABLE)
        return document.text[table.start : table.header_end]

    return of
