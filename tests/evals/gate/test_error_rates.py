"""The gate's own error rates, by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from evals.datasets.suite import GateRules, MetricRule
from evals.gate.decide import decide_comparisons
from evals.gate.pairing import PairedScores, estimate_metric
from evals.gate.verdict import Comparison
from evals.metrics.score import MetricInfo
from evals.statistics.resamples import Resamples

TRIALS = 500
QUESTIONS = 220
# Documents of five questions, and single questions.
CLUSTERS = [f"d{number // 5}" if number < 160 else f"q{number}" for number in range(QUESTIONS)]
NAMES = ("correct", "recall@5", "faithful")
RESAMPLES = Resamples(600, seed=1)
Differences = Callable[[np.random.Generator], "np.ndarray"]


def rules(metrics: int = 1) -> GateRules:
    return GateRules(metrics={name: MetricRule(margin=0.05) for name in NAMES[:metrics]})


def answers(lost: float, won: float) -> Differences:
    """Yes/no answers of which so many are lost and won."""

    def drawn(chance: np.random.Generator) -> np.ndarray:
        luck = chance.random(QUESTIONS)
        return np.where(luck < lost, -1.0, np.where(luck > 1 - won, 1.0, 0.0))

    return drawn


def compared(
    changes: Mapping[str, Differences], chance: np.random.Generator, given: GateRules
) -> list[Comparison]:
    measured = []
    for name in given.metrics:
        change = changes[name](chance)
        before = np.where(change < 0, 1.0, 0.0)
        paired = PairedScores(CLUSTERS, before.tolist(), (before + change).tolist(), 0, 0)
        measured.append(estimate_metric(MetricInfo(name=name, description=""), paired, RESAMPLES))
    return decide_comparisons(measured, given)


def stopped(changes: Mapping[str, Differences], given: GateRules) -> float:
    """Share of candidates that fail."""
    chance = np.random.default_rng(17)
    return (
        sum(any(one.fails for one in compared(changes, chance, given)) for _ in range(TRIALS))
        / TRIALS
    )


def at_most(rate: float) -> float:
    """A rate with three standard errors of the simulation."""
    return rate + 3 * math.sqrt(rate * (1 - rate) / TRIALS)


def test_a_candidate_worse_by_the_margin_passes_as_rarely_as_stated() -> None:
    passed = 1 - stopped({"correct": answers(lost=0.07, won=0.02)}, rules())
    assert 0 < passed <= at_most(0.05)


def test_a_fault_in_one_of_three_metrics_is_found_as_often_as_stated() -> None:
    changes = {
        "correct": answers(lost=0.05, won=0.0),
        "recall@5": answers(lost=0.0, won=0.0),
        "faithful": answers(lost=0.0, won=0.0),
    }
    assert 1 - stopped(changes, rules(3)) <= at_most(0.05)


@pytest.mark.parametrize("metrics", [1, 3])
def test_a_harmless_change_of_few_answers_is_stopped_as_rarely_as_stated(metrics: int) -> None:
    # One answer in a hundred gets worse, and one better.
    changes = dict.fromkeys(NAMES[:metrics], answers(lost=0.01, won=0.01))
    assert stopped(changes, rules(metrics)) <= at_most(0.05)


def test_a_harmless_change_is_rarely_called_worse_in_any_of_three_metrics() -> None:
    # Many answers change, which is more than this suite can let through; but "worse" is said of
    # hardly any candidate, over all metrics together.
    changes = dict.fromkeys(NAMES, answers(lost=0.1, won=0.1))
    chance, given = np.random.default_rng(29), rules(3)
    called = sum(
        any(one.outcome == "worse" for one in compared(changes, chance, given))
        for _ in range(TRIALS)
    )
    assert 0 < called / TRIALS <= at_most(0.05)


def test_a_change_of_many_answers_is_beyond_this_suite_and_it_says_how_far() -> None:
    # Every tenth answer is lost, and every tenth won.
    change = np.zeros(QUESTIONS)
    change[::10], change[5::10] = -1.0, 1.0
    (found,) = compared({"correct": lambda _: change}, np.random.default_rng(0), rules())
    assert found.outcome == "too few"
    assert found.detectable > 0.05
    # (1.645 + 1.645)² 0.2 / 0.05² is 866 for independent questions.
    assert found.questions_needed == pytest.approx(866, rel=0.15)
