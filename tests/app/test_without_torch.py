"""A service answers without torch, and without the room that evaluates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.answering.reranking import Reranker
from ingestion.errors import ModelError
from tests.missing_packages import TORCH, run_without

SERVE = """
import json
from fastapi.testclient import TestClient
from app.main import create_app
from app.settings.tree import load_settings

with TestClient(create_app(load_settings()), base_url="http://localhost") as client:
    ready = client.get("/readyz")
    answer = client.post("/v1/chat", json={"question": "How long does the warranty last?"})
print(json.dumps([ready.status_code, answer.json(), sorted(sys.modules)]))
"""


def test_a_service_without_torch_answers_with_a_citation(
    make_parts: Callable, exported_model: Path, tmp_path: Path
) -> None:
    make_parts()
    done = run_without(
        (*TORCH, "evals"),
        SERVE,
        tmp_path,
        PLUMB_INDEX_URL=str(tmp_path / "index"),
        PLUMB_EMBEDDING_CACHE_DIR=str(exported_model),
    )
    assert done.returncode == 0, done.stderr
    ready, answer, modules = json.loads(done.stdout.splitlines()[-1])
    assert ready == 200
    assert "24 months" in answer["answer"]
    assert answer["citations"][0]["document"] == "warranty.md"
    assert not {"torch", "transformers", "evals"} & set(modules)


def test_a_reranker_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.answering.reranking.has_torch", lambda: False)
    with pytest.raises(ModelError, match=r"some/model: .*plumbline\[models\].*RERANK_MODEL"):
        Reranker("some/model", "cpu", 10)
