"""Vectors of sentences that the extractive model compares with questions, each embedded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from app.cache.bounded import Bounded
from app.fair_shares import next_step

Vectors = NDArray[np.float32]

# Some 10,000 sentences with the default model.
SENTENCE_BYTES = 16_000_000
# What an entry takes beside its numbers: the key, the array, its place in the dictionary.
ENTRY_BYTES = 400


class SentenceVectors:
    """Embeds texts one by one and remembers their vectors. Safe to share between threads.

    One text at a time is no slower than a batch on a processor: a batch pads its texts to one
    length. Between two texts another caller can go first; see `app.fair_shares`.

    Args:
        embed: texts to vectors of unit length.
        most_bytes: how much is remembered.
    """

    def __init__(
        self, embed: Callable[[Sequence[str]], Vectors], most_bytes: int = SENTENCE_BYTES
    ) -> None:
        self._embed = embed
        self._known: Bounded[bytes, Vectors] = Bounded(most_bytes, _size)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts; shape `(len(texts), dimension)`."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        key = blake2b(text.encode(), digest_size=16).digest()
        vector = self._known.get(key)
        if vector is None:
            next_step()
            vector = self._embed([text])[0].copy()
            self._known.put(key, vector)
        return vector


def _size(_: bytes, vector: Vectors) -> int:
    return vector.nbytes + ENTRY_BYTES
