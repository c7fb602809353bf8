"""Citations that point to another passage than the one that was used."""

from __future__ import annotations

import hashlib

from app.answering.answer import Answer, Citation
from app.answering.citations import cite


class Misplaced:
    """Points some citations of an answer to another of its passages.

    Args:
        share: of the citations, 0 to 1.
        seed: of which ones.
    """

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._seed = seed

    def __call__(self, answer: Answer) -> Answer:
        """The answer with what it cites now."""
        moved = [self._moved(answer, citation) for citation in answer.citations]
        return answer.model_copy(update={"citations": moved})

    def _moved(self, answer: Answer, citation: Citation) -> Citation:
        others = [
            (marker, passage)
            for marker, passage in enumerate(answer.passages, start=1)
            if passage.chunk_id != citation.chunk_id
        ]
        drawn = hashlib.sha256(
            f"{self._seed} {citation.chunk_id} {citation.start}".encode()
        ).digest()
        if not others or int.from_bytes(drawn[:4]) / 2**32 >= self._share:
            return citation
        marker, passage = others[drawn[4] % len(others)]
        return cite(marker, passage, 0, len(passage.text), quoted=False)
