"""What turns texts into vectors: the seam, and sentence-transformers behind it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.embedding.arithmetic import COMPARED, LEAST_COSINE
from ingestion.embedding.weights import check_code
from ingestion.settings import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]


class TextEncoder(Protocol):
    """A loaded model. Safe to share between threads."""

    def encode(self, texts: list[str], batch_size: int, exact: bool) -> Vectors:
        """Unit vectors, shape `(len(texts), dimension)`, in the order of `texts` (at least one).

        Args:
            texts: what to embed.
            batch_size: texts per forward pass.
            exact: False where the faster arithmetic that may be set will do.
        """
        ...


class SentenceTransformerEncoder:
    """Any model of sentence-transformers, on any of its devices.

    Args:
        model: the loaded model.
        precision: of what need not be exact: float32, or bfloat16 for matrix products (what is
            returned is float32).
    """

    def __init__(self, model: SentenceTransformer, precision: str = "float32") -> None:
        self._model = model
        self._precision = precision
        self._compared = "float32"
        # A fast tokenizer is not reentrant (padding is set on it), so calls take turns;
        # each forward pass already uses every core.
        self._turn = threading.Lock()

    def encode(self, texts: list[str], batch_size: int, exact: bool) -> Vectors:
        with self._turn:
            return self._encode(texts, batch_size, "float32" if exact else self._usable())

    def _usable(self) -> str:
        """The precision, once its vectors were compared with exact ones; float32 if they are far off."""
        if self._precision != self._compared:
            exact, ours = (
                self._encode(COMPARED, len(COMPARED), precision)
                for precision in ("float32", self._precision)
            )
            cosine = float((exact * ours).sum(axis=1).min())
            if not cosine >= LEAST_COSINE:  # not if it is not a number
                logging.getLogger(__name__).warning(
                    "passages are embedded in float32, not in %s: cosines to float32 come down to %.4f",
                    self._precision,
                    cosine,
                )
                self._precision = "float32"
            self._compared = self._precision
        return self._precision

    def _encode(self, texts: list[str], batch_size: int, precision: str) -> Vectors:
        with _arithmetic(precision, str(self._model.device)):
            vectors = self._model.encode(
                texts,
                batch_size=batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)


def load_weights(folder: Path, settings: EmbeddingSettings) -> SentenceTransformer:
    """A model in the hands of sentence-transformers, on the device of the settings.

    Raises:
        ModelError: it takes code of its own, which the settings do not trust.
        OSError, ValueError, RuntimeError, ImportError: it cannot be loaded.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    check_code(folder, settings)
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    model: SentenceTransformer = SentenceTransformer(
        str(folder),
        device=settings.device,
        trust_remote_code=settings.trust_remote_code,
        local_files_only=True,
    )
    return model


@contextmanager
def _arithmetic(precision: str, device: str) -> Iterator[None]:
    """Matrix products in bfloat16 where that is set; sums and what is returned stay float32."""
    if precision == "float32":
        yield
        return
    import torch

    with torch.autocast(device.partition(":")[0], dtype=torch.bfloat16):
        yield
