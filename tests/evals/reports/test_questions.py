"""What a question's change is worth."""

from __future__ import annotations

import math

import pytest

from evals.metrics.score import Score
from evals.reports.questions import Question, questions_of
from evals.running.run import CaseResult, EvalRun
from tests.evals.reports.made_runs import BASELINE, made_run


def _scored(*values: dict[str, float | None]) -> EvalRun:
    """A run of one question, asked once for each of these."""
    run = made_run(BASELINE, 1)
    return run.model_copy(
        update={
            "results": [
                run.results[0].model_copy(
                    update={
                        "repeat": repeat,
                        "scores": {n: Score(value=v, missing="-" if v is None else None) for n, v in found.items()},
                    }
                )
                for repeat, found in enumerate(values)
            ]
        }
    )  # fmt: skip


def _question(before: EvalRun, after: EvalRun) -> Question:
    [question] = questions_of(before, after, {"recall@5"})
    return question


def test_lower_milliseconds_are_a_gain_that_orders_nothing() -> None:
    question = _question(_scored({"latency_ms": 90.0}), _scored({"latency_ms": 60.0}))
    gains = {change.metric.name: change.gain for change in question.changes}
    assert gains["latency_ms"] == 30.0
    assert gains["recall@5"] is None
    assert question.better == []
    assert question.benefit() == (0.0, 0.0)


def test_repeats_are_averaged_as_the_gate_does() -> None:
    before = _scored({"recall@5": 1.0}, {"recall@5": 0.5}, {"recall@5": None})
    after = _scored({"recall@5": None}, {"recall@5": math.nan}, {"recall@5": 0.0})
    change = _question(before, after).changes[0]
    assert (change.baseline, change.candidate, change.gain) == (0.75, None, None)


def test_harm_in_what_gates_comes_before_harm_in_the_rest() -> None:
    full = {"recall@5": 1.0, "answer_recall": 1.0}
    gating = _question(_scored(full), _scored(full | {"recall@5": 0.9}))
    other = _question(_scored(full), _scored(full | {"answer_recall": 0.0}))
    assert gating.harm() == (False, pytest.approx(0.1), 0.0)
    assert gating.harm() > other.harm() > (False, 0.0, 0.0)


def test_an_answer_that_is_gone_is_the_worst() -> None:
    before = _scored({"recall@5": 1.0})
    gone = before.model_copy(
        update={"results": [CaseResult(case=before.results[0].case, error="Timeout: 60 s")]}
    )
    question = _question(before, gone)
    assert question.newly_failed
    assert question.answer_changed
    assert question.harm() > (False, 99.0, 99.0)
    assert not _question(gone, gone).newly_failed
    assert not _question(gone, before).newly_failed


def test_rounding_is_no_change() -> None:
    question = _question(_scored({"recall@5": 0.1 + 0.2}), _scored({"recall@5": 0.3}))
    assert (question.worse, question.better) == ([], [])
