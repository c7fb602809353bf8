"""From a question to passages: embed it, search both ways, fuse, and rerank where that is set."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Passage, StageScores
from app.answering.deadline import Deadline
from app.answering.reranking import Reranker
from app.embedders import Embedders
from app.processor import next_step
from ingestion.index import hybrid
from ingestion.index.filters import Filter
from ingestion.index.protocol import DocumentSet, SetInfo

# The unit vector of a question, by the model that a set was built with.
EmbedQuestion: TypeAlias = Callable[[SetInfo, str], NDArray[np.float32]]


@dataclass(slots=True)
class Retrieved:
    """Passages, best first, and what each stage took in milliseconds.

    Attributes:
        is_lesser: whether there was no time to rerank, so that they stand as they were fused.
    """

    passages: list[Passage]
    timings_ms: dict[str, float] = field(default_factory=dict)
    is_lesser: bool = False


class Retriever:
    """Finds passages in any document set, by the model that the set was built with.

    Args:
        embedders: the embedding models.
        depth: candidates taken from each of dense and lexical search.
        reranker: a cross-encoder, if one is set.
        embed: embeds a question, if not `embedders` itself: what remembers vectors.
    """

    def __init__(
        self,
        embedders: Embedders,
        depth: int,
        reranker: Reranker | None = None,
        embed: EmbedQuestion | None = None,
    ) -> None:
        self._embed = embed or (lambda info, question: embedders.of(info).embed_query(question))
        self._depth = depth
        self._reranker = reranker

    def retrieve(
        self,
        question: str,
        document_set: DocumentSet,
        limit: int,
        where: Filter | None = None,
        deadline: Deadline | None = None,
    ) -> Retrieved:
        """The `limit` passages that answer the question best.

        Raises:
            ModelMismatch: the set was built with a model that cannot be had here.
            IndexUnavailable: it cannot be searched.
        """
        began = time.perf_counter()
        vector = self._embed(document_set.info, question)
        embedded = time.perf_counter()
        next_step()
        wanted = limit if self._reranker is None else max(limit, self._reranker.depth)
        found = hybrid.search(
            document_set, vector, question, limit=wanted, depth=self._depth, where=where
        )
        searched = time.perf_counter()
        timings = {"embed": _ms(began, embedded), "search": _ms(embedded, searched)}
        if self._reranker is None:
            return Retrieved([_passage(item, None) for item in found], timings)
        next_step()
        scores = self._reranker.scores(question, [item.chunk for item in found], deadline)
        if scores is None:
            timings["rerank"] = _ms(searched, time.perf_counter())
            return Retrieved([_passage(item, None) for item in found[:limit]], timings, True)
        passages = [_passage(item, score) for item, score in zip(found, scores, strict=True)]
        passages.sort(key=lambda passage: passage.score, reverse=True)
        timings["rerank"] = _ms(searched, time.perf_counter())
        return Retrieved(passages[:limit], timings)


def _passage(found: hybrid.Found, rerank: float | None) -> Passage:
    scores = StageScores(dense=found.dense, lexical=found.lexical, fused=found.score, rerank=rerank)
    return Passage.of(found.chunk, scores)


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
