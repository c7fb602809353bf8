"""Faults do harm where they should and nowhere else; harmless changes do none."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial

import pytest

from evals.gate.power.changes import Change, all_changes, some_changes
from evals.gate.power.faults import ChangedPassages, truncated
from evals.gate.power.harness import Harness
from evals.running.plan import System
from evals.running.run import CaseResult
from evals.running.runner import SuiteRunner
from evals.settings import load_settings


def mean(results: Sequence[CaseResult], metric: str) -> float:
    values = [one.scores[metric].value for one in results if metric in one.scores]
    return statistics.fmean(value for value in values if value is not None)


def named(name: str, strength: str) -> Change:
    (change,) = (c for c in all_changes() if (c.name, c.strength) == (name, strength))
    return change


def broken(harness: Harness, name: str, strength: str, seed: int = 1) -> list[CaseResult]:
    return harness.results(named(name, strength).inject(harness.unchanged, seed))


def test_without_a_change_the_answers_are_those_of_a_run(
    place, suite, harness: Harness, embedder
) -> None:
    settings = load_settings(
        {"index.url": str(place / "index"), "evals.folder": str(place / "evals")}
    )
    runner = SuiteRunner(settings, embedder=embedder)
    run = runner.run(suite, System(prompt="v1"))
    runner.close()
    assert [one.scores for one in harness.results(harness.unchanged)] == [
        {name: result.scores[name] for name in suite.gate.metrics if name in result.scores}
        for result in run.results
    ]
    assert mean(run.results, "answer_correct") == 1


@pytest.mark.parametrize(
    ("name", "strength", "hurt", "unhurt"),
    [
        ("dropped chunks", "40 %", "recall@5", None),
        ("stale index", "50 % of documents", "answer_correct", "recall@5"),
        ("truncated context", "250 characters", None, "answer_correct"),
        ("citations off", "50 %", "citation_recall", "answer_correct"),
        ("refusals too many", "threshold 0.4", None, "recall@5"),
        ("refusals off", "threshold 0", None, "answer_correct"),
    ],
)
def test_faults(
    harness: Harness, name: str, strength: str, hurt: str | None, unhurt: str | None
) -> None:
    results = broken(harness, name, strength)
    sound = harness.results(harness.unchanged)
    if hurt:
        assert mean(results, hurt) < mean(sound, hurt)
    if unhurt:
        assert mean(results, unhurt) == mean(sound, unhurt)


def test_shuffled_embeddings_are_like_what_they_are_not(harness: Harness) -> None:
    asked = harness._questions[0].prepared
    shuffled = named("shuffled embeddings", "100 %").inject(harness.unchanged, 1)
    before, after = (
        {
            passage.chunk_id: passage.scores.dense
            for passage in parts.retriever.retrieve(asked.question, parts.documents, 6).passages
        }
        for parts in (harness.unchanged, shuffled)
    )
    both = before.keys() & after.keys()
    assert both
    assert all(before[chunk] != pytest.approx(after[chunk], abs=1e-4) for chunk in both)


def test_an_instance_is_drawn_by_its_seed(harness: Harness) -> None:
    once, again, other = (
        [one.scores for one in broken(harness, "dropped chunks", "40 %", seed)]
        for seed in (1, 1, 2)
    )
    assert once == again
    assert once != other


def test_passages_are_cut_and_fewer(harness: Harness) -> None:
    question = harness._questions[0].prepared
    short = named("truncated context", "250 characters").inject(harness.unchanged, 1)
    assert isinstance(short.retriever, ChangedPassages)
    found = (
        ChangedPassages(harness.unchanged.retriever, partial(truncated, letters=20))
        .retrieve(question.question, harness.unchanged.documents, 3)
        .passages
    )
    assert found
    assert all(len(p.text) <= 20 and p.end - p.start == len(p.text) for p in found)
    few = named("wrong prompt", "1 of the passages").inject(harness.unchanged, 1)
    assert few.passages == 1


def test_a_rebuilt_index_answers_alike(harness: Harness) -> None:
    vectors = harness.unchanged.documents.vectors()  # type: ignore[attr-defined]
    rebuilt = named("rebuilt index", "bfloat16 vectors").inject(harness.unchanged, 1)
    other = dict(zip(rebuilt.documents._keys, rebuilt.documents._matrix, strict=True))  # type: ignore[attr-defined]
    assert vectors.keys() == other.keys()
    for key, vector in vectors.items():
        assert 0 < abs(vector - other[key]).max() < 0.01
    assert mean(harness.results(rebuilt), "answer_correct") == 1


def test_every_kind_has_a_quick_one() -> None:
    faults = {change.name for change in all_changes() if change.is_fault}
    assert {change.name for change in some_changes() if change.is_fault} == faults
    assert any(not change.is_fault for change in some_changes())
