"""A version of made-up chunks on each backend."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.documents.document import Chunk
from ingestion.index.protocol import DocumentSet, IndexStore
from tests.contract.chunks import MODEL, finished, make_chunks


@pytest.fixture
def filled(store: IndexStore) -> tuple[DocumentSet, list[Chunk], NDArray[np.float32]]:
    """A version written in two batches."""
    chunks, vectors = make_chunks()
    writer = store.stage("things", 1, MODEL, None)
    writer.write(chunks[:70], vectors[:70])
    writer.write(chunks[70:], vectors[70:])
    return store.open(finished(writer, 1)), chunks, vectors
