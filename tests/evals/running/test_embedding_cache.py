"""Vectors are those of the model, worked out once."""

from __future__ import annotations

import numpy as np
import pytest

from evals.running.embedding_cache import CachedEmbedder
from ingestion.embedding.embedder import Embedder

TEXTS = ["a pump", "a much longer sentence about valves", "a pump", "a door"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the model itself is given."""
    seen: list[list[str]] = []
    encode = Embedder._encode

    def counted(self: Embedder, texts: list[str], exact: bool = True) -> np.ndarray:
        seen.append(texts)
        return encode(self, texts, exact)

    monkeypatch.setattr(Embedder, "_encode", counted)
    return seen


def test_each_text_is_embedded_once_and_as_the_model_does(embedder: Embedder, asked) -> None:
    remembering = CachedEmbedder(embedder)
    expected = embedder.embed_passages(TEXTS)
    asked.clear()
    first, second = remembering.embed_passages(TEXTS), remembering.embed_passages(TEXTS[::-1])
    assert np.allclose(first, expected, atol=1e-6)
    assert np.array_equal(second, first[::-1])
    assert sorted(text for batch in asked for text in batch) == sorted(set(TEXTS))


def test_what_was_used_longest_ago_is_forgotten(embedder: Embedder, asked) -> None:
    remembering = CachedEmbedder(embedder, most=2)
    for text in ("one", "two", "one", "three", "one", "two"):
        remembering.embed_query(text)
    prefix = embedder.identity.query_prefix
    assert asked == [[prefix + text] for text in ("one", "two", "three", "two")]


def test_nothing_has_no_vectors(embedder: Embedder) -> None:
    assert CachedEmbedder(embedder).embed_queries([]).shape == (0, embedder.identity.dimension)


def test_what_is_saved_counts_as_latency_still(embedder: Embedder) -> None:
    remembering = CachedEmbedder(embedder)
    with remembering.counting() as first:
        remembering.embed_queries(["one pump", "two pumps"])
    with remembering.counting() as again:
        remembering.embed_query("two pumps")
    assert first.ms == 0
    assert again.ms > 0
