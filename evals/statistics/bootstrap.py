"""Studentised bootstrap of a mean, resampling whole clusters."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evals.statistics.clusters import Clustered
from evals.statistics.distributions import student_above, student_quantile
from evals.statistics.resamples import Resamples


class Bootstrapped:
    """A mean's bounds by the bootstrap-t (Efron and Tibshirani, 1993, chapter 12) over clusters.

    Clusters are drawn with replacement, and each resample's mean is put into units of its own
    cluster-robust error; the quantiles of these stand for those of Student's t. They follow the
    skew of the data, which percentiles and Student's t do not: see docs/QUALITY.md for what the
    choice was made by. With few clusters they may be too narrow still; so a bound is never nearer
    than Student's t with one degree less than there are effective clusters (a p-value never lower).
    """

    def __init__(self, data: Clustered, resamples: Resamples) -> None:
        """From at least two clusters that are not all the same."""
        self._data = data
        self._resamples = resamples

    @property
    def mean(self) -> float:
        return self._data.mean

    @property
    def error(self) -> float:
        return self._data.error

    def slack(self, confidence: float, times: float = 1.0) -> float:
        drawn = float(np.quantile(self._drawn, confidence))
        return max(drawn, self._student(confidence)) * self.error / math.sqrt(times)

    def interval(self, confidence: float) -> tuple[float, float]:
        tail = (1 - confidence) / 2
        drawn = float(np.quantile(self._drawn, tail))
        above = -min(drawn, -self._student(1 - tail)) * self.error
        return self.mean - self.slack(1 - tail), self.mean + above

    def p_at_most(self, bound: float) -> float:
        seen = self._units(bound)
        share = self._share(len(self._drawn) - np.searchsorted(self._drawn, seen, "left"))
        return max(share, student_above(seen, self._freedom))

    def p_at_least(self, bound: float) -> float:
        seen = self._units(bound)
        share = self._share(np.searchsorted(self._drawn, seen, "right"))
        return max(share, student_above(-seen, self._freedom))

    @property
    def _freedom(self) -> float:
        return max(self._data.effective - 1, 1.0)

    def _student(self, confidence: float) -> float:
        return student_quantile(confidence, self._freedom)

    def _units(self, bound: float) -> float:
        return (self.mean - bound) / self.error

    def _share(self, count: np.intp) -> float:
        # The sample itself counts as one of the resamples: no p-value is 0.
        return (1 + int(count)) / (1 + len(self._drawn))

    @cached_property
    def _drawn(self) -> NDArray[np.float64]:
        """The resamples' means in units of their errors, sorted."""
        data = self._data
        columns = np.stack(
            [data.sums, data.sizes, data.sums**2, data.sums * data.sizes, data.sizes**2], axis=1
        )
        drawn: NDArray[np.float64] = np.concatenate(
            [
                _studentised(times @ columns, data)
                for times in self._resamples.times_drawn(data.clusters)
            ]
        )
        drawn.sort()
        return drawn


def _studentised(totals: NDArray[np.float64], data: Clustered) -> NDArray[np.float64]:
    """From a resample's totals of sums, sizes, squares and products, its mean in its own errors."""
    sums, sizes, squares, products, squared_sizes = totals.T
    means = sums / sizes
    residuals = squares - 2 * means * products + means**2 * squared_sizes
    errors = np.sqrt(data.clusters / (data.clusters - 1) * np.maximum(residuals, 0)) / sizes
    # A resample that happens to have no variance is infinitely far off, but finite here: quantiles
    # of infinities are not numbers. The least error is far below any that is real.
    found: NDArray[np.float64] = (means - data.mean) / np.maximum(errors, 1e-9 * data.error)
    return found
