"""From a question to passages: embed it, search both ways, fuse, and rerank where that is set."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Passage, StageScores
from app.answering.copies import COPIES, Distinct, distinct
from app.answering.courtesy import without_courtesy
from app.answering.deadline import Deadline
from app.answering.reranking import Reranker
from app.answering.spelling import WORDING, Spelling
from app.document_sets.embedders import Embedders
from app.fair_shares import next_step
from ingestion.index import hybrid
from ingestion.index.filters import Filter
from ingestion.index.fusion import FUSION
from ingestion.index.protocol import DocumentSet, SetInfo

# How a question's words are read, mended and searched for, for the manifest.
FOUND_BY = f"{FUSION} {WORDING} {COPIES}"
# Where copies take places, the next search takes this many times as many chunks.
DEEPER = 4
# Embedding models whose words are remembered.
MOST_SPELLINGS = 4
Vector: TypeAlias = NDArray[np.float32]
# The unit vector of a question, by the model that a set was built with.
EmbedQuestion: TypeAlias = Callable[[SetInfo, str], Vector]


@dataclass(slots=True)
class Retrieved:
    """Passages, best first, and what each stage took in milliseconds.

    Attributes:
        question: as it was searched for: without polite words, its typing errors mended.
        is_lesser: whether there was no time to rerank, so that they stand as they were fused.
    """

    question: str
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
        self._embedders = embedders
        self._embed = embed or (lambda info, question: embedders.of(info).embed_query(question))
        self._depth = depth
        self._reranker = reranker
        # By the embedding model's hash; each made once or, by threads that race, twice.
        self._spellings: dict[str, Spelling] = {}

    def retrieve(
        self,
        question: str,
        document_set: DocumentSet,
        limit: int,
        where: Filter | None = None,
        deadline: Deadline | None = None,
        vector: Vector | None = None,
    ) -> Retrieved:
        """The `limit` passages that answer the question best.

        Args:
            vector: the question's unit vector, where it is known.

        Raises:
            ModelMismatch: the set was built with a model that cannot be had here.
            IndexUnavailable: it cannot be searched.
        """
        wanted = limit if self._reranker is None else max(limit, self._reranker.depth)
        plain = without_courtesy(question)
        if plain != question:
            question, vector = plain, None
        found, timings = self._search(question, document_set, wanted, where, vector)
        texts = [text for one in found for text in (one.best.chunk.title, one.best.chunk.text)]
        mended = self._spelling(document_set.info).mended(question, texts)
        if mended != question:
            question = mended
            found, again = self._search(question, document_set, wanted, where)
            timings = {stage: round(took + again[stage], 3) for stage, took in timings.items()}
        searched = time.perf_counter()
        if self._reranker is None:
            return Retrieved(question, [_passage(one, None) for one in found], timings)
        next_step()
        scores = self._reranker.scores(question, [one.best.chunk for one in found], deadline)
        if scores is None:
            timings["rerank"] = _ms(searched, time.perf_counter())
            fused = [_passage(one, None) for one in found[:limit]]
            return Retrieved(question, fused, timings, True)
        passages = [_passage(one, score) for one, score in zip(found, scores, strict=True)]
        passages.sort(key=lambda passage: passage.score, reverse=True)
        timings["rerank"] = _ms(searched, time.perf_counter())
        return Retrieved(question, passages[:limit], timings)

    def _search(
        self,
        question: str,
        document_set: DocumentSet,
        wanted: int,
        where: Filter | None,
        vector: Vector | None = None,
    ) -> tuple[list[Distinct], dict[str, float]]:
        """As many chunks as wanted that say different things, and what each stage took.

        Where copies leave fewer, more is searched for, down to where the candidates end.
        """
        began = time.perf_counter()
        if vector is None:
            vector = self._embed(document_set.info, question)
        embedded = time.perf_counter()
        next_step()
        limit, most = wanted, max(wanted, self._depth)
        while True:
            found = hybrid.search(
                document_set, vector, question, limit=limit, depth=self._depth, where=where
            )
            different = distinct(found)
            if len(different) >= wanted or len(found) < limit or limit >= most:
                break
            limit = min(limit * DEEPER, most)
        timings = {"embed": _ms(began, embedded), "search": _ms(embedded, time.perf_counter())}
        return different[:wanted], timings

    def _spelling(self, info: SetInfo) -> Spelling:
        name = info.model.content_hash
        spelling = self._spellings.get(name)
        if spelling is None:
            spelling = Spelling(self._embedders.of(info).tokenizer.get_vocab())
            if len(self._spellings) >= MOST_SPELLINGS:
                self._spellings.clear()
            self._spellings[name] = spelling
        return spelling


def _passage(one: Distinct, rerank: float | None) -> Passage:
    found = one.best
    scores = StageScores(dense=found.dense, lexical=found.lexical, fused=found.score, rerank=rerank)
    return Passage.of(found.chunk, scores, [copy.chunk for copy in one.others])


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
