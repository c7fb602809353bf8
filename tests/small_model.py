"""A tiny deterministic embedding model: hashed words, so that tests of syncing need no real one."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ingestion.embedding import Embedder, ModelIdentity
from ingestion.settings import EmbeddingSettings

DIMENSION = 32


class HashedWords:
    """Stands where a SentenceTransformer does: a text's vector is the sum of its words'."""

    device = "cpu"

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def encode(self, texts: list[str], **_: Any) -> np.ndarray:
        """Unit vectors, shape `(len(texts), DIMENSION)`."""
        vectors = np.stack([self._vector(text) for text in texts])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _vector(self, text: str) -> np.ndarray:
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
    return Embedder(HashedWords(name), tokenizer, identity, 32)  # type: ignore[arg-type]


def load_small(settings: EmbeddingSettings) -> Embedder:
    """In the place of `load_embedder`: every model name is a small model of that name."""
    return small_embedder(settings.model)
