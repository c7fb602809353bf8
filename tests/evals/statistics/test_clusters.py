from __future__ import annotations

import math

import pytest

from evals.statistics.clusters import by_cluster


def test_single_values_have_the_usual_error_of_a_mean() -> None:
    data = by_cluster([1.0, 2.0, 3.0, 4.0], "abcd")
    # Standard deviation with n - 1 is sqrt(5/3); its error sqrt(5/3) / 2.
    assert (data.mean, data.error) == pytest.approx((2.5, math.sqrt(5 / 3) / 2))
    assert data.effective == pytest.approx(4)


def test_the_error_of_clusters_is_worked_out_by_hand() -> None:
    # Mean 4/6 = 2/3; residual sums: 3 - 3*2/3 = 1; 1 - 2*2/3 = -1/3; 0 - 2/3 = -2/3.
    # Squares 1 + 1/9 + 4/9 = 14/9; times 3/2 = 7/3; the root, through 6 values.
    data = by_cluster([1, 1, 1, 1, 0, 0], ["a", "a", "a", "b", "b", "c"])
    assert data.error == pytest.approx(math.sqrt(7 / 3) / 6)
    assert data.effective == pytest.approx(36 / 14)


def test_values_doubled_within_their_clusters_are_no_more_evidence() -> None:
    once = by_cluster([0.1, 0.5, 0.9], ["a", "b", "c"])
    twice = by_cluster([0.1, 0.1, 0.5, 0.5, 0.9, 0.9], ["a", "a", "b", "b", "c", "c"])
    assert twice.error == pytest.approx(once.error)
    assert twice.effective == pytest.approx(once.effective)


def test_one_cluster_says_nothing() -> None:
    assert by_cluster([0.2, 0.4], ["a", "a"]).error == math.inf


def test_clusters_are_stirred_by_a_value_off_the_median() -> None:
    assert by_cluster([0, 0, 0, -1, 0, 1], ["a", "a", "b", "b", "c", "d"]).varying_clusters == 2
