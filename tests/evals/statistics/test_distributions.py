"""The same as scipy.stats says."""

from __future__ import annotations

import pytest
from scipy import stats

from evals.statistics.distributions import (
    normal_above,
    normal_quantile,
    student_above,
    student_quantile,
)
from evals.statistics.mcnemar import mcnemar


@pytest.mark.parametrize("value", [-40.0, -2.5, 0.0, 0.3, 8.0])
@pytest.mark.parametrize("freedom", [1.0, 2.7, 19.0, 431.0])
def test_tails(value: float, freedom: float) -> None:
    assert normal_above(value) == pytest.approx(stats.norm.sf(value), rel=1e-12)
    assert student_above(value, freedom) == pytest.approx(stats.t.sf(value, freedom), rel=1e-9)


@pytest.mark.parametrize("confidence", [0.001, 0.05, 0.5, 0.975, 0.9999])
@pytest.mark.parametrize("freedom", [1.0, 2.7, 19.0, 431.0])
def test_quantiles(confidence: float, freedom: float) -> None:
    assert normal_quantile(confidence) == pytest.approx(stats.norm.ppf(confidence), rel=1e-12)
    assert student_quantile(confidence, freedom) == pytest.approx(
        stats.t.ppf(confidence, freedom), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (0, 1), (1, 0), (3, 12), (40, 41)])
def test_mcnemar_is_the_binomial_test(wins: int, losses: int) -> None:
    expected = 1.0
    if wins + losses:
        expected = stats.binomtest(losses, wins + losses, 0.5, alternative="greater").pvalue
    assert mcnemar(wins, losses) == pytest.approx(expected, rel=1e-12)
