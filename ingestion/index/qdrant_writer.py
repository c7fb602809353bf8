"""Build one index version in a collection of its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ingestion.documents import Chunk
from ingestion.errors import IndexUnavailable
from ingestion.index import bm25
from ingestion.index.protocol import Built
from ingestion.index.qdrant_errors import reported
from ingestion.index.qdrant_points import DENSE, LEXICAL, of_documents, payload
from ingestion.index.qdrant_set import scroll
from ingestion.settings import QdrantSettings

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
TOO_MANY, SERVER_ERROR = 429, 500


class QdrantWriter:
    """Writes to one collection, in batches, each tried again where the server is busy or away.

    Args:
        average_length: BM25's mean length; 0 where the first batch shall say it.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        place: str,
        settings: QdrantSettings,
        *,
        average_length: float,
    ) -> None:
        self._client = client
        self._collection = collection
        self._where = place
        self._settings = settings
        self._average_length = average_length
        self.place = collection

    def delete_documents(self, ids: Iterable[str]) -> None:
        """Take all chunks of the named documents out."""
        for wanted in of_documents(list(ids)):
            self._try(
                lambda wanted=wanted: self._client.delete(
                    self._collection, models.FilterSelector(filter=wanted)
                )
            )

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Add chunks with their vectors."""
        if not chunks:
            return
        words = [bm25.analyze(chunk.indexed_text) for chunk in chunks]
        # BM25 wants the mean length before the last chunk is seen: the first batch's stands for it.
        if not self._average_length:
            self._average_length = max(1.0, float(np.mean([len(terms) for terms in words])))
            metadata = {"average_length": self._average_length}
            self._try(lambda: self._client.update_collection(self._collection, metadata=metadata))
        self.upsert(
            [
                models.PointStruct(
                    id=str(UUID(chunk.id)),
                    vector={DENSE: vector.tolist(), LEXICAL: self._weights(terms)},
                    payload=payload(chunk),
                )
                for chunk, vector, terms in zip(chunks, vectors, words, strict=True)
            ]
        )

    def upsert(self, points: list[models.PointStruct]) -> None:
        """Write points, replacing those of the same id."""
        size = self._settings.upsert_batch
        for first in range(0, len(points), size):
            batch = points[first : first + size]
            self._try(lambda batch=batch: self._client.upsert(self._collection, batch))

    def finish(self) -> Built:
        """Wait until the server has indexed what it was given, and count it."""
        with reported(self._where):
            self._wait_until_indexed()
            found = list(scroll(self._client, self._collection, ["document_id"]))
        return Built(
            place=self._collection,
            chunk_ids=[UUID(id_).hex for id_, _ in found],
            documents=len({fields["document_id"] for _, fields in found}),
            average_length=self._average_length,
        )

    def _wait_until_indexed(self) -> None:
        """An optimiser that is still at work makes searches slow, not wrong; so this is bounded."""
        deadline = time.monotonic() + self._settings.indexing_timeout_s
        while time.monotonic() < deadline:
            status = self._client.get_collection(self._collection).status
            if status in (models.CollectionStatus.GREEN, models.CollectionStatus.GREY):
                return
            if status is models.CollectionStatus.RED:
                raise IndexUnavailable(
                    f"{self._where}: the server reports an error for collection "
                    f"{self._collection}; see its log, then run the same command again."
                )
            time.sleep(FIRST_WAIT_S)

    def _weights(self, terms: list[str]) -> models.SparseVector:
        indices, values = bm25.document_vector(terms, self._average_length)
        return models.SparseVector(indices=indices, values=values)

    def _try(self, act: Any) -> None:
        """Call, and call again with growing pauses where the server is busy or away."""
        from tenacity import (
            Retrying,
            retry_if_exception,
            stop_after_attempt,
            wait_random_exponential,
        )

        with reported(self._where):
            Retrying(
                retry=retry_if_exception(_is_passing),
                stop=stop_after_attempt(self._settings.upsert_retries + 1),
                wait=wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
                reraise=True,
            )(act)


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, UnexpectedResponse):
        status = error.status_code or 0
        return status == TOO_MANY or status >= SERVER_ERROR
    return isinstance(error, ResponseHandlingException)
