"""What was read is known; what is not known is read, at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingestion.documents.document import Chunk
from ingestion.index.chunk_cache import ChunkCache
from ingestion.index.protocol import Key


def chunk(key: Key) -> Chunk:
    return Chunk(str(key), "", (), None, 0, 1, "x", "", 0)


@pytest.fixture
def read() -> list[list[Key]]:
    """What was read, request by request."""
    return []


def kept(read: list[list[Key]], most: int = 10) -> ChunkCache:
    def reading(keys: Sequence[Key]) -> dict[Key, Chunk]:
        read.append(list(keys))
        return {key: chunk(key) for key in keys}

    return ChunkCache(reading, most)


def test_only_what_is_not_known_is_read(read) -> None:
    chunks = kept(read)
    assert chunks.get([3, 1]) == [chunk(3), chunk(1)]
    assert chunks.get([1, 2, 3, 2]) == [chunk(1), chunk(2), chunk(3), chunk(2)]
    assert chunks.get([]) == []
    assert read == [[3, 1], [2]]


def test_what_was_used_longest_ago_is_forgotten(read) -> None:
    chunks = kept(read, most=2)
    for key in (1, 2, 1, 3, 1, 2):
        assert chunks.get([key]) == [chunk(key)]
    assert read == [[1], [2], [3], [2]]


def test_more_than_is_kept_comes_back_whole(read) -> None:
    assert kept(read, most=2).get([1, 2, 3, 4]) == [chunk(key) for key in (1, 2, 3, 4)]
