"""The document set's own embedding model, as Ragas takes one. Importing this takes Ragas's seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ragas.embeddings.base import BaseRagasEmbedding


class OwnEmbedding(BaseRagasEmbedding):
    """Embeds by `Judged.embed`.

    Ragas embeds text by text; those that are known from the start are embedded together, which takes
    the model about as long as one.
    """

    def __init__(
        self,
        embed: Callable[[list[str]], NDArray[np.floating[Any]]],
        *together: str,
    ) -> None:
        """
        Args:
            embed: see `Judged.embed`.
            together: texts that will be asked for.
        """
        super().__init__()
        self._embed = embed
        self._known = dict(zip(together, self.embed_texts([*together]), strict=True))

    def embed_text(self, text: str, **_: Any) -> list[float]:
        """One text."""
        known = self._known.get(text)
        return self.embed_texts([text])[0] if known is None else known

    def embed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """Several."""
        return [[float(number) for number in row] for row in self._embed(texts)] if texts else []

    async def aembed_text(self, text: str, **_: Any) -> list[float]:
        """One text, without waiting."""
        return self.embed_text(text)

    async def aembed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """Several, without waiting."""
        return self.embed_texts(texts)
