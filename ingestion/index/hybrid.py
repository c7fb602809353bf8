"""Hybrid search over any backend: both searches side by side, fused by `fusion.fuse`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingestion.documents.document import Chunk
from ingestion.index import bm25
from ingestion.index.filters import Filter
from ingestion.index.fusion import BLIND_WEIGHT, fuse
from ingestion.index.protocol import DocumentSet
from ingestion.languages import question_languages


class Found(NamedTuple):
    """A chunk with what each search thought of it.

    Attributes:
        score: the fused score, from 0 to 1.
        dense: cosine similarity to the question.
        lexical: BM25; None where its words did not match.
    """

    chunk: Chunk
    score: float
    dense: float | None
    lexical: float | None


def search(
    document_set: DocumentSet,
    vector: NDArray[np.float32],
    question: str,
    *,
    limit: int,
    depth: int,
    where: Filter | None = None,
) -> list[Found]:
    """The `limit` best chunks for a question, best first.

    Args:
        vector: the question's embedding, of unit length.
        question: its words.
        limit: how many chunks to return.
        depth: how many candidates to take from each search.
        where: which documents may be found.
    """
    candidates = document_set.candidates(vector, question, max(depth, limit), where)
    info = document_set.info
    coverage = bm25.coverage(question, candidates.best_match, info.languages)
    languages = question_languages(question, info.languages)
    weight = 1.0 if any(map(info.model.knows, languages)) else BLIND_WEIGHT
    best = fuse(candidates, coverage, weight)[:limit]
    chunks = document_set.chunks([fused.key for fused in best])
    return [
        Found(chunk, fused.score, fused.dense, fused.lexical)
        for fused, chunk in zip(best, chunks, strict=True)
    ]
