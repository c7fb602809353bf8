"""The embedding model: pinned, exported once, the same on both backends."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from ingestion.embedding import weights
from ingestion.embedding.arithmetic import LEAST_COSINE, has_bfloat16
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.errors import ModelError
from ingestion.settings import EmbeddingSettings

TEXTS = [
    "A short one.",
    "A much longer text about pumps and valves. " * 20,
    "",
    "短い",
    "A short one.",
]
MANY = [f"{n}: {text}" for n in range(8) for text in TEXTS]


def test_vectors_are_unit_float32_in_the_order_given(embedder: Embedder) -> None:
    reported: list[int] = []
    vectors = embedder.embed_passages(TEXTS, reported.append)
    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert sum(reported) == 5
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert vector @ embedder.embed_passages([text])[0] == pytest.approx(1, abs=1e-5)
    assert embedder.embed_passages([]).shape == (0, 384)


def test_near_in_meaning_is_near_in_space(embedder: Embedder) -> None:
    question = embedder.embed_query("How do I stop the engine?")
    near, far = embedder.embed_passages(
        ["Turn the motor off with the red key.", "Bananas are yellow."]
    )
    assert question @ near > question @ far + 0.2


def test_both_backends_give_the_same_vectors(embedder: Embedder) -> None:
    torch = load_embedder(EmbeddingSettings(backend="torch"))
    assert torch.identity == embedder.identity
    assert np.abs(torch.embed_passages(TEXTS) - embedder.embed_passages(TEXTS)).max() < 1e-5


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_bfloat16_passages_stay_close_and_questions_exact(
    embedder: Embedder, backend: Literal["openvino", "torch"]
) -> None:
    half = load_embedder(EmbeddingSettings(backend=backend))
    assert half.arithmetic == "bfloat16"
    exact = embedder.embed_queries(MANY)
    near = half.embed_passages(MANY)
    assert (exact * near).sum(axis=1).min() > LEAST_COSINE
    assert np.abs(exact - near).max() > 1e-5, "nothing was computed in bfloat16"
    assert near.dtype == np.float32
    assert np.abs(half.embed_query("x") - embedder.embed_query("x")).max() < 1e-5
    few = half.embed_passages(MANY[:3])
    assert np.abs(few - exact[:3]).max() < 1e-5, "a few passages take the graph that is there"


def test_float32_is_float32_on_every_processor(embedder: Embedder) -> None:
    whole = load_embedder(EmbeddingSettings(precision="float32", backend="openvino"))
    assert whole.arithmetic == "float32"
    assert np.abs(whole.embed_passages(MANY) - embedder.embed_queries(MANY)).max() < 1e-5


def test_what_ran_a_graph_before_goes_by_its_old_name() -> None:
    assert EmbeddingSettings(backend="onnx").backend == "openvino"  # type: ignore[arg-type]


def test_threads_share_a_model(embedder: Embedder) -> None:
    alone = [embedder.embed_query(f"question {n} " * n) for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda n: embedder.embed_query(f"question {n} " * n), range(16)))
    assert np.abs(np.array(alone) - np.array(together)).max() < 1e-6


def test_the_identity_names_the_published_weights(embedder: Embedder) -> None:
    identity = embedder.identity
    assert identity.content_hash == weights.PINNED_WEIGHTS
    assert (identity.dimension, identity.normalized, identity.max_tokens) == (384, True, 256)


def test_weights_that_are_not_the_pinned_ones_are_refused(monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not what was published")
    monkeypatch.setattr(weights, "_packaged_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="not the published 53aa5117"):
        load_embedder(EmbeddingSettings())


def test_prefixes_are_part_of_the_model(embedder: Embedder) -> None:
    prefixed = load_embedder(EmbeddingSettings(query_prefix="query: ", passage_prefix="passage: "))
    assert prefixed.embed_query("x") @ embedder.embed_query("query: x") == pytest.approx(
        1, abs=1e-5
    )
    both = prefixed.embed_passages(["x"])[0] @ embedder.embed_passages(["passage: x"])[0]
    assert both == pytest.approx(1, abs=1e-5)
    different = embedder.identity.differences(prefixed.identity)
    assert different == [
        "query_prefix: '' there, 'query: ' here",
        "passage_prefix: '' there, 'passage: ' here",
    ]


def test_any_local_folder_is_a_model(tmp_path: Path, embedder: Embedder) -> None:
    packaged = weights._packaged_folder()
    assert packaged is not None
    copy = tmp_path / "my-model"
    copy.symlink_to(packaged)
    mine = load_embedder(EmbeddingSettings(model=str(copy), backend="torch"))
    assert mine.identity.name == str(copy)
    assert mine.identity.differences(embedder.identity) == []


def test_what_is_no_model_is_reported(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="no weights"):
        load_embedder(EmbeddingSettings(model=str(tmp_path)))
    with pytest.raises(ModelError, match="nobody/nothing: neither a folder here"):
        load_embedder(EmbeddingSettings(model="nobody/nothing"))


FIRST_AT_ONCE = """
import sys, threading
from ingestion.embedding.embedder import load_embedder
from ingestion.settings import EmbeddingSettings

embedder = load_embedder(EmbeddingSettings(backend="openvino"))
sys.setswitchinterval(1e-6)
barrier = threading.Barrier(8)
vectors = []


def first():
    barrier.wait()
    vectors.append(embedder.embed_query("pump"))


threads = [threading.Thread(target=first) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(vectors))
"""


@pytest.mark.parametrize("attempt", range(3))
def test_threads_may_compute_first_at_the_same_time(embedder: Embedder, attempt: int) -> None:
    """OpenVINO's binding hangs if two threads make a process's first computation, two times in three."""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", FIRST_AT_ONCE], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "8", done.stderr
