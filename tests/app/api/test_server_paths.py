"""Readers are shown where a document comes from, and no path of the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering.answer import Passage, StageScores
from ingestion.documents.document import Chunk
from ingestion.sources.locations import for_readers, label_of
from tests.app.api.test_access import guarded, key  # noqa: F401

SCORES = StageScores.model_construct(fused=1.0, rerank=None)
QUESTION = "How long is the warranty?"


def test_no_answer_of_any_route_holds_a_path(guarded, documents: Path, tmp_path: Path) -> None:  # noqa: F811
    client = guarded()
    reader = key("reader")
    asked = {"model": "plumb/depot", "messages": [{"role": "user", "content": QUESTION}]}
    said = [("/v1/search", client.get("/v1/search", params={"q": QUESTION}, headers=reader))]
    for path, body in (
        ("/v1/chat", {"question": QUESTION}),
        ("/v1/chat", {"question": QUESTION, "stream": True}),
        ("/v1/chat/completions", asked),
        ("/v1/chat/completions", {**asked, "stream": True}),
        ("/v1/responses", {"model": "plumb/depot", "input": QUESTION}),
        ("/v1/responses", {"model": "plumb/depot", "input": QUESTION, "stream": True}),
        (
            "/mcp",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "ask", "arguments": {"question": QUESTION}},
            },
        ),
    ):
        said.append((path, client.post(path, json=body, headers=reader)))
    for path in (f"/v1/answers/{said[1][1].json()['id']}", "/v1/document-sets", "/v1/models"):
        said.append((path, client.get(path, headers=reader)))
    for path, response in said:
        assert response.status_code == 200, (path, response.text)
        assert str(documents) not in response.text, path
        assert str(tmp_path) not in response.text, path
    passages = said[0][1].json()["passages"]
    assert {passage["source"] for passage in passages} == {
        f"{documents.name}/{passage['document']}" for passage in passages
    }


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/srv/docs/a b.md", "kb/a.md"),
        ("file:///srv/docs/a.md", "kb/a.md"),
        ("C:\\docs\\a.md", "kb/a.md"),
        ("\\\\server\\share\\a.md", "kb/a.md"),
        ("~/docs/a.md", "kb/a.md"),
        ("docs/a.md", "docs/a.md"),
        ("s3://bucket/docs/a.md", "s3://bucket/docs/a.md"),
        ("https://docs.example.com/a", "https://docs.example.com/a"),
    ],
)
def test_versions_of_before_show_no_path_either(source: str, shown: str) -> None:
    chunk = Chunk("kb/a.md", "A", (), None, 0, 1, "x", "", 0, source=source)
    assert Passage.of(chunk, SCORES).source == shown
    assert for_readers(source, "kb/a.md") == shown


@pytest.mark.parametrize(
    ("location", "label"),
    [
        ("/srv/private/handbook", "handbook"),
        ("/srv/private/handbook/**/*.md", "handbook"),
        ("file:///srv/private/handbook", "handbook"),
        ("../handbook", "handbook"),
        ("./docs/how-to", "docs/how-to"),
        (".", ""),
    ],
)
def test_labels(location: str, label: str) -> None:
    assert label_of(location) == label
