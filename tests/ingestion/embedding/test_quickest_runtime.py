"""Runtimes are measured once for a kind of processor; what was measured decides."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ingestion.embedding import quickest_runtime
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.embedding.encoder import SentenceTransformerEncoder
from ingestion.embedding.quickest_runtime import (
    FILE,
    WORTH_MEASURING,
    Measured,
    QuickestEncoder,
    embedding_here,
    measured,
)
from ingestion.settings import EmbeddingSettings
from tests.ingestion.small_transformers import small_transformer

MANY = [f"pump and valve {chr(97 + n % 26)}" for n in range(WORTH_MEASURING)]


@pytest.fixture
def settings(tmp_path: Path) -> EmbeddingSettings:
    """Of a small model, exported."""
    model = small_transformer(tmp_path)
    settings = EmbeddingSettings(
        model=str(model), cache_dir=tmp_path / "cache", precision="float32"
    )
    load_embedder(settings)
    return settings


def folder_of(settings: EmbeddingSettings) -> Path:
    (graph,) = settings.cache_dir.rglob("model.onnx")
    return graph.parents[1]


def chosen(embedder: Embedder) -> object:
    assert isinstance(embedder._encoder, QuickestEncoder)
    return embedder._encoder._passages


def record(settings: EmbeddingSettings, **speeds: float) -> Path:
    """Have it measured that runtimes embed so many texts a second."""
    file = folder_of(settings) / FILE
    row = Measured(texts_per_s=speeds).model_dump()
    file.write_text(json.dumps({quickest_runtime._key(settings): row}))
    return file


def test_many_passages_have_the_runtimes_measured_once(
    settings: EmbeddingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_embedder(settings)
    first.embed_query("pump")
    first.embed_passages(MANY[:-1])
    assert not (folder_of(settings) / FILE).exists(), "a few passages are not worth it"
    first.embed_passages(MANY)
    found = measured(folder_of(settings), settings)
    assert found is not None
    assert found.texts_per_s.keys() == {"openvino", "torch"}
    assert all(speed > 0 for speed in found.texts_per_s.values())
    monkeypatch.setattr(QuickestEncoder, "_measure", None)
    load_embedder(settings).embed_passages(MANY)


@pytest.mark.parametrize("torch", [1000.0, 105.0])
def test_the_clearly_quicker_runtime_embeds_passages(
    settings: EmbeddingSettings, torch: float
) -> None:
    record(settings, openvino=100.0, torch=torch)
    embedder = load_embedder(settings)
    vectors = embedder.embed_passages(MANY)
    by_torch = isinstance(chosen(embedder), SentenceTransformerEncoder)
    assert by_torch == (torch > 110)
    assert np.abs(vectors - embedder.embed_queries(MANY)).max() < 1e-5


def test_what_was_measured_is_reported(settings: EmbeddingSettings) -> None:
    assert "measured" not in embedding_here(settings)
    record(settings, openvino=100.0, torch=25.04)
    said = embedding_here(settings)
    assert "embedded in float32 here" in said
    assert f"model {folder_of(settings).name[:12]}: openvino 100.0, torch 25.0." in said


def test_other_versions_and_processors_are_measured_apart(
    settings: EmbeddingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = record(settings, openvino=1.0, torch=100.0)
    monkeypatch.setattr(quickest_runtime, "processor_name", lambda: "another")
    assert measured(folder_of(settings), settings) is None
    load_embedder(settings).embed_passages(MANY)
    assert len(json.loads(file.read_text())) == 2


@pytest.mark.parametrize("damage", ["{cut", "[]", "[" * 100_000, '{"%s": {"texts_per_s": "fast"}}'])
def test_what_cannot_be_read_is_measured_again(settings: EmbeddingSettings, damage: str) -> None:
    file = record(settings, openvino=1.0, torch=100.0)
    file.write_text(damage.replace("%s", quickest_runtime._key(settings)))
    load_embedder(settings).embed_passages(MANY)
    assert measured(folder_of(settings), settings) is not None


def test_where_it_cannot_be_kept_it_is_used_all_the_same(
    settings: EmbeddingSettings, caplog: pytest.LogCaptureFixture
) -> None:
    file = folder_of(settings) / FILE
    file.mkdir()
    (file / "in the way").touch()
    assert load_embedder(settings).embed_passages(MANY).shape == (len(MANY), 16)
    assert "cannot be kept" in caplog.text


def test_threads_that_begin_together_measure_once(
    settings: EmbeddingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, calls = QuickestEncoder._measure, []
    monkeypatch.setattr(QuickestEncoder, "_measure", lambda self: calls.append(1) or measure(self))
    embedders = [load_embedder(settings) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: one.embed_passages(MANY), embedders * 2))
    assert len(calls) == 1


def test_a_backend_that_is_set_is_not_measured(settings: EmbeddingSettings) -> None:
    for backend in ("openvino", "torch"):
        named = settings.model_copy(update={"backend": backend})
        load_embedder(named).embed_passages(MANY)
    assert not (folder_of(settings) / FILE).exists()
