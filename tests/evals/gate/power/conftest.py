"""A small set with a suite over it, opened to be broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.datasets.suite import GateRules, MetricRule, Suite
from evals.gate.power.harness import Harness
from evals.settings import load_settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

FACTS = {
    "pumps.md": ("The coolant pump runs at 41 bar.", "Pump seals are replaced every 18 months."),
    "doors.md": ("Dock doors are inspected every 90 days.", "A door motor draws 16 amperes."),
    "trucks.md": ("Trucks are limited to 82 km/h.", "A truck carries 33 pallets."),
    "stores.md": ("The cold store is kept at 4 degrees.", "The dry store holds 7,200 boxes."),
}
ASKED = {
    "pumps.md": (("At how many bar does the coolant pump run?", "41 bar"),
                 ("How often are pump seals replaced?", "18 months")),
    "doors.md": (("How often are dock doors inspected?", "90 days"),
                 ("How many amperes does a door motor draw?", "16 amperes")),
    "trucks.md": (("What speed are trucks limited to?", "82 km/h"),
                  ("How many pallets does a truck carry?", "33 pallets")),
    "stores.md": (("At how many degrees is the cold store kept?", "4 degrees"),
                  ("How many boxes does the dry store hold?", "7,200 boxes")),
}  # fmt: skip
RULES = GateRules(
    metrics={
        name: MetricRule(margin=0.4)
        for name in ("answer_correct", "recall@5", "citation_recall", "wrong_refusal")
    },
    resamples=300,
)


@pytest.fixture
def place(embedder: Embedder, tmp_path: Path) -> Path:
    """A folder with the index, the dataset and the suite's file."""
    documents = tmp_path / "documents"
    documents.mkdir()
    for name, (one, other) in FACTS.items():
        title = name.removesuffix(".md").title()
        text = f"# {title}\n\n## Every day\n\n{one}\n\n## Now and then\n\n{other}\n"
        (documents / name).write_text(text, encoding="utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    sync_source("depot", str(documents), workbench_here(store, embedder))
    store.close()
    cases = [
        {
            "id": f"{name}-{number}",
            "question": question,
            "answer": answer,
            "gold": [{"document": name, "quote": FACTS[name][number]}],
        }
        for name, asked in ASKED.items()
        for number, (question, answer) in enumerate(asked)
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    suite = {"name": "depot", "description": "Made up.", "dataset": "cases.jsonl",
             "document_set": "depot", "metrics": ["answer_correct"],
             "gate": RULES.model_dump(mode="json")}  # fmt: skip
    (tmp_path / "suite.yaml").write_text(json.dumps(suite), encoding="utf-8")
    return tmp_path


@pytest.fixture
def suite(place: Path) -> Suite:
    """The suite."""
    return Suite(
        name="depot",
        description="Made up.",
        dataset=str(place / "cases.jsonl"),
        document_set="depot",
        metrics=("answer_correct",),
        gate=RULES,
    )


@pytest.fixture
def harness(place: Path, suite: Suite, embedder: Embedder) -> Iterator[Harness]:
    """The system."""
    settings = load_settings(
        {"index.url": str(place / "index"), "evals.folder": str(place / "evals")}
    )
    opened = Harness(settings, suite, "v1", embedder=embedder)
    yield opened
    opened.close()
