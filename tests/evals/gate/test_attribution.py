"""Whose a difference is: on made runs, and through the command on real parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.errors import NotComparable
from evals.gate.attribution import attribute_difference, attribution_sentence
from evals.running.run_store import RunStore
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.evals.gate.made_runs import made_run
from tests.evals.running.conftest import CASES, DOCUMENTS, write_cases
from tests.indexing import workbench_here

WRONG = [0.0] * 40 + [1.0] * 80
RIGHT = [1.0] * 120
CLUSTERS = [f"d{number % 24}" for number in range(120)]


def run(scores, name: str):
    return made_run({"correct": scores}, name, clusters=CLUSTERS)


def grid(neither, prompt, index, both):
    cells = (
        frozenset(),
        frozenset({"prompt"}),
        frozenset({"index"}),
        frozenset({"prompt", "index"}),
    )
    rows = (neither, prompt, index, both)
    return {
        cell: run(scores, f"s{at}")
        for at, (cell, scores) in enumerate(zip(cells, rows, strict=True))
    }


def found(*rows):
    (one,) = attribute_difference(["prompt", "index"], grid(*rows), resamples=500, seed=1)
    return one


def test_the_one_that_moved_it_is_named() -> None:
    one = found(WRONG, RIGHT, WRONG, RIGHT)
    prompt, index = one.effects
    assert (one.baseline, one.candidate) == (80 / 120, 1.0)
    assert prompt.mean == pytest.approx(40 / 120)
    assert prompt.is_shown
    assert index.mean == 0
    assert not index.is_shown
    assert not one.interactions[0].is_shown
    assert attribution_sentence(one).startswith(
        "correct rose from 66.7 % to 100.0 %: moved by prompt +33.3 points ("
    )
    assert attribution_sentence(one).endswith("not shown to be moved by index.")


def test_what_only_works_together_is_an_interaction() -> None:
    one = found(WRONG, WRONG, WRONG, RIGHT)
    assert [effect.mean for effect in one.effects] == pytest.approx([20 / 120, 20 / 120])
    assert one.interactions[0].is_shown
    assert "what one does depends on the other: prompt x index" in attribution_sentence(one)


def test_two_that_cancel_out_are_reported_though_nothing_moved() -> None:
    one = found(WRONG, RIGHT, [0.0] * 80 + [1.0] * 40, WRONG)
    assert one.total.mean == 0
    assert [effect.mean > 0 for effect in one.effects] == [True, False]
    assert "correct stayed as it was: moved by " in attribution_sentence(one)


def test_nothing_shown_is_said_so() -> None:
    one = found(RIGHT, RIGHT, RIGHT, [0.0, *RIGHT[1:]])
    assert "no single change is shown to have moved it" in attribution_sentence(one)


def test_a_question_without_a_value_somewhere_is_left_out_and_counted() -> None:
    one = found(WRONG, [None, *RIGHT[1:]], WRONG, RIGHT)
    assert (one.cases, one.left_out) == (119, 1)


def test_runs_of_other_questions_are_refused() -> None:
    runs = grid(WRONG, RIGHT, WRONG, RIGHT)
    runs[frozenset({"prompt"})] = run(RIGHT, "other").model_copy(update={"suite_hash": "x"})
    with pytest.raises(NotComparable):
        attribute_difference(["prompt", "index"], runs, resamples=300, seed=1)


@pytest.fixture
def place(embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of two versions: the second lacks the hours of the depot."""
    monkeypatch.setenv("PLUMB_INDEX_URL", str(tmp_path / "index"))
    (tmp_path / "documents").mkdir()
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    for name, text in DOCUMENTS.items():
        (tmp_path / "documents" / name).write_text(text, encoding="utf-8")
    sync_source("depot", str(tmp_path / "documents"), workbench_here(store, embedder))
    hours = tmp_path / "documents" / "hours.md"
    hours.write_text(hours.read_text().replace("opens at 05:30", "opens before dawn"))
    sync_source("depot", str(tmp_path / "documents"), workbench_here(store, embedder))
    store.close()
    write_cases(tmp_path / "cases.jsonl", [case for case in CASES if case["id"] != "stale"])
    (tmp_path / "suite.yaml").write_text(
        "name: depot\ndescription: Made up.\ndataset: cases.jsonl\ndocument_set: depot\n"
        "metrics: [answer_correct, recall@5]\n"
    )
    return tmp_path


def attributed(place: Path, baseline: str, candidate: str):
    import plumb

    return CliRunner().invoke(
        plumb.app,
        ["eval", "attribute", str(place / "suite.yaml"), "--json",
         "--baseline", baseline, "--candidate", candidate],
    )  # fmt: skip


def test_the_command_runs_the_grid_and_blames_the_index(place: Path, embedder: Embedder) -> None:
    from ingestion.versions.catalogue import Catalogue

    store = open_store(IndexSettings(url=str(place / "index")))
    versions = [info.version for info in Catalogue(store).versions("depot")]
    store.close()
    old, new = sorted(versions)
    result = attributed(place, f"prompt=v1,index={old}", f"prompt=v3,index={new}")
    assert result.exit_code == 0, result.output
    assert len(RunStore(place / "plumb-evals").ids()) == 4
    correct = next(
        one for one in json.loads(result.stdout) if one["metric"]["name"] == "answer_correct"
    )
    prompt, index = correct["effects"]
    assert (prompt["name"], prompt["mean"], index["name"]) == ("prompt", 0.0, "index")
    assert correct["left_out"] == 1
    assert set(correct["systems"]) == {
        f"prompt {p}, index {i}" for p in ("v1", "v3") for i in (old, new)
    }


def test_nothing_to_attribute_is_one_line(place: Path) -> None:
    result = attributed(place, "v1", "v1")
    assert "differ in nothing" in str(result.exception)
