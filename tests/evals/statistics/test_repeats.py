from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics.repeats import repeat_share

# Shrout and Fleiss (1979), table 2: four judges on six targets; ICC(1,1) is 0.17 there.
RATINGS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_it_is_what_the_published_intraclass_correlation_leaves() -> None:
    share = repeat_share(RATINGS)
    assert share is not None
    assert 1 - share == pytest.approx(0.17, abs=0.005)


def test_by_hand() -> None:
    # Within: (0.5 + 0.5) / 2 = 0.5. Means 0.5 and 4.5: between 2 * (4 + 4) / 1 = 16.
    # Of the questions: (16 - 0.5) / 2 = 7.75; share 0.5 / 8.25.
    assert repeat_share([[0, 1], [4, 5]]) == pytest.approx(0.5 / 8.25)


def test_without_repeats_there_is_none() -> None:
    assert repeat_share([[0.1], [0.2], [0.3]]) is None
    assert repeat_share([[0.1, 0.2]]) is None
    assert repeat_share([[], [0.1, 0.2]]) is None


def test_the_same_answer_each_time_is_no_noise() -> None:
    assert repeat_share([[0.2, 0.2], [0.9, 0.9]]) == 0.0
    assert repeat_share([[0.5, 0.5], [0.5, 0.5]]) == 0.0


def test_nothing_but_noise_is_all_noise() -> None:
    assert repeat_share([[0, 1], [1, 0], [0, 1]]) == 1.0


def test_known_variances_are_found() -> None:
    chance = np.random.default_rng(5)
    groups = chance.normal(size=(4_000, 1)) + 0.5 * chance.normal(size=(4_000, 3))
    assert repeat_share(groups.tolist()) == pytest.approx(0.25 / 1.25, abs=0.01)


@given(st.lists(st.lists(st.floats(-5, 5), max_size=4), max_size=8))
def test_it_is_a_share_or_nothing(groups) -> None:
    share = repeat_share(groups)
    assert share is None or 0 <= share <= 1
