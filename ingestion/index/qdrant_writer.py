"""Write to one document set in Qdrant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from ingestion.documents import Chunk
from ingestion.embedding import ModelIdentity
from ingestion.index import bm25
from ingestion.index.protocol import SetInfo, digest
from ingestion.index.qdrant_errors import reported
from ingestion.index.qdrant_points import DENSE, LEXICAL, payload
from ingestion.index.qdrant_set import documents_of, scroll
from ingestion.settings import ChunkingSettings

INFO = "plumbline"
WRITING = "plumbline_writing"
BATCH = 256


class QdrantWriter:
    """Changes one collection in place, each document as a whole.

    Args:
        before: the set as last committed, if it ever was.
        broken_off: whether the writer before this one did not commit.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        place: str,
        *,
        name: str,
        before: SetInfo | None,
        broken_off: bool,
        model: ModelIdentity,
        chunking: ChunkingSettings,
    ) -> None:
        self._client = client
        self._collection = collection
        self._place = place
        self._name = name
        self._broken_off = broken_off
        self._model = model
        self._chunking = chunking
        self._average_length = before.average_length if before else 0.0
        self._marked = False
        self.before = before

    def documents(self) -> Mapping[str, str]:
        """Document id -> content hash; after a broken-off run no hash can be trusted to be whole."""
        with reported(self._place):
            held = documents_of(self._client, self._collection)
        return dict.fromkeys(held, "") if self._broken_off else held

    def delete_documents(self, ids: Iterable[str]) -> None:
        """Take all chunks of the named documents out."""
        wanted = list(ids)
        if not wanted:
            return
        condition = models.FieldCondition(key="document_id", match=models.MatchAny(any=wanted))
        with reported(self._place):
            self._mark()
            self._client.delete(
                self._collection, models.FilterSelector(filter=models.Filter(must=[condition]))
            )

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Add chunks with their vectors."""
        if not chunks:
            return
        words = [bm25.analyze(chunk.indexed_text) for chunk in chunks]
        # BM25 wants the mean length before the last chunk is seen: the first batch's stands for it.
        if not self._average_length:
            self._average_length = max(1.0, float(np.mean([len(terms) for terms in words])))
        points = [
            models.PointStruct(
                id=str(UUID(chunk.id)),
                vector={DENSE: vector.tolist(), LEXICAL: self._weights(terms)},
                payload=payload(chunk),
            )
            for chunk, vector, terms in zip(chunks, vectors, words, strict=True)
        ]
        with reported(self._place):
            self._mark()
            for first in range(0, len(points), BATCH):
                self._client.upsert(self._collection, points[first : first + BATCH])

    def commit(self) -> SetInfo:
        """Describe the set as it now is."""
        with reported(self._place):
            found = list(scroll(self._client, self._collection, ["document_id"]))
            info = SetInfo(
                name=self._name,
                number=self.before.number + 1 if self.before else 1,
                digest=digest((UUID(id_).hex for id_, _ in found), self._model, self._chunking),
                model=self._model,
                chunking=self._chunking,
                documents=len({fields["document_id"] for _, fields in found}),
                chunks=len(found),
                average_length=self._average_length,
                committed_at=datetime.now(UTC),
            )
            self._describe({INFO: info.model_dump(mode="json"), WRITING: False})
        return info

    def _weights(self, terms: list[str]) -> models.SparseVector:
        indices, values = bm25.document_vector(terms, self._average_length)
        return models.SparseVector(indices=indices, values=values)

    def _mark(self) -> None:
        if not self._marked:
            self._describe({WRITING: True})
            self._marked = True

    def _describe(self, metadata: dict[str, Any]) -> None:
        self._client.update_collection(self._collection, metadata=metadata)
