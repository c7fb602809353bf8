from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics.holm import holm

p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_by_hand() -> None:
    # Sorted: 4 * 0.01 = 0.04, 3 * 0.02 = 0.06, 2 * 0.03 = 0.06, 1 * 0.04 = 0.04, never falling.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_values_end_at_one() -> None:
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


@given(p_lists)
def test_it_is_never_less_than_the_value_nor_more_than_bonferronis(p_values) -> None:
    for value, adjusted in zip(p_values, holm(p_values), strict=True):
        assert value <= adjusted <= min(1.0, len(p_values) * value) + 1e-12


@given(p_lists, st.randoms(use_true_random=False))
def test_order_makes_no_difference(p_values, chance) -> None:
    order = list(range(len(p_values)))
    chance.shuffle(order)
    moved = holm([p_values[place] for place in order])
    assert moved == [holm(p_values)[place] for place in order]


def test_of_true_hypotheses_any_is_called_false_as_rarely_as_stated() -> None:
    chance = np.random.default_rng(11)
    wrong = sum(min(holm(chance.uniform(size=5).tolist())) < 0.05 for _ in range(4_000))
    # 5 %, give or take three standard errors of a simulation of this length.
    assert 0.039 < wrong / 4_000 < 0.061
