"""The graph is made once; what runs it is chosen by comparing vectors, and both give the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingestion.embedding import onnx_export, weights
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.embedding.encoder import SentenceTransformerEncoder
from ingestion.embedding.onnx_encoder import OnnxEncoder
from ingestion.errors import ModelError
from ingestion.settings import EmbeddingSettings
from tests.ingestion.small_transformers import small_transformer

TEXTS = ["pump", "A pump and a valve, then a door and a stair.", "", "Valves"]


def made(tmp_path: Path, model: Path) -> tuple[Embedder, Embedder]:
    """The model on its graph, and on torch."""
    settings = EmbeddingSettings(model=str(model), cache_dir=tmp_path / "cache")
    settings = settings.model_copy(update={"precision": "float32"})
    graph = load_embedder(settings.model_copy(update={"backend": "openvino"}))
    return graph, load_embedder(settings.model_copy(update={"backend": "torch"}))


@pytest.fixture(scope="module")
def _exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("exported")
    model = small_transformer(folder)
    made(folder, model)
    return folder, str(model.relative_to(folder))


@pytest.fixture
def exported(_exported: tuple[Path, str], tmp_path: Path) -> Path:
    """A model whose graph is in the cache already, both below the test's folder."""
    folder, model = _exported
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return tmp_path / model


def test_the_export_is_made_once_and_found_again(tmp_path: Path) -> None:
    # A process of its own: to export takes half a gigabyte, which stays.
    code = (
        "import sys; from pathlib import Path; from ingestion.embedding.embedder import load_embedder; "
        "from ingestion.settings import EmbeddingSettings; "
        "load_embedder(EmbeddingSettings(cache_dir=Path(sys.argv[1])))"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=True)
    settings = EmbeddingSettings(cache_dir=tmp_path)
    (graph,) = tmp_path.rglob("model.onnx")
    assert weights.PINNED_WEIGHTS in str(graph)
    made = graph.stat().st_mtime_ns
    load_embedder(settings)
    assert graph.stat().st_mtime_ns == made
    assert [entry.name for entry in (tmp_path / "onnx").iterdir()] == [weights.PINNED_WEIGHTS]


def test_a_start_does_without_torch(embedder: Embedder) -> None:
    code = (
        "import sys; from ingestion.embedding.embedder import load_embedder; "
        "from ingestion.settings import EmbeddingSettings; "
        "load_embedder(EmbeddingSettings()).embed_query('x'); "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_nothing_is_sent_to_the_makers_of_openvino() -> None:
    code = (
        "import sys, ingestion.embedding.onnx_encoder as made; made.openvino.Core(); "
        "print([name for name in sys.modules if name.startswith('openvino_telemetry')])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_plain_model_is_run_by_its_graph_alone(tmp_path: Path, pooling: str) -> None:
    graph, torch = made(tmp_path, small_transformer(tmp_path, pooling))
    assert isinstance(graph._encoder, OnnxEncoder)
    assert graph.identity == torch.identity
    assert graph.identity.max_tokens == 24
    assert np.abs(graph.embed_passages(TEXTS) - torch.embed_passages(TEXTS)).max() < 1e-5
    assert graph.tokenizer.encode(TEXTS[1]).tokens == torch.tokenizer.encode(TEXTS[1]).tokens
    assert len(graph.tokenizer.encode("pump " * 50).tokens) > 24, "counting is not cut"


def test_poolings_differ(tmp_path: Path) -> None:
    mean, _ = made(tmp_path / "1", small_transformer(tmp_path / "1", "mean"))
    first, _ = made(tmp_path / "2", small_transformer(tmp_path / "2", "cls"))
    assert np.abs(mean.embed_query("pump") - first.embed_query("pump")).max() > 0.01


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_what_is_not_plain_is_left_to_sentence_transformers(tmp_path: Path, pooling: str) -> None:
    from sentence_transformers.sentence_transformer.modules import Dense

    more = () if pooling == "max" else (Dense(16, 8),)
    graph, torch = made(tmp_path, small_transformer(tmp_path, pooling, *more))
    assert isinstance(graph._encoder, SentenceTransformerEncoder)
    assert not list(tmp_path.rglob("model.onnx")), "a graph was made that nothing runs"
    assert graph.identity == torch.identity
    assert np.abs(graph.embed_passages(TEXTS) - torch.embed_passages(TEXTS)).max() < 1e-5


def test_a_graph_that_gives_other_vectors_is_not_trusted(tmp_path: Path, monkeypatch) -> None:
    encode = OnnxEncoder.encode
    monkeypatch.setattr(
        OnnxEncoder, "encode", lambda self, *given, **more: -encode(self, *given, **more)
    )
    graph, _ = made(tmp_path, small_transformer(tmp_path))
    assert isinstance(graph._encoder, SentenceTransformerEncoder)


def test_what_cannot_be_exported_is_run_by_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unsupported(*_: object) -> None:
        raise ValueError("a custom or unsupported architecture")

    monkeypatch.setattr(onnx_export, "_write_graph", unsupported)
    graph, torch = made(tmp_path, small_transformer(tmp_path))
    assert isinstance(graph._encoder, SentenceTransformerEncoder)
    assert np.abs(graph.embed_passages(TEXTS) - torch.embed_passages(TEXTS)).max() < 1e-5
    assert "so torch runs it: a custom or unsupported architecture" in caplog.text
    assert not list((tmp_path / "cache").rglob(".making-*"))


def test_the_comparison_is_made_once(exported: Path, tmp_path: Path, monkeypatch) -> None:
    (file,) = (tmp_path / "cache").rglob(onnx_export.DESCRIPTION)
    kept = file.read_text()
    with monkeypatch.context() as patched:
        patched.setattr(onnx_export, "load_weights", None)
        made(tmp_path, exported)
    file.write_text("{damaged")
    made(tmp_path, exported)
    assert file.read_text() == kept


def test_where_the_comparison_cannot_be_kept_it_is_made_again(
    exported: Path, tmp_path: Path, caplog
) -> None:
    (file,) = (tmp_path / "cache").rglob(onnx_export.DESCRIPTION)
    file.unlink()
    file.mkdir()
    (file / "in the way").touch()
    graph, _ = made(tmp_path, exported)
    assert isinstance(graph._encoder, OnnxEncoder)
    assert "cannot be kept" in caplog.text
    assert not list(file.parent.glob(".*")), "something half written is left"


def test_a_damaged_graph_is_reported_with_the_mend(exported: Path, tmp_path: Path) -> None:
    (graph,) = (tmp_path / "cache").rglob("model.onnx")
    graph.write_bytes(b"cut short")
    with pytest.raises(ModelError, match=rf"delete {graph.parents[1]}"):
        made(tmp_path, exported)


def test_a_cache_that_cannot_be_written_is_reported_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="PLUMB_EMBEDDING_CACHE_DIR"):
        load_embedder(EmbeddingSettings(cache_dir=tmp_path / "file"))
