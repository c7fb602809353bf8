"""An embedding model that remembers the vectors of texts it has seen.

An evaluation embeds the same questions, sentences and reference answers for every prompt, model and
index version; embedding is most of what it costs.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingestion.embedding.embedder import Embedder
from ingestion.embedding.encoder import Vectors

# Vectors kept: 46 MB of 384 numbers each.
MAX_VECTORS = 30_000


@dataclass(slots=True)
class SavedTime:
    """How long what was remembered took when it was first embedded, milliseconds."""

    ms: float = 0.0


class CachedEmbedder(Embedder):
    """Embeds as another does, each text once. Safe to share between threads.

    A text's vector depends on the others of its batch in the last digit (about 1e-7); remembered, it
    stays as it was first worked out.

    Args:
        inner: the model.
        most: vectors that are kept; those used longest ago go first.
    """

    def __init__(self, inner: Embedder, most: int = MAX_VECTORS) -> None:
        super().__init__(
            inner._encoder, inner.tokenizer, inner.identity, inner._batch_size, inner.arithmetic
        )
        self._most = most
        # Each vector with its part of what its batch took, milliseconds.
        self._known: OrderedDict[tuple[bool, str], tuple[NDArray[np.float32], float]] = (
            OrderedDict()
        )
        self._reading = threading.Lock()
        self._saved: ContextVar[SavedTime | None] = ContextVar("saved", default=None)

    @contextmanager
    def counting(self) -> Iterator[SavedTime]:
        """Count the time saved inside the context, in this thread, so that latency can be corrected."""
        saved = SavedTime()
        token = self._saved.set(saved)
        try:
            yield saved
        finally:
            self._saved.reset(token)

    def embed_query(self, question: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_queries([question])[0]
        return vector

    def _encode(self, texts: list[str], exact: bool = True) -> Vectors:
        found = self._remembered(texts, exact)
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        if missing:
            began = time.perf_counter()
            made = super()._encode(missing, exact)
            each = (time.perf_counter() - began) * 1000 / len(missing)
            found.update(zip(missing, made, strict=True))
            self._remember(exact, missing, made, each)
        if not texts:
            return super()._encode(texts, exact)
        return np.stack([found[text] for text in texts])

    def _remembered(self, texts: list[str], exact: bool) -> dict[str, NDArray[np.float32]]:
        found = {}
        saved = self._saved.get() or SavedTime()
        with self._reading:
            for text in texts:
                known = self._known.get((exact, text))
                if known is not None:
                    self._known.move_to_end((exact, text))
                    found[text] = known[0]
                    saved.ms += known[1]
        return found

    def _remember(self, exact: bool, texts: list[str], vectors: Vectors, each: float) -> None:
        with self._reading:
            for text, vector in zip(texts, vectors, strict=True):
                # A copy: a row of the batch's array would keep all of it.
                self._known[exact, text] = vector.copy(), each
            while len(self._known) > self._most:
                self._known.popitem(last=False)
