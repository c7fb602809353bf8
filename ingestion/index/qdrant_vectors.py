"""Vectors by text as points without vectors, in one collection of the index's Qdrant server.

A vector is text in a payload: vectors of any length can lie in one collection, no graph is made of
them, and they come back to the last bit.
"""

from __future__ import annotations

import binascii
import hashlib
import time
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from ingestion.index.qdrant_collections import VECTORS, exists, make_for_vectors
from ingestion.index.qdrant_connection import Connection

PAGE = 1000
# Payload of a point beside the vector, and what the server needs for it, about.
BYTES_BESIDE = 250
# A vector that was used less than this ago is not noted as used again.
NOTED_FOR_MS = 86_400_000
# Removed beyond what must go, so that not every write removes some.
SLACK = 0.05


class QdrantVectors:
    """Vectors in the collection `plumbline.vectors`, which is made when the first are added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_made = False

    def find(self, model: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found: dict[bytes, NDArray[np.float32]] = {}
        if not self._has_collection():
            return found
        stale: list[str] = []
        wanted = list(dict.fromkeys(keys))
        for first in range(0, len(wanted), PAGE):
            ids = {_id(model, key): key for key in wanted[first : first + PAGE]}
            for id_, payload in self._read(list(ids)):
                found[ids[id_]] = _unpacked(payload.get("vector"))
                if payload.get("used", 0) < _now_ms() - NOTED_FOR_MS:
                    stale.append(id_)
        self._note_used(stale)
        return found

    def add(
        self,
        document_set: str,
        model: str,
        keys: Sequence[bytes],
        vectors: NDArray[np.float32],
        most_bytes: int,
    ) -> None:
        if not keys:
            return
        self._make()
        now = _now_ms()
        points = [
            models.PointStruct(
                id=_id(model, key),
                vector={},
                payload={
                    "set": document_set,
                    "key": key.hex(),
                    "used": now,
                    "vector": b64encode(vector.astype("<f4").tobytes()).decode(),
                },
            )
            for key, vector in zip(keys, vectors, strict=True)
        ]
        size = self._connection.settings.upsert_batch
        for first in range(0, len(points), size):
            some = points[first : first + size]
            self._connection.insist(
                partial(QdrantClient.upsert, collection_name=VECTORS, points=some, wait=True)
            )
        self._limit(most_bytes // (vectors.shape[1] * 16 // 3 + BYTES_BESIDE))

    def keys(self, document_set: str) -> set[bytes]:
        return {bytes.fromhex(key) for _, key in self._of_set(document_set)}

    def remove(self, document_set: str, keys: Collection[bytes]) -> None:
        wanted = {key.hex() for key in keys}
        self._delete([id_ for id_, key in self._of_set(document_set) if key in wanted])

    def close_files(self) -> None:
        """Nothing is kept open here."""

    def _of_set(self, document_set: str) -> list[tuple[str, str]]:
        """Ids and keys of the points of a set."""
        if not self._has_collection():
            return []
        of_set = models.FieldCondition(key="set", match=models.MatchValue(value=document_set))
        pages = self._connection.pages(
            VECTORS, PAGE, where=models.Filter(must=[of_set]), payload=["key"]
        )
        return [(str(point.id), (point.payload or {})["key"]) for page in pages for point in page]

    def _read(self, ids: list[str]) -> list[tuple[str, dict[str, Any]]]:
        points = self._connection.insist(
            lambda client: client.retrieve(VECTORS, ids, with_payload=["vector", "used"])
        )
        return [(str(point.id), point.payload or {}) for point in points]

    def _note_used(self, ids: list[str]) -> None:
        if ids:
            payload = {"used": _now_ms()}
            self._connection.insist(
                lambda client: client.set_payload(VECTORS, payload, points=list(ids), wait=False)
            )

    def _limit(self, most: int) -> None:
        """Delete the points that were used longest ago until no more than `most` are left."""
        count = self._connection.insist(lambda client: client.count(VECTORS)).count
        if count <= most:
            return
        excess = count - int(most * (1 - SLACK))
        oldest_first = models.OrderBy(key="used", direction=models.Direction.ASC)
        while excess > 0:
            points, _ = self._connection.insist(
                partial(
                    QdrantClient.scroll,
                    collection_name=VECTORS,
                    limit=min(excess, PAGE),
                    order_by=oldest_first,
                    with_payload=False,
                )
            )
            if not points:
                return
            self._delete([str(point.id) for point in points])
            excess -= len(points)

    def _delete(self, ids: list[str]) -> None:
        for first in range(0, len(ids), PAGE):
            some = models.PointIdsList(points=list(ids[first : first + PAGE]))
            self._connection.insist(
                partial(
                    QdrantClient.delete, collection_name=VECTORS, points_selector=some, wait=True
                )
            )

    def _has_collection(self) -> bool:
        self._is_made = self._is_made or exists(self._connection, VECTORS)
        return self._is_made

    def _make(self) -> None:
        if not self._is_made:
            make_for_vectors(self._connection)
            self._is_made = True


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _id(model: str, key: bytes) -> str:
    return str(UUID(bytes=hashlib.blake2b(model.encode() + key, digest_size=16).digest()))


def _unpacked(packed: object) -> NDArray[np.float32]:
    """The vector in a payload; an empty one if it is damaged."""
    try:
        return np.frombuffer(b64decode(str(packed), validate=True), "<f4").astype(np.float32)
    except (binascii.Error, ValueError):
        return np.empty(0, np.float32)
