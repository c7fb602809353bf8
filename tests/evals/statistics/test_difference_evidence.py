from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from evals.statistics.difference_evidence import DifferenceEvidence, _log_ratio, nearest_share
from evals.statistics.two_arms import TwoArms, two_arms


def mean_ratio(sizes: tuple[int, int], bound: float, guess: tuple[float, float],
               truth: tuple[float, float]) -> float:  # fmt: skip
    """The exact mean of a look's ratio, over all outcomes that there can be."""
    size, before = sizes
    bad, bad_before = np.meshgrid(np.arange(size + 1), np.arange(before + 1), indexing="ij")
    chance = binom.pmf(bad, size, truth[0]) * binom.pmf(bad_before, before, truth[1])
    looks = TwoArms(bad, np.full_like(bad, size), bad_before, np.full_like(bad, before))
    own, usual = (np.full(bad.shape, share) for share in guess)
    ratio = _log_ratio(looks, own, usual, np.array([bound]))[..., 0]
    return float((chance * np.exp(ratio)).sum())


@pytest.mark.parametrize(
    ("sizes", "bound", "guess"),
    [
        ((4, 30), 0.05, (0.1, 0.1)),
        ((10, 10), 0.01, (0.005, 0.005)),
        ((3, 40), 0.02, (0.01, 0.02)),
        ((8, 8), -0.1, (0.2, 0.4)),
    ],
)
def test_the_ratio_has_mean_one_at_most_wherever_the_hypothesis_holds(
    sizes: tuple[int, int], bound: float, guess: tuple[float, float]
) -> None:
    for before in np.linspace(max(0.0, -bound), 0.9, 12):
        for more in (0.0, 0.02, 0.1):
            truth = min(1.0, before + bound + more), float(before)
            assert mean_ratio(sizes, bound, guess, truth) <= 1 + 1e-9


def test_the_nearest_pair_is_the_one_that_an_optimiser_finds() -> None:
    def divergence(share: float) -> float:
        def part(size: int, q: float, p: float) -> float:
            return size * (q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p)))

        return part(7, 0.1, share + 0.05) + part(50, 0.12, share)

    wanted = minimize_scalar(divergence, bounds=(1e-6, 0.94), method="bounded",
                             options={"xatol": 1e-10}).x  # fmt: skip
    found = nearest_share(
        np.array([0.1]), np.array([0.12]), np.array([7]), np.array([50]), np.array([0.05])
    )
    assert found[0] == pytest.approx(wanted, abs=1e-6)


def test_a_difference_of_the_bound_passes_in_few_canaries_however_often_it_is_looked_at() -> None:
    chance, trials = np.random.default_rng(1), 1000
    evidence = DifferenceEvidence(np.array([0.05]), 0.1, (trials,))
    passed = np.zeros(trials, bool)
    for look in range(60):
        size, before = np.full(trials, 10), np.full(trials, 40)
        rate = 0.1 + 0.08 * np.sin(look / 5)
        evidence.add(
            TwoArms(chance.binomial(size, rate + 0.05), size, chance.binomial(before, rate), before)
        )
        passed |= evidence.log_evidence[:, 0] >= np.log(20)
    assert 0 < passed.mean() <= 0.05


def test_the_upper_bound_comes_down_as_outcomes_come_in() -> None:
    evidence = DifferenceEvidence(np.array([0.01, 0.02, 0.05, 0.1, 0.3]), 0.05)
    assert evidence.upper_bound(0.05) == 1.0
    bounds = []
    for _ in range(4):
        for _ in range(20):
            evidence.add(two_arms(1, 20, 4, 80))
        bounds.append(evidence.upper_bound(0.05))
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] <= 0.05
