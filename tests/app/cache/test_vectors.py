"""A question is embedded once."""

from __future__ import annotations

import numpy as np

from app.answering.retrieval import Retriever
from app.cache.factory import answer_cache, question_vectors
from app.cache.memory_store import MemoryStore
from app.cache.redis_store import RedisStore
from app.document_sets.embedders import Embedders


def test_a_vector_is_made_once_and_serves_retrieval_too(make_parts, embedder, monkeypatch) -> None:
    parts = make_parts()
    calls: list[str] = []
    real = type(embedder).embed_query
    monkeypatch.setattr(
        type(embedder), "embed_query", lambda self, text: calls.append(text) or real(self, text)
    )
    embedders = Embedders(embedder, lambda identity: embedder)
    vectors = question_vectors(parts.settings, embedders, MemoryStore(10, 100_000))
    document_set = parts.sets.get("depot")
    question = "How long is the warranty?"
    vector = vectors.embed(document_set.info, question)
    found = Retriever(embedders, 100, embed=vectors.embed).retrieve(question, document_set, 3)
    assert calls == [question]
    assert np.array_equal(vector, real(embedder, question))
    plain = Retriever(embedders, 100).retrieve(question, document_set, 3)
    assert [p.chunk_id for p in found.passages] == [p.chunk_id for p in plain.passages]
    assert np.array_equal(vectors.embed(document_set.info, "  How long  is the warranty? "), vector)
    assert len(calls) == 2
    vectors.embed(document_set.info, "how long is the warranty?")
    assert len(calls) == 3


def test_processes_share_vectors(make_parts, embedder, redis_url, monkeypatch) -> None:
    parts = make_parts()
    calls: list[str] = []
    real = type(embedder).embed_query
    monkeypatch.setattr(
        type(embedder), "embed_query", lambda self, text: calls.append(text) or real(self, text)
    )
    embedders = Embedders(embedder, lambda identity: embedder)
    made = []
    for _ in range(2):
        store = RedisStore(redis_url, 5, 5)
        vectors = question_vectors(parts.settings, embedders, store)
        made.append(vectors.embed(parts.sets.get("depot").info, "How long is the warranty?"))
        store.close()
    assert len(calls) == 1
    assert np.array_equal(made[0], made[1])


def test_a_miss_embeds_its_question_once_and_looks_its_vector_up_once(
    make_parts, embedder, monkeypatch
) -> None:
    parts = make_parts()
    vectors = question_vectors(
        parts.settings, Embedders(embedder, lambda _: embedder), MemoryStore(10, 100_000)
    )
    looked_up: list[str] = []
    monkeypatch.setattr(
        parts.answers.retriever,
        "_embed",
        lambda info, question: looked_up.append(question) or vectors.embed(info, question),
    )
    cache = answer_cache(parts.settings, MemoryStore(10, 1_000_000), vectors)
    plain, polite = "How long is the warranty?", "Could you please tell me: how long is it?"
    served = cache.answer(parts.answers.prepare(plain), None, parts.answers.answer)
    assert (served.kind, looked_up) == ("miss", [])
    # Retrieval leaves polite words out, so that it needs another vector.
    cache.answer(parts.answers.prepare(polite), None, parts.answers.answer)
    assert len(looked_up) == 1
    assert looked_up != [polite]
