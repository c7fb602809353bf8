"""A small document set on each backend, a suite over it, and runners."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.datasets.suite import Suite
from evals.running.runner import SuiteRunner
from evals.settings import load_settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

DOCUMENTS = {
    "warranty.md": "# Warranty terms\n\nThe warranty on a refrigeration unit lasts 24 months from "
    "delivery.\n\nA claim is sent to the service desk within 14 days of the failure.\n",
    "hours.md": "# Depot opening hours\n\nThe Kestrel depot opens at 05:30 and closes at 22:00.\n\n"
    "The Merlin depot is open around the clock.\n",
}
CASES: list[dict[str, Any]] = [
    {
        "id": "length",
        "question": "How long does the warranty last?",
        "answer": "24 months",
        "gold": [{"document": "warranty.md", "quote": "lasts 24 months from delivery"}],
        "tags": ["sales"],
    },
    {
        "id": "opens",
        "question": "When does the Kestrel depot open?",
        "answer": "05:30",
        "gold": [{"document": "hours.md", "quote": "opens at 05:30"}],
    },
    {
        "id": "then",
        "question": "And when does it close?",
        "history": [{"question": "When does the Kestrel depot open?", "answer": "At 05:30."}],
        "answer": "22:00",
        "gold": [{"document": "hours.md", "quote": "closes at 22:00"}],
    },
    {
        "id": "stale",
        "question": "How long does the warranty on a door last?",
        "answer": "12 months",
        "gold": [{"document": "warranty.md", "quote": "lasts 12 months"}],
    },
    {"id": "moon", "question": "Who walked on the moon first?", "answerable": False},
]
METRICS = ("recall@5", "mrr", "refusal_accuracy", "answer_correct", "latency_ms", "cost")
HOSTED = {
    "chat.model": "openai:gpt-4.1-mini",
    "prices.input_per_million": 1.0,
    "prices.output_per_million": 2.0,
    "chat.max_retries": 0,
}


@pytest.fixture
def indexed(store: IndexStore, embedder: Embedder, tmp_path: Path) -> IndexStore:
    """A backend that holds the set `depot`."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    sync_source("depot", str(folder), workbench_here(store, embedder))
    return store


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """A suite over the set."""
    file = tmp_path / "cases.jsonl"
    write_cases(file, CASES)
    return Suite(
        name="depot",
        description="The depot.",
        dataset=str(file),
        document_set="depot",
        metrics=METRICS,
    )


def write_cases(file: Path, cases: list[dict[str, Any]]) -> None:
    """Write a dataset."""
    file.write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")


@pytest.fixture
def make_runner(
    indexed: IndexStore, embedder: Embedder, tmp_path: Path
) -> Iterator[Callable[..., SuiteRunner]]:
    """Runners over the set, each as a process of its own would make it."""
    made: list[SuiteRunner] = []

    def make(**overrides: Any) -> SuiteRunner:
        named = {name.replace("__", "."): value for name, value in overrides.items()}
        settings = load_settings(
            {"index.url": str(tmp_path / "index"), "evals.folder": str(tmp_path / "evals"), **named}
        )
        made.append(SuiteRunner(settings, indexed, embedder))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def make_hosted(make_runner, openai) -> Callable[..., SuiteRunner]:
    """Runners whose chat model is the scripted server, at a price."""
    openai.reply = 'It says "24 months" [1].'

    def make(**overrides: Any) -> SuiteRunner:
        hosted = {name.replace(".", "__"): value for name, value in HOSTED.items()}
        runner: SuiteRunner = make_runner(**{**hosted, "chat__base_url": openai.url, **overrides})
        return runner

    return make
