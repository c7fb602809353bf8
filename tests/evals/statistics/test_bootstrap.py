from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from evals.statistics.bootstrap import Bootstrapped
from evals.statistics.clusters import by_cluster
from evals.statistics.resamples import Resamples

RESAMPLES = Resamples(2_000, seed=7)
values_in_clusters = st.lists(
    st.tuples(st.integers(-100, 100), st.integers(0, 15)), min_size=12, max_size=60
).filter(lambda rows: len({row[1] for row in rows}) >= 5 and len({row[0] for row in rows}) >= 5)


def bootstrapped(values, clusters, resamples: Resamples = RESAMPLES) -> Bootstrapped:
    return Bootstrapped(by_cluster(values, clusters), resamples)


def alone(count: int) -> list[str]:
    return [f"q{number}" for number in range(count)]


def test_normal_values_get_nearly_students_interval() -> None:
    values = student.ppf((np.arange(400) + 0.5) / 400, 30).tolist()
    estimate = bootstrapped(values, alone(400), Resamples(20_000, seed=1))
    half = student.ppf(0.975, 399) * estimate.error
    assert estimate.interval(0.95) == pytest.approx((-half, half), rel=0.05)


def test_the_interval_leans_to_where_the_tail_is() -> None:
    values = (-np.random.default_rng(3).exponential(size=60)).tolist()
    estimate = bootstrapped(values, alone(60))
    low, high = estimate.interval(0.95)
    assert estimate.mean - low > 1.1 * (high - estimate.mean)


def test_a_bound_is_never_nearer_than_students() -> None:
    values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    estimate = bootstrapped(values, alone(6))
    assert estimate.slack(0.95) >= student.ppf(0.95, 5) * estimate.error - 1e-12


@settings(max_examples=40, deadline=None)
@given(values_in_clusters, st.randoms(use_true_random=False))
def test_order_makes_no_difference(rows, chance) -> None:
    def interval(some):
        estimate = bootstrapped([row[0] for row in some], [f"{row[1]:02d}" for row in some])
        return estimate.mean, *estimate.interval(0.95), estimate.p_at_most(-1.0)

    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert interval(shuffled) == interval(rows)


@settings(max_examples=40, deadline=None)
@given(values_in_clusters)
def test_turning_the_sign_mirrors_everything(rows) -> None:
    values, clusters = [row[0] for row in rows], [str(row[1]) for row in rows]
    one, other = bootstrapped(values, clusters), bootstrapped([-v for v in values], clusters)
    low, high = one.interval(0.9)
    assert other.interval(0.9) == pytest.approx((-high, -low), abs=1e-6)
    assert other.p_at_least(0.5) == pytest.approx(one.p_at_most(-0.5), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(values_in_clusters, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_p_value_and_the_bound_agree(rows, alpha) -> None:
    estimate = bootstrapped([row[0] for row in rows], [str(row[1]) for row in rows])
    bound = estimate.mean - estimate.slack(1 - alpha)
    nudge = 0.02 * estimate.error
    assert estimate.p_at_most(bound - nudge) < alpha + 2e-3
    assert estimate.p_at_most(bound + nudge) > alpha - 2e-3


@settings(max_examples=30, deadline=None)
@given(values_in_clusters, st.floats(0.01, 50), st.floats(-10, 10))
def test_units_make_no_difference(rows, factor, shift) -> None:
    values, clusters = [row[0] for row in rows], [str(row[1]) for row in rows]
    one = bootstrapped(values, clusters).interval(0.95)
    moved = bootstrapped([factor * v + shift for v in values], clusters).interval(0.95)
    assert moved == pytest.approx(tuple(factor * v + shift for v in one), rel=1e-6, abs=1e-6)


def test_more_resamples_than_are_kept_at_a_time_come_in_blocks() -> None:
    few = Resamples(3_000, seed=2)
    sizes = [block.shape for block in few.times_drawn(1_500)]
    assert len(sizes) > 1
    assert sum(rows for rows, _ in sizes) == 3_000
    assert all((block.sum(axis=1) == 1_500).all() for block in few.times_drawn(1_500))
