"""Build one index version in a Qdrant collection of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from ingestion.documents.document import Chunk
from ingestion.errors import IndexUnavailable
from ingestion.index import bm25
from ingestion.index.protocol import Built, languages_of
from ingestion.index.qdrant_connection import Connection
from ingestion.index.qdrant_points import DENSE, LEXICAL, of_documents, payload, without_documents
from ingestion.index.qdrant_set import PAGE
from ingestion.languages import analyze

# Kept as the collection's metadata, so that a run that goes on weighs words as the one before did.
AVERAGE_LENGTH = "average_length"
POLL_S = 0.5
STRONG = models.WriteOrdering.STRONG


class QdrantWriter:
    """Writes to one collection, which no reader knows of yet."""

    def __init__(self, connection: Connection, collection: str) -> None:
        self._connection = connection
        self.place = collection
        metadata = connection.insist(
            lambda client: client.get_collection(collection).config.metadata
        )
        self._average_length = float((metadata or {}).get(AVERAGE_LENGTH, 0.0))

    def copy(self, source: str, without: Sequence[str], on_copied: Callable[[int], None]) -> None:
        """Take over another collection's points, except those of some documents."""
        pages = self._connection.pages(
            source,
            self._connection.settings.upsert_batch,
            where=without_documents(without),
            payload=True,
            vectors=True,
        )
        for page in pages:
            self._upsert(
                [
                    models.PointStruct(id=point.id, vector=_vector(point), payload=point.payload)
                    for point in page
                ]
            )
            on_copied(len(page))

    def delete_documents(self, ids: Iterable[str]) -> None:
        for wanted in of_documents(list(ids)):
            selector = models.FilterSelector(filter=wanted)

            def delete(client: QdrantClient, selector: models.FilterSelector = selector) -> None:
                client.delete(self.place, selector, wait=True, ordering=STRONG)

            self._connection.insist(delete)

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        if not chunks:
            return
        words = [analyze(chunk.indexed_text, chunk.language) for chunk in chunks]
        # BM25 wants the mean length before the last chunk is seen: the first batch's stands for it.
        if not self._average_length:
            self._set_average_length(max(1.0, float(np.mean([len(terms) for terms in words]))))
        self._upsert(
            [
                models.PointStruct(
                    id=str(UUID(chunk.id)),
                    vector={DENSE: vector.tolist(), LEXICAL: self._weights(terms)},
                    payload=payload(chunk),
                )
                for chunk, vector, terms in zip(chunks, vectors, words, strict=True)
            ]
        )

    def finish(self) -> Built:
        """Wait for the server's indexing, and count what there is."""
        self._wait_until_indexed()
        ids: list[str] = []
        documents: set[str] = set()
        languages: set[str] = set()
        for page in self._connection.pages(self.place, PAGE, payload=["document_id", "language"]):
            ids += [UUID(str(point.id)).hex for point in page]
            documents.update((point.payload or {})["document_id"] for point in page)
            languages.update((point.payload or {}).get("language", "") for point in page)
        length = self._average_length
        return Built(self.place, ids, len(documents), length, languages_of(languages))

    def _upsert(self, points: list[models.PointStruct]) -> None:
        size = self._connection.settings.upsert_batch
        for first in range(0, len(points), size):
            some = points[first : first + size]

            def upsert(client: QdrantClient, some: list[models.PointStruct] = some) -> None:
                client.upsert(self.place, some, wait=True, ordering=STRONG)

            self._connection.insist(upsert)

    def _weights(self, terms: list[str]) -> models.SparseVector:
        indices, values = bm25.document_vector(terms, self._average_length)
        return models.SparseVector(indices=indices, values=values)

    def _set_average_length(self, length: float) -> None:
        self._connection.insist(
            lambda client: client.update_collection(self.place, metadata={AVERAGE_LENGTH: length})
        )
        self._average_length = length

    def _wait_until_indexed(self) -> None:
        """Until then searches find the same, but slowly; so after a while it is left to the server."""
        until = time.monotonic() + self._connection.settings.indexing_timeout_s
        while True:
            info = self._connection.insist(lambda client: client.get_collection(self.place))
            if info.status == models.CollectionStatus.RED:
                raise IndexUnavailable(
                    f"{self._connection.place}: Qdrant cannot index {self.place} "
                    f"({info.optimizer_status}); look at the server's log and disk, then sync again."
                )
            if info.status != models.CollectionStatus.YELLOW or time.monotonic() > until:
                return
            time.sleep(POLL_S)


def _vector(point: models.Record) -> Any:
    """Both vectors as they were read; the types of what is read and written differ only in name."""
    return point.vector
