"""Records as points without vectors, in one collection of the index's Qdrant server.

`create` and `replace` leave the condition to the server, which checks it under a lock of its own
(Qdrant 1.17: `update_mode` and `update_filter`), but does not say whether it held. So each write
carries a random token, and is read back. A record keeps its last tokens: even if others replace it
before it is read back, its writer finds that it was written.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from qdrant_client import QdrantClient, models

from ingestion.index.qdrant_collections import RECORDS, exists, make_for_records
from ingestion.index.qdrant_connection import Connection

TOKENS_KEPT = 32
PAGE = 1000
STRONG = models.WriteOrdering.STRONG
MAJORITY = models.ReadConsistencyType.MAJORITY


class QdrantRecords:
    """Records in the collection `plumbline.records`, which is made when the first one is written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_made = False

    def get(self, key: str) -> str | None:
        found = self._read(key)
        return found["value"] if found else None

    def create(self, key: str, value: str) -> bool:
        token = _token()
        self._write(_point(key, value, [token]), update_mode=models.UpdateMode.INSERT_ONLY)
        return token in _tokens(self._read(key))

    def replace(self, key: str, before: str, value: str) -> bool:
        while (found := self._read(key)) is not None and found["value"] == before:
            token = _token()
            unchanged = models.FieldCondition(
                key="token", match=models.MatchValue(value=found["token"])
            )
            self._write(
                _point(key, value, [*found["tokens"], token][-TOKENS_KEPT:]),
                update_mode=models.UpdateMode.UPDATE_ONLY,
                update_filter=models.Filter(must=[unchanged]),
            )
            if token in _tokens(self._read(key)):
                return True
        return False

    def put(self, key: str, value: str) -> None:
        self._write(_point(key, value, [_token()]))

    def delete(self, key: str) -> None:
        if self._has_collection():
            selector = models.PointIdsList(points=[_id(key)])
            self._connection.insist(
                lambda client: client.delete(RECORDS, selector, wait=True, ordering=STRONG)
            )

    def names(self, folder: str) -> list[str]:
        if not self._has_collection():
            return []
        inside = models.FieldCondition(key="folder", match=models.MatchValue(value=folder))
        pages = self._connection.pages(
            RECORDS,
            PAGE,
            where=models.Filter(must=[inside]),
            payload=["name"],
            consistency=MAJORITY,
        )
        return sorted((point.payload or {})["name"] for page in pages for point in page)

    def _read(self, key: str) -> dict[str, Any] | None:
        if not self._has_collection():
            return None
        points = self._connection.insist(
            lambda client: client.retrieve(RECORDS, [_id(key)], consistency=MAJORITY)
        )
        return points[0].payload if points else None

    def _write(
        self,
        point: models.PointStruct,
        update_mode: models.UpdateMode | None = None,
        update_filter: models.Filter | None = None,
    ) -> None:
        def write(client: QdrantClient) -> None:
            client.upsert(
                RECORDS,
                [point],
                wait=True,
                ordering=STRONG,
                update_mode=update_mode,
                update_filter=update_filter,
            )

        self._make()
        self._connection.insist(write)

    def _has_collection(self) -> bool:
        self._is_made = self._is_made or exists(self._connection, RECORDS)
        return self._is_made

    def _make(self) -> None:
        if not self._is_made:
            self._connection.check_version()
            make_for_records(self._connection)
            self._is_made = True


def _point(key: str, value: str, tokens: list[str]) -> models.PointStruct:
    folder, _, name = key.rpartition("/")
    payload = {
        "key": key,
        "folder": folder,
        "name": name,
        "value": value,
        "token": tokens[-1],
        "tokens": tokens,
    }
    return models.PointStruct(id=_id(key), vector={}, payload=payload)


def _id(key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"plumbline:{key}"))


def _token() -> str:
    return uuid4().hex


def _tokens(found: dict[str, Any] | None) -> list[str]:
    return found["tokens"] if found else []
