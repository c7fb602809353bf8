"""The document set's own embedding model, as Ragas takes one. Importing this takes Ragas's seconds."""

from __future__ import annotations

from typing import Any

from ragas.embeddings.base import BaseRagasEmbedding

from evals.metrics.metric import Judged


class OwnEmbedding(BaseRagasEmbedding):
    """Embeds by `Judged.embed`, all texts of a call at once."""

    def __init__(self, seen: Judged) -> None:
        super().__init__()
        self._embed = seen.embed

    def embed_text(self, text: str, **_: Any) -> list[float]:
        """One text."""
        return self.embed_texts([text])[0]

    def embed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """Several."""
        return [[float(number) for number in row] for row in self._embed(texts)]

    async def aembed_text(self, text: str, **_: Any) -> list[float]:
        """One text, without waiting."""
        return self.embed_text(text)

    async def aembed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """Several, without waiting."""
        return self.embed_texts(texts)
