"""Reorder the best candidates with a cross-encoder, where one is set."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from app.answering.deadline import Deadline
from ingestion.documents.document import Chunk
from ingestion.embedding.weights import has_torch
from ingestion.errors import ModelError

# Candidates read at once; between two of these, the time is looked at.
BATCH = 32


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

    def scores(
        self, question: str, chunks: Sequence[Chunk], deadline: Deadline | None = None
    ) -> list[float] | None:
        """How well each chunk answers the question; higher is better, no fixed range.

        None where half of what is left of the question's time is not enough: the model that
        answers needs the rest.
        """
        if not chunks:
            return []
        until = None if deadline is None else time.monotonic() + deadline.left / 2
        if not self._turn.acquire(timeout=-1 if until is None else until - time.monotonic()):
            return None
        try:
            scores: list[float] = []
            for first in range(0, len(chunks), BATCH):
                if until is not None and time.monotonic() >= until:
                    return None
                pairs = [(question, chunk.indexed_text) for chunk in chunks[first : first + BATCH]]
                scores += map(float, self._model.predict(pairs, show_progress_bar=False))
            return scores
        finally:
            self._turn.release()
