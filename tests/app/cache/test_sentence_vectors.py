"""Sentences are embedded once, one by one, and what is remembered is bounded."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np

from app.cache.sentence_vectors import SentenceVectors, Vectors
from ingestion.embedding.embedder import Embedder


class Counting:
    """An embedding model that notes its calls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        return np.array([[len(text), 0.0] for text in texts], dtype=np.float32)


def test_a_text_is_embedded_once_and_alone() -> None:
    embed = Counting()
    vectors = SentenceVectors(embed)
    assert vectors(["a", "bb"]).tolist() == [[1, 0], [2, 0]]
    assert vectors(["bb", "ccc", "a", "ccc"]).tolist() == [[2, 0], [3, 0], [1, 0], [3, 0]]
    assert embed.calls == [["a"], ["bb"], ["ccc"]]


def test_what_a_caller_does_to_its_vectors_changes_none_that_is_remembered() -> None:
    vectors = SentenceVectors(Counting())
    vectors(["a"])[:] = 9
    assert vectors(["a"]).tolist() == [[1, 0]]


def test_vectors_are_those_of_a_batch(embedder: Embedder) -> None:
    texts = [
        "Who may release goods?",
        "The shift lead releases goods from quarantine. " * 8,
        "Yes.",
    ]
    remembered = SentenceVectors(embedder.embed_queries)
    for _ in range(2):
        assert np.allclose(remembered(texts), embedder.embed_queries(texts), atol=1e-5)


def test_memory_stays_within_the_limit() -> None:
    def embed(texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 384), dtype=np.float32)

    vectors = SentenceVectors(embed, 1_000_000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(3000):
        vectors([f"Shelf {number} holds {number} boxes."])
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 500_000 < taken <= 1_000_000
