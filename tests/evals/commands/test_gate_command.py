"""`plumb eval gate` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner, Result

from evals.gate.verdict_store import VerdictStore
from evals.running.run_store import RunStore
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.evals.gate.made_runs import made_run
from tests.indexing import workbench_here

pytest.importorskip("evals.datasets.suite", reason="suites are read by the branch `runner`")

SUITE = """
name: handbook
description: Made up.
dataset: cases.jsonl
document_set: handbook
metrics: [correct]
gate:
  metrics: {correct: {margin: 0.05}}
  resamples: 300
"""
RIGHT = [1.0, 1.0, 1.0, 0.0] * 50


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A suite, and three kept runs: v1, v2 the same, v3 worse."""
    (tmp_path / "suite.yaml").write_text(SUITE)
    (tmp_path / "cases.jsonl").write_text('{"id": "q", "question": "Why?"}\n')
    folder = RunStore(tmp_path / "plumb-evals")
    for prompt, scores in (("v1", RIGHT), ("v2", RIGHT), ("v3", [0.0] * 30 + RIGHT[30:])):
        folder.save(made_run({"correct": scores}, prompt))
    return tmp_path


def gate(candidate: str, *more: str, baseline: str = "run_v1", suite: str = "suite.yaml") -> Result:
    import plumb

    names = ["--baseline", baseline, "--candidate", candidate, "--suite", suite]
    return CliRunner().invoke(plumb.app, ["eval", "gate", *names, *more])


def verdict(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_an_equal_candidate_exits_with_0_and_says_so(place: Path) -> None:
    result = gate("run_v2")
    assert result.exit_code == 0
    assert "passes: v2 may replace v1: on 200 questions it is no worse" in result.stdout


def test_a_worse_one_exits_with_1_and_leaves_files_for_others(place: Path) -> None:
    files = ["--markdown", "out/gate.md", "--junit", "out/gate.xml", "--html", "out/gate.html"]
    result = gate("run_v3", *files)
    assert result.exit_code == 1
    assert "fails: v3 must not replace v1: correct fell from 75.0 % to 63.5 %" in result.stdout
    assert "v3 must not replace v1" in (place / "out/gate.md").read_text()
    assert Xml.fromstring((place / "out/gate.xml").read_text()).get("failures") == "1"
    assert "The candidate fails" in (place / "out/gate.html").read_text()


def test_json_is_the_verdict_that_is_kept(place: Path) -> None:
    result = gate("run_v3", "--json")
    folder = VerdictStore(place / "plumb-evals")
    (file,) = folder.files()
    assert verdict(result) == json.loads(file.read_text())
    assert folder.load(file).passes is False


def test_runs_come_from_files_and_the_verdict_goes_to_one(place: Path) -> None:
    runs = "plumb-evals/runs/"
    words = ("--output", "out/verdict.json")
    result = gate(f"{runs}run_v3.json", *words, baseline=f"{runs}run_v1.json")
    assert result.exit_code == 1
    (kept,) = VerdictStore(place / "plumb-evals").files()
    assert json.loads((place / "out/verdict.json").read_text()) == json.loads(kept.read_text())
    assert "gone.json: there is no such file; `plumb eval run" in str(gate("gone.json").exception)
    assert "cannot be read as a run" in str(gate("out/verdict.json").exception)


def test_a_run_of_another_suite_is_refused(place: Path) -> None:
    (place / "other.yaml").write_text(SUITE.replace("name: handbook", "name: other"))
    result = gate("run_v2", suite="other.yaml")
    assert "the rules are those of 'other'" in str(result.exception)


def test_a_run_that_is_not_kept_is_reported(place: Path) -> None:
    assert "has no run 'run_v9'" in str(gate("run_v9").exception)


def test_prompts_are_run_and_kept(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pytest.importorskip("tests.evals.running.conftest")
    monkeypatch.setenv("PLUMB_INDEX_URL", str(tmp_path / "index"))
    (tmp_path / "documents").mkdir()
    for name, text in made.DOCUMENTS.items():
        (tmp_path / "documents" / name).write_text(text, encoding="utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    sync_source("depot", str(tmp_path / "documents"), workbench_here(store, embedder))
    store.close()
    cases = [case for case in made.CASES if case["id"] != "stale"]
    made.write_cases(tmp_path / "cases.jsonl", cases)
    suite = SUITE.replace("correct", "refusal_accuracy").replace(": handbook", ": depot")
    (tmp_path / "suite.yaml").write_text(suite)

    result = gate("v1", "--json", baseline="production")

    found = verdict(result)
    runs = RunStore(tmp_path / "plumb-evals").ids()
    assert {found["baseline_run"], found["candidate_run"]} == set(runs)
    assert found["baseline_manifest"] == found["candidate_manifest"]
    (comparison,) = (one for one in found["comparisons"] if one["gates"])
    assert (comparison["losses"], comparison["wins"]) == (0, 0)
    # So few questions show nothing within five points, equal as the answers are.
    assert (comparison["outcome"], result.exit_code) == ("too few", 1)
    assert found["questions_needed"] > len(cases)
