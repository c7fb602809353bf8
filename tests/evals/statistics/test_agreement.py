from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from evals.statistics.agreement import agreement, cohen_kappa


def test_kappa_of_a_textbook() -> None:
    """Two readers of 50 grant proposals: 20 both yes, 15 both no, 5 and 10 apart; kappa is 0.4."""
    first = [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15
    second = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = agreement(first, second)
    assert (found.both_yes, found.only_first, found.only_second, found.both_no) == (20, 5, 10, 15)
    assert found.share == 0.7
    assert found.kappa == pytest.approx(0.4)
    assert found.kappa_interval is not None
    low, high = found.kappa_interval
    # By the large-sample standard error, 0.13: 0.4 less and more 0.25.
    assert low == pytest.approx(0.15, abs=0.05)
    assert high == pytest.approx(0.65, abs=0.05)


def test_kappa_is_that_of_scikit_learn() -> None:
    chance = random.Random(3)
    for rows in (5, 20, 200):
        one = np.array([chance.random() < 0.7 for _ in range(rows)])
        two = np.array([value if chance.random() < 0.8 else not value for value in one])
        assert cohen_kappa(one, two) == pytest.approx(cohen_kappa_score(one, two))


def test_judges_who_always_say_the_same_have_no_kappa() -> None:
    found = agreement([True] * 9, [True] * 9)
    assert (found.kappa, found.kappa_interval, found.share) == (None, None, 1.0)


@pytest.mark.parametrize(("agreed", "rows", "needed"), [(8, 10, 60), (10, 10, 16), (1, 2, 93)])
def test_too_few_rows_are_reported_with_how_many_it_takes(
    agreed: int, rows: int, needed: int
) -> None:
    found = agreement([True] * rows, [True] * agreed + [False] * (rows - agreed))
    assert not found.is_enough
    assert found.rows_needed == pytest.approx(needed, abs=3)
    times = -(-found.rows_needed // rows)
    more = agreement([True] * rows * times, ([True] * agreed + [False] * (rows - agreed)) * times)
    assert more.is_enough
    low, high = more.share_interval
    assert (high - low) / 2 <= 0.1
