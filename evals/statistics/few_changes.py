"""A mean of values that hardly vary: what is not seen counts too."""

from __future__ import annotations

import math

from evals.statistics.clusters import Clustered
from evals.statistics.distributions import normal_quantile, student_above, student_quantile

# Values added on the side of a bound: half the square of the normal quantile of 95 %, which is how
# many Wilson's score interval adds on that side at that confidence (Agresti and Coull, 1998).
PSEUDO_VALUES = normal_quantile(0.95) ** 2 / 2


class FewChanges:
    """A mean's bounds where nearly all values are the same.

    The sample's own variance then says little, and nothing where all values are equal: of 20 equal
    answers one may not conclude that no answer changes. So each bound is taken from the sample with
    UNSEEN values more, of the worst (or best) kind there is, and Student's t. For shares this is
    close to the exact binomial bound: with n values alike, the lower bound of 95 % lies about 3.3/n
    under the mean (the rule of three: 3/n; Hanley and Lippman-Hand, 1983). The values added stand
    each for itself: that changes unseen come one by one, not by the cluster, is supposed.
    """

    def __init__(self, data: Clustered, lowest: float, highest: float) -> None:
        """From at least two clusters.

        Args:
            data: the sample.
            lowest: the lowest value there can be.
            highest: the highest.
        """
        self._data = data
        self._lowest = lowest
        self._highest = highest

    @property
    def mean(self) -> float:
        return self._data.mean

    @property
    def error(self) -> float:
        return self._data.error

    def slack(self, confidence: float, times: float = 1.0) -> float:
        mean, error, freedom = self._with(self._lowest, times)
        return self.mean - mean + student_quantile(confidence, freedom) * error

    def interval(self, confidence: float) -> tuple[float, float]:
        sure = (1 + confidence) / 2
        mean, error, freedom = self._with(self._highest)
        upper = mean + student_quantile(sure, freedom) * error
        return max(self.mean - self.slack(sure), self._lowest), min(upper, self._highest)

    def p_at_most(self, bound: float) -> float:
        mean, error, freedom = self._with(self._lowest)
        return _tail(mean - bound, error, freedom)

    def p_at_least(self, bound: float) -> float:
        mean, error, freedom = self._with(self._highest)
        return _tail(bound - mean, error, freedom)

    def _with(self, value: float, times: float = 1.0) -> tuple[float, float, float]:
        """Mean, error and degrees of freedom of the sample with UNSEEN values added."""
        data = self._data
        total = times * data.values + PSEUDO_VALUES
        mean = (times * math.fsum(data.sums) + PSEUDO_VALUES * value) / total
        residuals = data.sums - mean * data.sizes
        squares = times * float(residuals @ residuals) + PSEUDO_VALUES * (value - mean) ** 2
        clusters = times * data.clusters + 1
        error = math.sqrt(clusters / (clusters - 1) * squares) / total
        effective = total**2 / (times * float(data.sizes @ data.sizes) + PSEUDO_VALUES)
        return mean, error, max(effective - 1, 1.0)


def _tail(distance: float, error: float, freedom: float) -> float:
    """Chance of being so far above by luck alone."""
    if error == 0:  # every value is the extreme one already
        return 1.0 if distance <= 0 else 0.0
    return student_above(distance / error, freedom)
