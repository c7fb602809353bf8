"""Vectors of questions, so that one question is embedded once: for the cache and for retrieval."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.cache.memory_store import MemoryStore
from app.cache.store import CacheStore, Get, Put
from app.document_sets.embedders import Embedders
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import SetInfo

Vector = NDArray[np.float32]


class WantedVector(NamedTuple):
    """A question whose vector is wanted.

    Attributes:
        embedder: the model of its document set.
        text: the question without white space that says nothing.
        key: names the vector in the store.
        known: the vector's bytes, where this process has them.
        gets: what to ask the store for; nothing where this process has them.
    """

    embedder: Embedder
    text: str
    key: str
    known: bytes | None
    gets: list[Get]


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
        wanted = self.wanted(info, question)
        vector, to_keep = self.of(wanted, [self._store.get(get.key) for get in wanted.gets])
        for put in to_keep:
            self._store.put(put.key, put.value, put.ttl_s)
        return vector

    def wanted(self, info: SetInfo, question: str) -> WantedVector:
        """A question whose vector `of` gives; the caller asks the store for its `gets` before.

        Raises:
            ModelMismatch: as `embed`.
        """
        embedder = self._embedders.of(info)
        text = " ".join(question.split())
        named = f"{embedder.identity.model_dump_json(exclude={'name'})} {text}"
        if self._release is not None:
            named = f"{self._release} {named}"
        key = f"vector:{hashlib.sha256(named.encode()).hexdigest()}"
        known = self._near.get(key)
        gets = [Get(key)] if known is None and self._store.shared else []
        return WantedVector(embedder, text, key, known, gets)

    def of(self, wanted: WantedVector, found: Sequence[bytes | None]) -> tuple[Vector, list[Put]]:
        """The question's vector, and what the store is to keep of it when that suits.

        Args:
            found: what the store has for `wanted.gets`.
        """
        known, key = wanted.known, wanted.key
        if known is None and found and found[0] is not None:
            known = found[0]
            self._near.put(key, known, self._ttl_s)
        if known is not None and len(known) == 4 * wanted.embedder.identity.dimension:
            return np.frombuffer(known, dtype=np.float32), []
        vector = wanted.embedder.embed_query(wanted.text)
        made = vector.tobytes()
        self._near.put(key, made, self._ttl_s)
        return vector, [Put(key, made, self._ttl_s)] if self._store.shared else []
