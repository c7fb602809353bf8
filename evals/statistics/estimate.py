"""The seam of estimates: a mean, and how far from it the truth may be."""

from __future__ import annotations

from typing import Protocol


class Estimate(Protocol):
    """A mean of a sample, as evidence about the mean of all that could have been sampled."""

    @property
    def mean(self) -> float:
        """The sample's mean."""

    @property
    def error(self) -> float:
        """Its standard error."""

    def slack(self, confidence: float, times: float = 1.0) -> float:
        """How far below the mean its one-sided lower bound is.

        Args:
            confidence: of the bound, for example 0.95.
            times: as if there were so many times as many values like these.
        """

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided interval: as much doubt below as above."""

    def p_at_most(self, bound: float) -> float:
        """p-value of the hypothesis that the true mean is `bound` or lower; where it is under
        alpha, the lower bound of confidence 1 - alpha is above `bound`, and the other way round."""

    def p_at_least(self, bound: float) -> float:
        """p-value of the hypothesis that the true mean is `bound` or higher."""
