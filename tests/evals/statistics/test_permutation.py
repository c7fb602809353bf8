"""Permutation tests of two samples, against other implementations and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from evals.statistics.permutation import (
    assign,
    gap_of_shares,
    gaussian_kernel,
    largest_gap,
    mean_discrepancy,
    stability_index,
)

DRAW = np.random.default_rng(11)


def singles(reference: int, recent: int, permutations: int = 99, seed: int = 1):
    member = [False] * reference + [True] * recent
    return assign(member, [str(place) for place in range(len(member))], permutations, seed)


def test_the_first_assignment_is_the_one_seen_and_others_are_as_large() -> None:
    assignments = singles(7, 4, permutations=50)
    assert assignments.recent[:, 0].tolist() == [0.0] * 7 + [1.0] * 4
    assert set(assignments.recent.sum(axis=0)) == {4.0}
    assert len({tuple(column) for column in assignments.recent.T}) > 40


def test_clusters_are_assigned_whole() -> None:
    clusters = ["a", "a", "b", "b", "c", "d"]
    assignments = assign([False, False, False, False, True, True], clusters, 60, seed=3)
    first, second = assignments.recent[:2], assignments.recent[2:4]
    assert (first[0] == first[1]).all()
    assert (second[0] == second[1]).all()
    assert assignments.recent[0].any()


def test_a_conversation_that_reaches_into_both_windows_is_two_clusters() -> None:
    assignments = assign([False, True], ["a", "a"], 20, seed=3)
    assert assignments.recent[:, 0].tolist() == [0.0, 1.0]


def test_the_largest_gap_is_that_of_kolmogorov_and_smirnov() -> None:
    for digits in (0, 1, 6):
        values = DRAW.normal(size=70).round(digits)
        found = largest_gap(values, singles(40, 30))
        assert found.statistic == pytest.approx(ks_2samp(values[:40], values[40:]).statistic)


def test_the_mean_discrepancy_is_the_unbiased_estimate() -> None:
    vectors = DRAW.normal(size=(12, 3)).astype(np.float32)
    kernel = gaussian_kernel(vectors)
    before, after = range(7), range(7, 12)
    expected = (
        np.mean([kernel[i, j] for i in before for j in before if i != j])
        + np.mean([kernel[i, j] for i in after for j in after if i != j])
        - 2 * np.mean([kernel[i, j] for i in before for j in after])
    )
    assert mean_discrepancy(vectors, singles(7, 5)).statistic == pytest.approx(expected)


def test_the_kernel_is_as_wide_as_the_median_distance() -> None:
    kernel = gaussian_kernel(np.array([[0.0], [1.0], [3.0]], dtype=np.float32))
    # Squared distances 1, 9 and 4.
    assert kernel[0, 2] == pytest.approx(np.exp(-9 / 4))
    assert gaussian_kernel(np.ones((3, 2), dtype=np.float32)).tolist() == [[1.0] * 3] * 3


def test_p_values_are_uniform_if_nothing_changed() -> None:
    p_values = []
    for seed in range(400):
        values = DRAW.integers(0, 6, size=50).astype(float)
        p_values.append(largest_gap(values, singles(30, 20, seed=seed)).p_value)
    for level in (0.05, 0.1, 0.3):
        share = np.mean(np.array(p_values) <= level)
        # Ties make the test careful; four standard errors.
        assert share <= level + 4 * (level / 400) ** 0.5
    assert np.mean(np.array(p_values) <= 0.5) > 0.3


def test_answers_of_one_conversation_count_as_one() -> None:
    """With single answers permuted, likeness within conversations looks like drift."""
    alarms = {"whole": 0, "single": 0}
    for seed in range(120):
        subjects = DRAW.normal(size=20).repeat(6)
        values = subjects + DRAW.normal(scale=0.1, size=120)
        member = [False] * 60 + [True] * 60
        conversations = [str(place // 6) for place in range(120)]
        for name, clusters in (("whole", conversations), ("single", [str(i) for i in range(120)])):
            tested = largest_gap(values, assign(member, clusters, 99, seed))
            alarms[name] += tested.p_value <= 0.05
    assert alarms["whole"] <= 120 * 0.05 + 4 * (120 * 0.05) ** 0.5
    assert alarms["single"] >= 40


def test_differences_are_found() -> None:
    shifted = np.concatenate([DRAW.normal(size=60), DRAW.normal(loc=1.0, size=60)])
    assert largest_gap(shifted, singles(60, 60)).p_value == 0.01
    refused = np.array([False] * 55 + [True] * 5 + [False] * 35 + [True] * 25)
    found = gap_of_shares(refused, singles(60, 60))
    assert found.statistic == pytest.approx(25 / 60 - 5 / 60)
    assert found.p_value == 0.01
    assert found.usual < found.statistic
    fewer = np.array([True] * 30 + [False] * 30 + [False] * 60)
    assert gap_of_shares(fewer, singles(60, 60)).p_value == 0.01
    clouds = DRAW.normal(size=(120, 8)).astype(np.float32)
    clouds[90:] += 1.5
    assert mean_discrepancy(clouds, singles(60, 60)).p_value == 0.01


def test_one_value_everywhere_is_no_difference() -> None:
    assignments = singles(30, 30)
    assert largest_gap(np.ones(60), assignments).p_value == 1.0
    assert gap_of_shares(np.zeros(60, dtype=bool), assignments).p_value == 1.0
    assert mean_discrepancy(np.ones((60, 4), dtype=np.float32), assignments).p_value == 1.0


def test_the_stability_index() -> None:
    values = np.arange(100.0)
    assert stability_index(values, values) == pytest.approx(0.0)
    # Two bins: half and half before; with half an observation more in each, 0.5 and 0.9005 after.
    before, after = np.array([0.0, 1.0] * 50), np.array([0.0] * 10 + [1.0] * 90)
    shares = np.array([10.5, 90.5]) / 101
    expected = sum((share - 0.5) * np.log(share / 0.5) for share in shares)
    assert stability_index(before, after) == pytest.approx(expected)
    assert stability_index(np.ones(50), np.ones(80)) == pytest.approx(0.0)
