"""An exported model takes the place of its weights and of torch, checked to the last byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingestion.embedding import weights
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.embedding.onnx_export import export_model
from ingestion.errors import ModelError
from ingestion.settings import EmbeddingSettings
from tests.ingestion.small_transformers import small_transformer
from tests.missing_packages import TORCH, run_without

VECTOR = """
import json
from ingestion.embedding.embedder import load_embedder
from app.settings.tree import load_settings
made = load_embedder(load_settings().embedding)
print(json.dumps([made.identity.model_dump(), made.embed_query("pump").tolist()]))
"""
ERROR = """
from prompts.errors import PlumbError
from app.settings.tree import load_settings
from ingestion.embedding.embedder import load_embedder
try:
    load_embedder(load_settings().embedding)
except PlumbError as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def weights_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has neither the package with the weights nor torch."""
    monkeypatch.setattr(weights, "_packaged_folder", lambda: None)
    monkeypatch.setattr(weights, "has_torch", lambda: False)


def test_without_torch_and_weights_an_export_gives_the_same_vectors_and_identity(
    exported_model: Path, embedder: Embedder, tmp_path: Path
) -> None:
    done = run_without(TORCH, VECTOR, tmp_path, PLUMB_EMBEDDING_CACHE_DIR=str(exported_model))
    identity, vector = json.loads(done.stdout)
    assert identity == embedder.identity.model_dump(mode="json")
    assert vector == pytest.approx(embedder.embed_query("pump").tolist(), abs=1e-6)


def test_without_torch_what_cannot_run_says_what_to_install(
    exported_model: Path, tmp_path: Path
) -> None:
    done = run_without(TORCH, ERROR, tmp_path)
    assert done.stdout.startswith("ModelError sentence-transformers/all-MiniLM-L6-v2: no export")
    assert "plumbline[models]" in done.stdout
    assert "plumb models export" in done.stdout


@pytest.mark.usefixtures("weights_elsewhere")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "nobody/nothing"}, "nobody/nothing: no export of it is in"),
        ({"revision": "abc"}, "no export of it is in"),
        ({"device": "cuda"}, "embedding.device=cuda runs on torch"),
        ({"backend": "torch"}, "embedding.backend=torch runs on torch"),
    ],
)
def test_a_model_that_takes_torch_is_refused_with_the_mend(
    exported_model: Path, change: dict[str, str], message: str
) -> None:
    settings = EmbeddingSettings(cache_dir=exported_model).model_copy(update=change)
    with pytest.raises(ModelError, match=rf"{message}.*Install plumbline\[models\], or "):
        load_embedder(settings)


@pytest.mark.usefixtures("weights_elsewhere")
def test_a_changed_graph_is_refused(tmp_path: Path, exported_model: Path) -> None:
    (source,) = exported_model.glob("onnx/*")
    copy = tmp_path / "onnx" / source.name
    (copy / "onnx").mkdir(parents=True)
    for name in (weights.EXPORTED_FROM, "tokenizer.json", "plain-1.json"):
        (copy / name).write_bytes((source / name).read_bytes())
    (copy / "onnx" / "model.onnx").write_bytes(b"another graph")
    with pytest.raises(ModelError, match="is not the graph that was exported"):
        load_embedder(EmbeddingSettings(cache_dir=tmp_path))


@pytest.mark.usefixtures("weights_elsewhere")
@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('{"model": "sentence-transformers/all-MiniLM-L6-v2", "revision": null, "content_hash": "00", '
         '"graph_hash": "11"}', "not from the published 53aa5117"),
        ("{damaged", "cannot be read"),
    ],
)  # fmt: skip
def test_an_export_of_other_weights_or_unknown_origin_is_refused(
    tmp_path: Path, written: str, message: str
) -> None:
    folder = tmp_path / "onnx" / "00"
    folder.mkdir(parents=True)
    (folder / weights.EXPORTED_FROM).write_text(written)
    with pytest.raises(ModelError, match=message):
        load_embedder(EmbeddingSettings(cache_dir=tmp_path))


def test_an_export_of_another_plain_model_goes_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = small_transformer(tmp_path)
    settings = EmbeddingSettings(model=str(made), cache_dir=tmp_path / "models")
    before = load_embedder(settings)
    export_model(settings, tmp_path / "models")
    made.rename(tmp_path / "moved away")
    monkeypatch.setattr(weights, "has_torch", lambda: False)
    after = load_embedder(settings)
    assert after.identity == before.identity
    assert after.embed_query("pump") == pytest.approx(before.embed_query("pump"))


def test_a_model_that_is_not_plain_is_not_exported(tmp_path: Path) -> None:
    model = small_transformer(tmp_path, "max")
    with pytest.raises(ModelError, match="cannot run without torch"):
        export_model(EmbeddingSettings(model=str(model)), tmp_path / "models")
    assert not list(tmp_path.rglob(weights.EXPORTED_FROM))
