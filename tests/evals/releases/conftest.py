"""A served document set with prompts of its own, and verdicts that gates might have left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.wiring import Parts, build
from evals.gate.verdict import Verdict
from evals.gate.verdict_store import VerdictStore
from evals.settings import Settings, load_settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.sync.start import sync_source
from prompts.linting import lockable
from prompts.lock import write_lock
from prompts.registry import PromptRegistry, shipped_prompts
from tests.indexing import workbench_here

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, embedder: Embedder) -> Settings:
    """Of a service over the set `depot`, whose prompts `answer@v1` and `v2` are locked."""
    documents, folder = tmp_path / "documents", tmp_path / "prompts"
    documents.mkdir()
    (documents / "warranty.md").write_text("# Warranty\n\nThe warranty lasts 24 months.\n")
    for name in ("answer", "condense"):
        (folder / name).mkdir(parents=True)
        shutil.copy(shipped_prompts() / name / "v1.yaml", folder / name)
    first = (folder / "answer" / "v1.yaml").read_text("utf-8")
    (folder / "answer" / "v2.yaml").write_text(first.replace("passages: 6", "passages: 2"))
    (folder / "aliases.yaml").write_text("answer: {production: v1}\ncondense: {production: v1}\n")
    write_lock(folder, lockable(PromptRegistry(folder)))
    made = load_settings(
        {
            "index.url": str(tmp_path / "index"),
            "prompt.folder": str(folder),
            "evals.folder": str(tmp_path / "evals"),
        }
    )
    sync(made, "depot", documents, embedder)
    return made


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    made = build(settings)
    yield made
    made.close()


@pytest.fixture
def judged(settings: Settings) -> Callable[..., Path]:
    """Leave a verdict on a manifest."""

    def leave(
        manifest: str,
        *,
        passes: bool = True,
        suite: str = "handbook",
        hours: int = 0,
        baseline: str = "a" * 16,
    ) -> Path:
        given: dict[str, Any] = {
            "id": f"vd_{suite}{hours}{manifest}", "passes": passes, "sentence": "It is no worse." if passes else "It cites worse.",
            "at": AT + timedelta(hours=hours), "suite": suite, "suite_hash": "s",
            "dataset_hash": "d", "baseline_run": "run_a", "candidate_run": "run_b",
            "baseline_manifest": baseline, "candidate_manifest": manifest,
            "baseline_label": "answer@v1", "candidate_label": "answer@v2", "alpha": 0.05,
            "comparisons": [],
        }  # fmt: skip
        return VerdictStore(settings.evals.folder).save(Verdict(**given))

    return leave


def sync(settings: Settings, name: str, documents: Path, embedder: Embedder) -> None:
    """Publish a version of a set."""
    store = open_store(settings.index)
    sync_source(name, str(documents), workbench_here(store, embedder))
    store.close()
