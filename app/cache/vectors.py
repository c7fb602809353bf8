"""Vectors of questions, so that one question is embedded once: for the cache and for retrieval."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.cache.memory_store import MemoryStore
from app.cache.store import CacheStore, Get, Put
from app.document_sets.embedders import Embedders
from ingestion.embedding.embedder import ModelIdentity
from ingestion.index.protocol import SetInfo

Vector = NDArray[np.float32]


class QuestionVectors:
    """Embeds questions, and remembers: in this process, and in the store where others share it.

    Args:
        embedders: the embedding models.
        store: where vectors are kept.
        near: kept in this process too, so that a vector asked for twice costs no call.
        ttl_s: how long a vector is kept, seconds.
        release: the release that the process serves; vectors are shared within it only, so that a
            canary's faulty embedding cannot reach production.
    """

    def __init__(
        self,
        embedders: Embedders,
        store: CacheStore,
        near: MemoryStore,
        ttl_s: float,
        release: str | None = None,
    ) -> None:
        self._embedders = embedders
        self._release = release
        self._store = store
        self._near = near
        self._ttl_s = ttl_s

    def embed(self, info: SetInfo, question: str) -> Vector:
        """The question's unit vector by the set's model; shape `(dimension,)`, not to be written to.

        Raises:
            ModelMismatch: the set was built with a model that cannot be had here.
        """
        found = [self._store.get(get.key) for get in self.looking(info, question)]
        vector, to_keep = self.embed_unless(found, info, question)
        for put in to_keep:
            self._store.put(put.key, put.value, put.ttl_s)
        return vector

    def looking(self, info: SetInfo, question: str) -> list[Get]:
        """What to ask the store for before `embed_unless`: nothing where it is known here."""
        embedder = self._embedders.of(info)
        key = self._key(embedder.identity, _plain(question))
        return [Get(key)] if self._store.shared and self._near.get(key) is None else []

    def embed_unless(
        self, found: Sequence[bytes | None], info: SetInfo, question: str
    ) -> tuple[Vector, list[Put]]:
        """The question's vector, and what the store is to keep of it when that suits.

        Args:
            found: what the store has for `looking`.
        """
        embedder = self._embedders.of(info)
        text = _plain(question)
        key = self._key(embedder.identity, text)
        kept = self._near.get(key)
        if kept is None and found and found[0] is not None:
            kept = found[0]
            self._near.put(key, kept, self._ttl_s)
        if kept is not None and len(kept) == 4 * embedder.identity.dimension:
            return np.frombuffer(kept, dtype=np.float32), []
        vector = embedder.embed_query(text)
        made = vector.tobytes()
        self._near.put(key, made, self._ttl_s)
        return vector, [Put(key, made, self._ttl_s)] if self._store.shared else []

    def _key(self, identity: ModelIdentity, text: str) -> str:
        model = identity.model_dump_json(exclude={"name"})
        named = f"{model} {text}" if self._release is None else f"{self._release} {model} {text}"
        return f"vector:{hashlib.sha256(named.encode()).hexdigest()}"


def _plain(question: str) -> str:
    return " ".join(question.split())
