"""The gate's own error rates, by simulation of whole runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evals.gate.decide import decide
from evals.suites.suite import GateRules, MetricRule
from tests.evals.gate.made_runs import made_run

TRIALS = 300
QUESTIONS = 220
# Documents of five questions, and single questions.
CLUSTERS = [f"d{number // 5}" if number < 160 else f"q{number}" for number in range(QUESTIONS)]


def stopped(lost: float, won: float, rules: GateRules, metrics: int = 1) -> float:
    """Share of candidates that fail, where so many answers are lost and won."""
    chance = np.random.default_rng(17)
    failed = 0
    for _ in range(TRIALS):
        before, after = {}, {}
        for metric in list(rules.metrics)[:metrics]:
            drawn = chance.random(QUESTIONS)
            before[metric] = np.where(drawn > 1 - won, 0.0, 1.0).tolist()
            after[metric] = np.where(drawn < lost, 0.0, 1.0).tolist()
        one = made_run(before, "v1", CLUSTERS)
        failed += not decide(one, made_run(after, "v2", CLUSTERS), rules).passes
    return failed / TRIALS


def rules(metrics: int = 1) -> GateRules:
    names = ["correct", "recall@5", "faithful"][:metrics]
    return GateRules(metrics={name: MetricRule(margin=0.05) for name in names}, resamples=500)


def allowed(rate: float) -> float:
    """A rate with three standard errors of the simulation."""
    return rate + 3 * math.sqrt(rate * (1 - rate) / TRIALS)


def test_a_candidate_worse_by_the_margin_passes_as_rarely_as_stated() -> None:
    assert 1 - stopped(lost=0.07, won=0.02, rules=rules()) <= allowed(0.05)


def test_a_fault_of_the_margin_in_one_of_three_metrics_is_found_as_often_as_stated() -> None:
    given = rules(metrics=3)
    chance = np.random.default_rng(23)
    passed = 0
    for _ in range(TRIALS):
        drawn = chance.random(QUESTIONS)
        same = [1.0] * QUESTIONS
        one = made_run({name: same for name in given.metrics}, "v1", CLUSTERS)
        after = {name: same for name in given.metrics}
        after["correct"] = np.where(drawn < 0.05, 0.0, 1.0).tolist()
        passed += decide(one, made_run(after, "v2", CLUSTERS), given).passes
    assert passed / TRIALS <= allowed(0.05)


@pytest.mark.parametrize("metrics", [1, 3])
def test_a_harmless_change_of_few_answers_is_stopped_as_rarely_as_stated(metrics: int) -> None:
    # One answer in a hundred gets worse, and one better.
    found = stopped(lost=0.01, won=0.01, rules=rules(metrics), metrics=metrics)
    assert found <= allowed(0.05)


def test_a_harmless_change_of_many_answers_is_beyond_this_suite_and_it_says_so() -> None:
    chance = np.random.default_rng(31)
    drawn = chance.random(QUESTIONS)
    before = np.where(drawn > 0.9, 0.0, 1.0).tolist()
    after = np.where(drawn < 0.1, 0.0, 1.0).tolist()
    one = made_run({"correct": before}, "v1", CLUSTERS)
    verdict = decide(one, made_run({"correct": after}, "v2", CLUSTERS), rules())
    assert verdict.comparisons[0].detectable > 0.05
    if not verdict.passes:
        assert verdict.questions_needed > QUESTIONS
