"""Records as points without vectors, all in one collection.

`create` and `replace` rest on Qdrant's conditional writes: insert only, and update only where a
filter holds. Each write carries a token of its own, so that the writer can read who won.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from qdrant_client import QdrantClient, models

from ingestion.index.qdrant_errors import reported

COLLECTION = "plumbline.records"
PAGE = 1000
STRONG = models.WriteOrdering.STRONG


class QdrantRecords:
    """Records in one Qdrant server, or in qdrant-client's local mode."""

    def __init__(self, client: QdrantClient, place: str, *, local: bool) -> None:
        self._client = client
        self._place = place
        self._local = local
        self._made = False

    def get(self, key: str) -> str | None:
        """The text under a key."""
        found = self._payload(key)
        return str(found["value"]) if found else None

    def create(self, key: str, value: str) -> bool:
        """Set a key that is not set."""
        token = uuid4().hex
        self._upsert(key, value, token, update_mode=models.UpdateMode.INSERT_ONLY)
        found = self._payload(key)
        return found is not None and found["token"] == token

    def replace(self, key: str, before: str, value: str) -> bool:
        """Set a key whose text is still `before`."""
        found = self._payload(key)
        if found is None or found["value"] != before:
            return False
        token = uuid4().hex
        still = models.FieldCondition(
            key="token", match=models.MatchValue(value=str(found["token"]))
        )
        self._upsert(
            key,
            value,
            token,
            update_filter=models.Filter(must=[still]),
            update_mode=models.UpdateMode.UPDATE_ONLY,
        )
        now = self._payload(key)
        return now is not None and now["token"] == token

    def put(self, key: str, value: str) -> None:
        """Set a key."""
        self._upsert(key, value, uuid4().hex)

    def delete(self, key: str) -> None:
        """Unset a key."""
        with reported(self._place):
            if self._exists():
                self._client.delete(COLLECTION, [_id(key)], ordering=STRONG)

    def names(self, folder: str) -> list[str]:
        """Last parts of the keys directly below a folder."""
        below = models.FieldCondition(key="folder", match=models.MatchValue(value=folder))
        names: list[str] = []
        offset: Any = None
        with reported(self._place):
            if not self._exists():
                return []
            while True:
                points, offset = self._client.scroll(
                    COLLECTION,
                    models.Filter(must=[below]),
                    limit=PAGE,
                    offset=offset,
                    with_payload=["name"],
                )
                names += [str((point.payload or {})["name"]) for point in points]
                if offset is None:
                    return sorted(names)

    def _payload(self, key: str) -> dict[str, Any] | None:
        with reported(self._place):
            if not self._exists():
                return None
            found = self._client.retrieve(COLLECTION, [_id(key)], with_payload=True)
        return dict(found[0].payload or {}) if found else None

    def _upsert(self, key: str, value: str, token: str, **conditions: Any) -> None:
        folder, _, name = key.rpartition("/")
        payload = {"key": key, "folder": folder, "name": name, "value": value, "token": token}
        point = models.PointStruct(id=_id(key), vector={}, payload=payload)
        with reported(self._place):
            self._make()
            self._client.upsert(COLLECTION, [point], wait=True, ordering=STRONG, **conditions)

    def _exists(self) -> bool:
        self._made = self._made or self._client.collection_exists(COLLECTION)
        return self._made

    def _make(self) -> None:
        if self._exists():
            return
        try:
            self._client.create_collection(COLLECTION, vectors_config={})
        except ValueError:  # local mode's way to say that it is there
            if not self._client.collection_exists(COLLECTION):
                raise
        except Exception:
            # Another process may have made it in between; then all is well.
            if not self._client.collection_exists(COLLECTION):
                raise
        if not self._local:
            for field in ("folder", "token"):
                self._client.create_payload_index(
                    COLLECTION, field, models.PayloadSchemaType.KEYWORD
                )
        self._made = True


def _id(key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"plumbline:{key}"))
