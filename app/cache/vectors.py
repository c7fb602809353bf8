"""Vectors of questions, so that one question is embedded once: for the cache and for retrieval."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from app.cache.memory_store import MemoryStore
from app.cache.store import CacheStore
from app.embedders import Embedders
from ingestion.embedding import ModelIdentity
from ingestion.index.protocol import SetInfo

Vector = NDArray[np.float32]


class QuestionVectors:
    """Embeds questions, and remembers: in this process, and in the store where others share it.

    Args:
        embedders: the embedding models.
        store: where vectors are kept.
        near: kept in this process too, so that a vector asked for twice costs no call.
        ttl_s: how long a vector is kept, seconds.
    """

    def __init__(
        self, embedders: Embedders, store: CacheStore, near: MemoryStore, ttl_s: float
    ) -> None:
        self._embedders = embedders
        self._store = store
        self._near = near
        self._ttl_s = ttl_s

    def embed(self, info: SetInfo, question: str) -> Vector:
        """The question's unit vector by the set's model; shape `(dimension,)`, not to be written to.

        Raises:
            ModelMismatch: the set was built with a model that cannot be had here.
        """
        embedder = self._embedders.of(info)
        text = " ".join(question.split())
        key = _key(embedder.identity, text)
        kept = self._near.get(key)
        if kept is None and self._store.shared:
            kept = self._store.get(key)
            if kept is not None:
                self._near.put(key, kept, self._ttl_s)
        if kept is not None and len(kept) == 4 * embedder.identity.dimension:
            return np.frombuffer(kept, dtype=np.float32)
        vector = embedder.embed_query(text)
        made = vector.tobytes()
        self._near.put(key, made, self._ttl_s)
        if self._store.shared:
            self._store.put(key, made, self._ttl_s)
        return vector


def _key(identity: ModelIdentity, text: str) -> str:
    model = identity.model_dump_json(exclude={"name"})
    return f"vector:{hashlib.sha256(f'{model} {text}'.encode()).hexdigest()}"
