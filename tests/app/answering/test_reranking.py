"""A real cross-encoder, small and untrained, in the place where a trained one goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering.reranking import Reranker
from app.answering.retrieval import Retriever
from app.document_sets.embedders import only_model
from ingestion.embedding.weights import _packaged_folder
from ingestion.errors import ModelError


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    # Takes seconds to import, which only the worker of these tests should spend.
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("cross-encoder")
    tokenizer = AutoTokenizer.from_pretrained(str(_packaged_folder()))
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_passages_come_in_the_order_of_its_scores(make_parts, cross_encoder: str) -> None:
    parts = make_parts()
    opened = parts.sets.get("depot")
    reranker = Reranker(cross_encoder, "cpu", depth=10)
    models = only_model(parts.embedder)
    plain = Retriever(models, 100).retrieve("When does Kestrel open?", opened, 10)
    found = Retriever(models, 100, reranker).retrieve("When does Kestrel open?", opened, 2)
    scores = reranker.scores(
        "When does Kestrel open?",
        opened.chunks([hit.key for hit in opened.dense(parts.embedder.embed_query("x"), 10)]),
    )
    assert len(found.passages) == 2
    assert [passage.score for passage in found.passages] == pytest.approx(
        sorted(scores, reverse=True)[:2], abs=1e-5
    )
    assert all(passage.scores.rerank == passage.score for passage in found.passages)
    assert {p.chunk_id for p in found.passages} <= {p.chunk_id for p in plain.passages}
    assert "rerank" in found.timings_ms
    assert reranker.scores("x", []) == []


def test_a_model_that_is_none_is_reported_with_the_mend(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="PLUMB_RETRIEVAL_RERANK_MODEL"):
        Reranker(str(tmp_path), "cpu", depth=3)
