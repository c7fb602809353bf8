"""A service answers without torch, and without the room that evaluates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.answering.reranking import Reranker
from ingestion.errors import ModelError
from tests.app.source_view.pdfs import report
from tests.missing_packages import PARSERS, TORCH, run_without

SERVE = """
import json
from fastapi.testclient import TestClient
from app.main import create_app
from app.settings.tree import load_settings
from app.web.markdown import render

SOURCE = "/v1/document-sets/depot/source"
if __name__ == "__main__":
    with TestClient(create_app(load_settings()), base_url="http://localhost") as client:
        ready = client.get("/readyz")
        answer = client.post("/v1/chat", json={"question": "How long does the warranty last?"})
        view = client.get(SOURCE, params={"document": "fleet.pdf", "span": "0-60"})
        page = client.get(SOURCE + "/pages/1", params={"document": "fleet.pdf"})
    print(json.dumps({
        "ready": ready.status_code,
        "answer": answer.json(),
        "view": view.json(),
        "page": [page.status_code, len(page.content)],
        "html": render("**bold**"),
        "modules": sorted(sys.modules),
    }))
"""


def test_a_service_without_torch_and_parsers_answers_and_opens_citations(
    make_parts: Callable, documents: Path, exported_model: Path, tmp_path: Path
) -> None:
    (documents / "fleet.pdf").write_bytes(report())
    make_parts()
    done = run_without(
        (*TORCH, *PARSERS, "evals"),
        SERVE,
        tmp_path,
        PLUMB_INDEX_URL=str(tmp_path / "index"),
        PLUMB_EMBEDDING_CACHE_DIR=str(exported_model),
    )
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout.splitlines()[-1])
    assert output["ready"] == 200
    assert "24 months" in output["answer"]["answer"]
    assert output["answer"]["citations"][0]["document"] == "warranty.md"
    assert (output["view"]["kind"], output["view"]["original_problem"]) == ("pdf", None)
    assert output["view"]["spans"][0]["boxes"]
    status, size = output["page"]
    assert status == 200
    assert size > 1000
    assert output["html"] == "<p><strong>bold</strong></p>\n"
    assert not {"torch", "transformers", "evals"} & set(output["modules"])


def test_a_reranker_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.answering.reranking.has_torch", lambda: False)
    with pytest.raises(ModelError, match=r"some/model: .*plumbline\[models\].*RERANK_MODEL"):
        Reranker("some/model", "cpu", 10)
