"""A tiny deterministic embedding model: hashed words, where what is tried is not the embedding."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingestion.embedding.embedder import Embedder, ModelIdentity
from ingestion.index.protocol import IndexStore
from ingestion.settings import ChunkingSettings, EmbeddingSettings, LoadingSettings, SyncSettings
from ingestion.sync.start import Bench

DIMENSION = 32


class HashedWords:
    """A `TextEncoder`: a text's vector is the sum of its words'."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def encode(self, texts: list[str], batch_size: int, exact: bool) -> NDArray[np.float32]:
        """Unit vectors, shape `(len(texts), DIMENSION)`."""
        vectors = np.stack([self._vector(text) for text in texts])
        normed: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normed

    def _vector(self, text: str) -> NDArray[np.float32]:
        total = np.full(DIMENSION, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            digest = hashlib.blake2b(f"{self._seed}{word}".encode(), digest_size=DIMENSION).digest()
            total += np.frombuffer(digest, dtype=np.uint8).astype(np.float32) / 127.5 - 1
        return total


def small_embedder(name: str = "hashed-words") -> Embedder:
    """An embedder of that model; another name is another model."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    identity = ModelIdentity(
        name=name,
        content_hash=hashlib.sha256(name.encode()).hexdigest(),
        dimension=DIMENSION,
        normalized=True,
        query_prefix="",
        passage_prefix="",
        max_tokens=256,
    )
    return Embedder(HashedWords(name), tokenizer, identity, 32)


def load_small(settings: EmbeddingSettings) -> Embedder:
    """In the place of `load_embedder`: every model name is a small model of that name."""
    return small_embedder(settings.model)


def small_bench(store: IndexStore, **chunking: Any) -> Bench:
    """A workbench with the small model, everything in this process."""
    return Bench(
        store=store,
        embedding=EmbeddingSettings(model="hashed-words"),
        chunking=ChunkingSettings(**{"max_tokens": 64, **chunking}),
        loading=LoadingSettings(workers=0),
        sync=SyncSettings(),
        load=load_small,
        load_elsewhere=load_small,
    )
