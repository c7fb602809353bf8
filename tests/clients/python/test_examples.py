"""The examples of the README and of the guide run as they are printed, against a real service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from app.security.keys import Keys
from app.store.database import Database
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.api.live import live_service
from tests.clients.serving import HOURS, WARRANTY, settings_in
from tests.indexing import workbench_here

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "clients/python/README.md"
GUIDE = ROOT / "docs/how-to/use-the-clients.md"
# The real one: services' jobs alone are forked off a warm one.
PYTHON = sys.executable
QUARANTINE = "# Quarantine\n\nGoods may stay in quarantine for no longer than 14 days.\n"


def examples(page: Path) -> list[str]:
    """The page's blocks of Python."""
    return re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(warm_processes, embedder: Embedder, tmp_path: Path):
    """Runs a program beside a service that has the set `demo`; returns what it prints."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "quarantine.md").write_text(QUARANTINE, "utf-8")
    shutil.copy(ROOT / "docs/reference/document-formats.md", documents)
    with closing(open_store(IndexSettings(url=str(tmp_path / "index")))) as store:
        sync_source("demo", str(documents), workbench_here(store, embedder))
    settings = settings_in(tmp_path)
    with closing(Database(settings.store.url.get_secret_value())) as database:
        database.migrate()
        key = Keys(database).create("examples", "admin")
    with live_service(settings) as url:

        def program(text: str, **environment: str) -> str:
            done = subprocess.run(
                [PYTHON, "-c", text],
                cwd=tmp_path,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(ROOT / "clients/python/src"),
                    "PLUMBLINE_URL": url,
                    "PLUMBLINE_API_KEY": key,
                    **environment,
                },
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        yield program


def test_the_readmes_example(run) -> None:
    (example,) = examples(README)
    assert len(example.strip().splitlines()) <= 10
    printed = run(example)
    assert "14 days" in printed
    assert "[1] Quarantine, quarantine.md" in printed
    assert "Markdown" in printed


def test_the_guides_examples_in_their_order(run, openai, tmp_path) -> None:
    (tmp_path / "manuals" / "below").mkdir(parents=True)
    (tmp_path / "manuals" / "hours.md").write_text(HOURS, "utf-8")
    (tmp_path / "manuals" / "below" / "warranty.md").write_text(WARRANTY, "utf-8")
    openai.raw = tool_call_first
    blocks = examples(GUIDE)
    assert len(blocks) == 8
    printed = run(
        "\n".join(blocks),
        OPENAI_BASE_URL=openai.url,
        OPENAI_API_BASE=openai.url,
        OPENAI_API_KEY="-",
    )
    for words in (
        "14 days",
        "citations",
        "['warranty.md', 'hours.md']",
        "succeeded",
        "2 added; []",
        "completed 2 0 of 2",
        "422 urn:plumbline:problem:invalid-request {'options.passages':",
        "PassagesFound",
        "Quarantine None",
        "The model's last word",
        "ans_",
    ):
        assert words in printed, words


def tool_call_first(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Answer as a chat model that asks its tool, and then answers."""
    asked = {"name": "ask_documents", "arguments": json.dumps({"question": "How long?"})}
    message: dict[str, Any] = {"role": "assistant", "content": "The model's last word"}
    if request["messages"][-1]["role"] != "tool":
        call = {"id": "call-1", "type": "function", "function": asked}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    answer = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }
    body = json.dumps(answer).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
