from __future__ import annotations

import pytest

from evals.statistics.mcnemar import mcnemar


def test_by_hand() -> None:
    # Of 8 that differ, 7 or 8 are losses: (8 + 1) / 256.
    assert mcnemar(wins=1, losses=7) == pytest.approx(9 / 256)


def test_as_published() -> None:
    # Complete response before and after consolidation therapy, 6 against 16 pairs (Fagerland,
    # Lydersen and Laake, BMC Medical Research Methodology 13, 2013): exact two-sided p 0.0525.
    assert 2 * mcnemar(wins=6, losses=16) == pytest.approx(0.0525, abs=5e-5)


def test_a_win_is_no_loss() -> None:
    assert mcnemar(wins=7, losses=1) == pytest.approx(255 / 256)
    assert mcnemar(wins=0, losses=0) == 1.0
