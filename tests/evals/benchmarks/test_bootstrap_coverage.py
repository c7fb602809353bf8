"""A shorter run of the benchmark: coverage, and passing at the margin."""

from __future__ import annotations

import math

import pytest

from evals.benchmarks import bootstrap_coverage as benchmark

TRIALS = 400
HELD = [shape for shape in benchmark.SHAPES if shape.held]


@pytest.fixture(autouse=True)
def _fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "RESAMPLES", 1_000)


@pytest.mark.parametrize("shape", HELD, ids=lambda shape: shape.name)
@pytest.mark.parametrize("grouping", ["alone", "in fives"])
def test_intervals_hold_the_truth_as_often_as_stated(shape, grouping) -> None:
    covered, passed = benchmark.simulate(shape, benchmark.groupings(100)[grouping], TRIALS, seed=1)
    # The goal, and two and a half standard errors of a simulation of this length.
    slip = 2.5 * math.sqrt(0.95 * 0.05 / TRIALS)
    assert 0.93 - slip < covered < 0.97 + slip
    assert passed < 0.05 + 0.02 + slip


def test_an_interval_that_is_too_narrow_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = benchmark.estimate_difference

    def narrow(values, clusters, **more):
        # As if questions about one document were independent.
        return real(values, [str(number) for number in range(len(values))], **more)

    monkeypatch.setattr(benchmark, "estimate_difference", narrow)
    monkeypatch.setattr(benchmark, "SHARED", 0.5)
    covered, _ = benchmark.simulate(HELD[0], [5] * 20, TRIALS, seed=1)
    assert covered < 0.85


@pytest.mark.parametrize("shape", benchmark.SHAPES, ids=lambda shape: shape.name)
def test_the_means_that_are_held_true_are_those_of_the_shapes(shape) -> None:
    import numpy as np

    middle = (np.arange(200_000) + 0.5) / 200_000
    assert shape.values(middle).mean() == pytest.approx(shape.mean, abs=1e-4)


def test_groups_have_all_questions() -> None:
    for size in benchmark.SIZES:
        assert {sum(sizes) for sizes in benchmark.groupings(size).values()} == {size}
