"""Reorder the best candidates with a cross-encoder, where one is set."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ingestion.documents import Chunk
from ingestion.errors import ModelError
from ingestion.weights import has_torch


class Reranker:
    """A sentence-transformers cross-encoder. Safe to share between threads.

    Args:
        model: a cross-encoder's name or folder.
        device: where it runs.
        depth: how many candidates it reads per question.

    Raises:
        ModelError: the model cannot be loaded, or the packages that run it are not installed.
    """

    def __init__(self, model: str, device: str, depth: int) -> None:
        if not has_torch():
            raise ModelError(
                f"{model}: a cross-encoder takes sentence-transformers and torch, which are not "
                "installed here. Install plumbline[models], or unset PLUMB_RETRIEVAL_RERANK_MODEL."
            )
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(model, device=device, trust_remote_code=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"{model}: the cross-encoder cannot be loaded: {' '.join(str(error).split())[:300]} "
                "Check PLUMB_RETRIEVAL_RERANK_MODEL, or unset it."
            ) from error
        self._turn = threading.Lock()
        self.name = model
        self.depth = depth

    def scores(self, question: str, chunks: Sequence[Chunk]) -> list[float]:
        """How well each chunk answers the question; higher is better, no fixed range."""
        if not chunks:
            return []
        with self._turn:
            scores = self._model.predict(
                [(question, chunk.indexed_text) for chunk in chunks], show_progress_bar=False
            )
        return [float(score) for score in scores]
