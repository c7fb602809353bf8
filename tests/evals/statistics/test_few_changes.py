"""Bounds where hardly anything changes, beside the exact binomial ones."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binom, binomtest

from evals.statistics.clusters import by_cluster
from evals.statistics.few_changes import PSEUDO_VALUES, FewChanges


def estimate(lost: int, questions: int) -> FewChanges:
    values = [-1.0] * lost + [0.0] * (questions - lost)
    clusters = [f"q{number}" for number in range(questions)]
    return FewChanges(by_cluster(values, clusters), -1.0, 1.0)


def test_nothing_seen_to_change_leaves_about_three_over_n_open() -> None:
    # Rule of three (Hanley and Lippman-Hand, JAMA 249, 1983): 3/n.
    assert 300 * estimate(0, 300).slack(0.95) == pytest.approx(3.27, abs=0.05)


@pytest.mark.parametrize(("lost", "questions"), [(0, 60), (1, 100), (3, 200), (6, 220), (9, 400)])
def test_the_bound_is_near_the_exact_one_and_not_inside_it(lost: int, questions: int) -> None:
    bound = estimate(lost, questions).slack(0.95) - estimate(lost, questions).mean
    exact = binomtest(lost, questions, alternative="less").proportion_ci(0.95, method="exact").high
    assert 0.97 * exact < bound < 1.2 * exact


def test_it_lets_no_more_losses_pass_than_the_binomial_test() -> None:
    # With 200 questions, a margin of 5 points and alpha 5 %, the exact test allows 4 lost ones:
    # P(4 or fewer | 200, 0.05) = 0.026, P(5 or fewer) = 0.062.
    assert binom.cdf(4, 200, 0.05) < 0.05 < binom.cdf(5, 200, 0.05)
    assert estimate(4, 200).p_at_most(-0.05) < 0.05 < estimate(5, 200).p_at_most(-0.05)


def test_mean_and_error_with_unseen_values_are_worked_out_by_hand() -> None:
    found = estimate(0, 20)
    total = 20 + PSEUDO_VALUES
    mean = -PSEUDO_VALUES / total
    squares = 20 * mean**2 + PSEUDO_VALUES * (-1 - mean) ** 2
    error = math.sqrt(21 / 20 * squares) / total
    assert found._with(-1.0)[:2] == pytest.approx((mean, error))
    assert abs(PSEUDO_VALUES - 1.6448536**2 / 2) < 1e-6


def test_sides_mirror_each_other() -> None:
    clusters = [f"q{number}" for number in range(50)]
    values = [-0.5, 0.25, *[0.0] * 48]
    one = FewChanges(by_cluster(values, clusters), -1.0, 1.0)
    other = FewChanges(by_cluster([-value for value in values], clusters), -1.0, 1.0)
    low, high = one.interval(0.95)
    assert other.interval(0.95) == pytest.approx((-high, -low))
    assert other.p_at_least(0.1) == pytest.approx(one.p_at_most(-0.1))


def test_the_interval_keeps_to_what_is_possible() -> None:
    clusters = [f"q{number}" for number in range(5)]
    all_right = FewChanges(by_cluster([1.0] * 5, clusters), 0.0, 1.0)
    low, high = all_right.interval(0.95)
    assert high == 1.0
    assert 0.0 <= low < 0.6


def test_more_questions_would_leave_less_open() -> None:
    found = estimate(0, 20)
    assert found.slack(0.95, times=3) == pytest.approx(estimate(0, 60).slack(0.95), rel=0.01)


def test_clusters_of_what_changed_widen_the_bound() -> None:
    values = [-1.0] * 4 + [0.0] * 96
    apart = FewChanges(by_cluster(values, [f"q{n}" for n in range(100)]), -1.0, 1.0)
    together = FewChanges(by_cluster(values, [f"d{n // 4}" for n in range(100)]), -1.0, 1.0)
    assert together.slack(0.95) > 1.3 * apart.slack(0.95)
