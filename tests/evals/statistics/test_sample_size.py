from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from evals.statistics.estimate import estimate_difference
from evals.statistics.resamples import Resamples
from evals.statistics.sample_size import detectable_loss, sample_factor_needed

RESAMPLES = Resamples(4_000, seed=3)


def estimate(values, clusters=None, widest=1.0):
    clusters = clusters or [f"q{number}" for number in range(len(values))]
    found = estimate_difference(values, clusters, widest=widest, resamples=RESAMPLES)
    assert found is not None
    return found


def normal(count: int, spread: float) -> list[float]:
    return (spread * norm.ppf((np.arange(count) + 0.5) / count)).tolist()


def test_normal_differences_show_what_the_textbook_says() -> None:
    found = estimate(normal(400, 0.2))
    expected = (norm.ppf(0.95) + norm.ppf(0.8)) * 0.2 / math.sqrt(400)
    assert detectable_loss(found, 0.05, 0.8) == pytest.approx(expected, rel=0.05)


def test_half_the_margin_takes_four_times_the_questions() -> None:
    found = estimate(normal(400, 0.2))
    shown = detectable_loss(found, 0.05, 0.8)
    assert sample_factor_needed(found, shown, 0.05, 0.8) == pytest.approx(1.0, rel=0.01)
    assert sample_factor_needed(found, shown / 2, 0.05, 0.8) == pytest.approx(4.0, rel=0.01)


def test_answers_that_all_agree_need_about_three_over_the_margin() -> None:
    found = estimate([0.0] * 20, [f"d{number // 2}" for number in range(20)])
    needed = 20 * sample_factor_needed(found, 0.05, 0.05, 0.8)
    assert 3 / 0.05 < needed < 3.6 / 0.05


def test_a_margin_of_next_to_nothing_has_no_number() -> None:
    assert sample_factor_needed(estimate(normal(50, 0.3)), 1e-7, 0.05, 0.8) == math.inf


def test_an_equal_candidate_passes_as_often_as_the_power_says() -> None:
    # 200 questions whose differences have a spread of 0.2, and the margin that they show at 80 %.
    margin = detectable_loss(estimate(normal(200, 0.2)), 0.05, 0.8)
    chance = np.random.default_rng(9)
    passed = sum(
        estimate(chance.normal(0, 0.2, 200).tolist()).p_at_most(-margin) < 0.05 for _ in range(600)
    )
    assert passed / 600 == pytest.approx(0.8, abs=0.05)
