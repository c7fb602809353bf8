"""A model's own code runs only where the operator named that model at that revision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.embedding.embedder import load_embedder
from ingestion.errors import ModelError
from ingestion.index.protocol import SetInfo
from ingestion.settings import EmbeddingSettings
from ingestion.sources.definitions import SetDefinition, embedding_for
from ingestion.sync.start import settings_of
from tests.app.document_sets.test_embedders import version
from tests.ingestion.small_transformers import small_transformer

NAMED = EmbeddingSettings(model="org/model", revision="abc", trust_remote_code=True)


def of_definition(**embedding: Any) -> EmbeddingSettings:
    definition = SetDefinition.model_validate(
        {"document_set": "a", "sources": [{"url": "docs"}], "embedding": embedding}
    )
    return embedding_for(definition, NAMED)


@pytest.mark.parametrize(
    ("embedding", "trusted"),
    [
        ({}, True),
        ({"query_prefix": "q: "}, True),
        ({"model": "org/model"}, True),
        ({"model": "org/model", "revision": "abc"}, True),
        ({"revision": "abc"}, True),
        ({"revision": "def"}, False),
        ({"revision": ""}, False),
        ({"revision": "ABC"}, False),
        ({"model": "org/model", "revision": "def"}, False),
        ({"model": "org/other"}, False),
        ({"model": "org/other", "revision": "abc"}, False),
        ({"model": "Org/model"}, False),
    ],
)
def test_definitions(embedding: dict[str, Any], trusted: bool) -> None:
    assert of_definition(**embedding).trust_remote_code is trusted


def built_with(name: str) -> SetInfo:
    info = version("x")
    return info.model_copy(update={"model": info.model.model_copy(update={"name": name})})


def test_versions_that_were_built_with_another_model() -> None:
    assert settings_of(built_with("org/model").model, NAMED).trust_remote_code
    assert settings_of(built_with("org/model").model, NAMED).revision == "abc"
    other = settings_of(built_with("org/other").model, NAMED)
    assert (other.revision, other.trust_remote_code) == (None, False)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_code_in_a_models_folder_is_not_run_without_trust(tmp_path: Path, backend: Any) -> None:
    folder = small_transformer(tmp_path)
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(
        f"open({str(ran)!r}, 'w').close()\n"
        "from sentence_transformers.sentence_transformer.modules import Normalize\n"
        "class Evil(Normalize):\n    pass\n"
    )
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": len(modules), "name": "2", "path": "2_Evil", "type": "evil.Evil"})
    (folder / "2_Evil").mkdir()
    (folder / "modules.json").write_text(json.dumps(modules))
    settings = EmbeddingSettings(model=str(folder), backend=backend, cache_dir=tmp_path / "cache")
    with pytest.raises(ModelError, match=r"code of its own \('evil\.Evil'\), which is not run"):
        load_embedder(settings)
    assert not ran.exists()
    if backend == "torch":
        trusted = settings.model_copy(update={"trust_remote_code": True})
        assert load_embedder(trusted).embed_query("abc").shape == (16,)
        assert ran.exists()
