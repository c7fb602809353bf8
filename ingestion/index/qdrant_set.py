"""Read one document set in Qdrant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from ingestion.documents import Chunk
from ingestion.index import bm25
from ingestion.index.filters import Filter
from ingestion.index.protocol import Candidates, Hit, Key, SetInfo
from ingestion.index.qdrant_errors import reported
from ingestion.index.qdrant_points import DENSE, LEXICAL, of_documents, to_chunk, to_filter

PAGE = 1000


class QdrantSet:
    """A document set at one index version."""

    def __init__(self, client: QdrantClient, collection: str, info: SetInfo, place: str) -> None:
        self._client = client
        self._collection = collection
        self._place = place
        self.info = info

    def dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None = None
    ) -> list[Hit]:
        """Nearest neighbours by cosine similarity."""
        return self._query([self._dense(vector, limit, where)])[0]

    def lexical(self, question: str, limit: int, where: Filter | None = None) -> list[Hit]:
        """BM25: the question's words as a sparse vector."""
        request = self._lexical(question, limit, where)
        return self._query([request])[0] if request else []

    def candidates(
        self, vector: NDArray[np.float32], question: str, depth: int, where: Filter | None = None
    ) -> Candidates:
        """Dense and lexical search in one request; a second one for similarities still missing."""
        requests = [self._dense(vector, depth, where)]
        lexical_request = self._lexical(question, depth, where)
        if lexical_request is not None:
            requests.append(lexical_request)
        dense, *rest = self._query(requests)
        lexical = rest[0] if rest else []
        similarities: dict[Key, float] = dict(dense)
        missing = [hit.key for hit in lexical if hit.key not in similarities]
        similarities.update(self._similarities(vector, missing))
        best = self.chunks([lexical[0].key]) if lexical else []
        return Candidates(dense, lexical, similarities, best[0].indexed_text if best else "")

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        """The chunks behind point ids, in the order named."""
        with reported(self._place):
            found = self._client.retrieve(self._collection, list(keys), with_payload=True)
        chunks = {point.id: to_chunk(point.payload or {}) for point in found}
        return [chunks[key] for key in keys if key in chunks]

    def count(self, where: Filter | None = None) -> int:
        """How many chunks pass."""
        with reported(self._place):
            return self._client.count(self._collection, to_filter(where), exact=True).count

    def ids(self) -> list[str]:
        """The ids of all chunks."""
        with reported(self._place):
            return [UUID(id_).hex for id_, _ in scroll(self._client, self._collection, [])]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of one document, in reading order."""
        chunks = [to_chunk(point.payload or {}) for point in self._points_of([document_id])]
        return sorted(chunks, key=lambda chunk: chunk.ordinal)

    def vectors_of(self, document_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Indexed text -> vector."""
        found: dict[str, NDArray[np.float32]] = {}
        for point in self._points_of(document_ids, vectors=True):
            vector: Any = point.vector
            text = to_chunk(point.payload or {}).indexed_text
            found[text] = np.asarray(vector[DENSE], dtype=np.float32)
        return found

    def _points_of(
        self, document_ids: Sequence[str], *, vectors: bool = False
    ) -> Iterator[models.Record]:
        for wanted in of_documents(document_ids):
            offset: Any = None
            while True:
                with reported(self._place):
                    points, offset = self._client.scroll(
                        self._collection,
                        wanted,
                        limit=PAGE,
                        offset=offset,
                        with_payload=True,
                        with_vectors=[DENSE] if vectors else False,
                    )
                yield from points
                if offset is None:
                    break

    def _dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None
    ) -> models.QueryRequest:
        return models.QueryRequest(
            query=vector.tolist(), using=DENSE, limit=limit, filter=to_filter(where)
        )

    def _lexical(
        self, question: str, limit: int, where: Filter | None
    ) -> models.QueryRequest | None:
        indices, values = bm25.query_vector(question)
        if not indices:
            return None
        words = models.SparseVector(indices=indices, values=values)
        return models.QueryRequest(query=words, using=LEXICAL, limit=limit, filter=to_filter(where))

    def _query(self, requests: list[models.QueryRequest]) -> list[list[Hit]]:
        with reported(self._place):
            answers = self._client.query_batch_points(self._collection, requests)
        return [[Hit(str(point.id), point.score) for point in answer.points] for answer in answers]

    def _similarities(self, vector: NDArray[np.float32], keys: Sequence[Key]) -> dict[Key, float]:
        if not keys:
            return {}
        with reported(self._place):
            found = self._client.retrieve(
                self._collection, list(keys), with_payload=False, with_vectors=[DENSE]
            )
        vectors: dict[Key, Any] = {str(point.id): point.vector for point in found}
        return {
            key: float(np.asarray(vectors[key][DENSE], dtype=np.float32) @ vector)
            for key in keys
            if key in vectors
        }


def scroll(
    client: QdrantClient, collection: str, fields: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every point's id with some fields of its payload."""
    offset: Any = None
    while True:
        points, offset = client.scroll(
            collection, limit=PAGE, offset=offset, with_payload=fields or False, with_vectors=False
        )
        for point in points:
            yield str(point.id), dict(point.payload or {})
        if offset is None:
            return
