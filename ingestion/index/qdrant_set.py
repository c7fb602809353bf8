"""Read one index version in Qdrant: one collection, which nothing writes to any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from ingestion.documents.document import Chunk, by_document
from ingestion.index import bm25
from ingestion.index.chunk_cache import ChunkCache
from ingestion.index.filters import Filter
from ingestion.index.protocol import Candidates, Hit, Key, SetInfo
from ingestion.index.qdrant_connection import Connection
from ingestion.index.qdrant_points import DENSE, LEXICAL, of_documents, to_chunk, to_filter
from ingestion.languages import analyze_question

PAGE = 1000


class QdrantSet:
    """A document set at one index version."""

    def __init__(self, connection: Connection, info: SetInfo) -> None:
        self._connection = connection
        self._collection = info.place
        self._chunks = ChunkCache(self._read)
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
        best_match = self.chunks([lexical[0].key])[0].indexed_text if lexical else ""
        return Candidates(dense, lexical, similarities, best_match)

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        """The chunks behind point ids, in the order named."""
        return self._chunks.get(keys)

    def texts(self) -> Iterator[str]:
        pages = self._connection.pages(self._collection, PAGE, payload=True)
        return (to_chunk(point.payload or {}).indexed_text for page in pages for point in page)

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self.chunks_of_all([document_id]).get(document_id, [])

    def chunks_of_all(self, document_ids: Sequence[str]) -> dict[str, list[Chunk]]:
        return by_document(to_chunk(point.payload or {}) for point in self._points_of(document_ids))

    def vectors_of(self, document_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return {
            to_chunk(point.payload or {}).indexed_text: _dense_vector(point)
            for point in self._points_of(document_ids, vectors=[DENSE])
        }

    def count(self, where: Filter | None = None) -> int:
        with self._connection.used() as client:
            return int(client.count(self._collection, to_filter(where), exact=True).count)

    def ids(self) -> list[str]:
        pages = self._connection.pages(self._collection, PAGE)
        return [UUID(str(point.id)).hex for page in pages for point in page]

    def _read(self, keys: Sequence[Key]) -> dict[Key, Chunk]:
        with self._connection.used() as client:
            found = client.retrieve(self._collection, list(keys), with_payload=True)
        return {str(point.id): to_chunk(point.payload or {}) for point in found}

    def _points_of(
        self, document_ids: Sequence[str], *, vectors: bool | list[str] = False
    ) -> Iterator[models.Record]:
        for wanted in of_documents(document_ids):
            for page in self._connection.pages(
                self._collection, PAGE, where=wanted, payload=True, vectors=vectors
            ):
                yield from page

    def _dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None
    ) -> models.QueryRequest:
        # Where vectors are quantized, scores are still those of the whole ones.
        rescored = models.QuantizationSearchParams(rescore=True)
        return models.QueryRequest(
            query=vector.tolist(),
            using=DENSE,
            limit=limit,
            filter=to_filter(where),
            params=None if self._connection.local else models.SearchParams(quantization=rescored),
        )

    def _lexical(
        self, question: str, limit: int, where: Filter | None
    ) -> models.QueryRequest | None:
        if self.info.analysis:
            terms = analyze_question(question, self.info.languages)
        else:
            terms = bm25.earlier_terms(question)
        indices, values = bm25.query_vector(terms)
        if not indices:
            return None
        words = models.SparseVector(indices=indices, values=values)
        return models.QueryRequest(query=words, using=LEXICAL, limit=limit, filter=to_filter(where))

    def _query(self, requests: list[models.QueryRequest]) -> list[list[Hit]]:
        with self._connection.used() as client:
            answers = client.query_batch_points(self._collection, requests)
        return [[Hit(str(point.id), point.score) for point in answer.points] for answer in answers]

    def _similarities(self, vector: NDArray[np.float32], keys: Sequence[Key]) -> dict[Key, float]:
        if not keys:
            return {}
        with self._connection.used() as client:
            found = client.retrieve(
                self._collection, list(keys), with_payload=False, with_vectors=[DENSE]
            )
        vectors: dict[Key, NDArray[np.float32]] = {
            str(point.id): _dense_vector(point) for point in found
        }
        return {key: float(vectors[key] @ vector) for key in keys}


def _dense_vector(point: models.Record) -> NDArray[np.float32]:
    vectors: Any = point.vector
    return np.asarray(vectors[DENSE], dtype=np.float32)
