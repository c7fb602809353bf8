"""Which arithmetic a processor gets, whatever processor runs the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ingestion.embedding import arithmetic, onnx_encoder
from ingestion.embedding.arithmetic import less_exact, passage_arithmetic, threads_of
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.settings import EmbeddingSettings

ICE_LAKE = "model name\t: A Xeon\ncpu family\t: 6\nmodel\t\t: 106\nflags\t\t: fpu avx2 avx512f\n\nmodel name\t: B\n"
SAPPHIRE_RAPIDS = ICE_LAKE.replace("106", "143").replace("avx512f", "avx512f avx512_bf16 amx_bf16")
ZEN_4 = (
    "model name\t: An EPYC\ncpu family\t: 25\nmodel\t\t: 17\nflags\t\t: fpu avx512f avx512_bf16\n"
)
GRAVITON = "processor\t: 0\nFeatures\t: fp asimd bf16\n"
MANY = [f"passage {n} about a pump" for n in range(40)]


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes the machine say that it has another processor."""
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(arithmetic, "CPU_INFO", file)

    def be(said: str) -> None:
        file.write_text(said)
        arithmetic._cpu_info.cache_clear()

    yield be
    arithmetic._cpu_info.cache_clear()


@pytest.mark.parametrize(
    ("said", "auto"),
    [
        (ICE_LAKE, "float32"),
        (SAPPHIRE_RAPIDS, "bfloat16"),
        (ZEN_4, "bfloat16"),
        (GRAVITON, "float32"),
        ("", "float32"),
    ],
)
def test_auto_is_bfloat16_where_the_processor_has_it(
    processor: Callable[[str], None], said: str, auto: str
) -> None:
    processor(said)
    assert passage_arithmetic(EmbeddingSettings()) == auto
    assert passage_arithmetic(EmbeddingSettings(precision="float32")) == "float32"
    assert passage_arithmetic(EmbeddingSettings(device="cuda")) == "float32"
    assert passage_arithmetic(EmbeddingSettings(device="cuda", precision="bfloat16")) == "bfloat16"


def test_bfloat16_on_a_processor_without_it_is_float32_and_said(
    processor: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    processor(ICE_LAKE)
    assert passage_arithmetic(EmbeddingSettings(precision="bfloat16")) == "float32"
    assert "this processor does not have it" in caplog.text


def test_kinds_of_processors_are_told_apart(processor: Callable[[str], None]) -> None:
    names = []
    for said in (ICE_LAKE, SAPPHIRE_RAPIDS, ZEN_4, GRAVITON):
        processor(said)
        names.append(arithmetic.processor_name())
    assert len(set(names)) == 4
    assert names[0] == "A Xeon 6 106"


def test_where_bfloat16_cannot_be_compiled_passages_are_float32(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiled = onnx_encoder.CompiledGraph

    def refusing(graph: Path, precision: str, threads: int) -> onnx_encoder.CompiledGraph:
        if precision == "bfloat16":
            raise ValueError("Check 'supported' failed\nat node.cpp")
        return compiled(graph, precision, threads)

    monkeypatch.setattr(onnx_encoder, "CompiledGraph", refusing)
    monkeypatch.setattr("ingestion.embedding.embedder.passage_arithmetic", lambda _: "bfloat16")
    # A number of threads of its own: no encoder of another test is taken.
    made = load_embedder(EmbeddingSettings(backend="openvino", threads=3))
    vectors = made.embed_passages(MANY)
    assert np.abs(vectors - embedder.embed_queries(MANY)).max() < 1e-5
    assert "OpenVINO cannot do it (Check 'supported' failed)" in caplog.text


def test_where_bfloat16_is_far_off_passages_are_float32(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiled = onnx_encoder.CompiledGraph
    # The same graph, so that this holds on processors without bfloat16.
    monkeypatch.setattr(
        onnx_encoder, "CompiledGraph", lambda graph, _, threads: compiled(graph, "float32", threads)
    )
    monkeypatch.setattr(onnx_encoder, "LEAST_COSINE", 1.1)
    monkeypatch.setattr("ingestion.embedding.embedder.passage_arithmetic", lambda _: "bfloat16")
    made = load_embedder(EmbeddingSettings(backend="openvino", threads=5))
    assert np.abs(made.embed_passages(MANY) - embedder.embed_queries(MANY)).max() < 1e-5
    assert "cosines to float32 come down to" in caplog.text


def test_torch_is_held_to_the_same_bound(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ingestion.embedding.embedder.passage_arithmetic", lambda _: "bfloat16")
    made = load_embedder(EmbeddingSettings(backend="torch"))
    monkeypatch.setattr("ingestion.embedding.encoder.LEAST_COSINE", 1.1)
    assert np.abs(made.embed_passages(MANY) - made.embed_queries(MANY)).max() < 1e-5
    assert caplog.text.count("cosines to float32 come down to") == 1


def test_the_less_exact_of_two() -> None:
    assert less_exact("float32", "bfloat16") == "bfloat16"
    assert less_exact("bfloat16", "") == "bfloat16"
    assert less_exact("float32", "") == ""
    assert less_exact("float32", "float32") == "float32"


def test_threads_are_bounded_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads_of(EmbeddingSettings(threads=7)) == 7
    assert threads_of(EmbeddingSettings()) == 2
    for unusable in ("", "0", "2,4"):
        monkeypatch.setenv("OMP_NUM_THREADS", unusable)
        assert threads_of(EmbeddingSettings()) >= 1
