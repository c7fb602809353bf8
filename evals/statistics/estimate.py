"""A mean, how far the truth may be from it, and which method estimates that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evals.statistics.bootstrap import Bootstrapped
from evals.statistics.clusters import by_cluster
from evals.statistics.few_changes import FewChanges
from evals.statistics.paired_shares import PairedShares
from evals.statistics.resamples import Resamples


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


def value_range(values: Sequence[float], share: bool) -> tuple[float, float, float]:
    """The lowest and highest value there can be, and the largest difference.

    Args:
        values: those that were seen.
        share: whether they are shares, from 0 to 1.
    """
    if share and min(values) >= 0 and max(values) <= 1:
        return 0.0, 1.0, 1.0
    # Milliseconds or tokens have no bound. What is not seen is supposed to be no worse than twice
    # the worst that is.
    largest = max(map(abs, values)) or 1.0
    return min(0.0, 2 * min(values)), 2 * largest, largest


# With fewer clusters that vary, resampling knows too little of how they do. Found by simulation
# (docs/QUALITY.md): with 6, a loss of just the margin passes in 7 % of trials where it may in 5 %
# (50 questions, 22 % of which change); with 10, intervals of 50 yes/no questions in ten documents
# hold the truth 97.5 % of the time, wider than need be.
MIN_VARYING_CLUSTERS = 8


def estimate_mean(
    values: Sequence[float],
    clusters: Sequence[str],
    *,
    lowest: float,
    highest: float,
    resamples: Resamples,
) -> Estimate | None:
    """A mean with what is known of it; None if there are fewer than two clusters.

    Args:
        values: the sample.
        clusters: the cluster of each value.
        lowest, highest: the bounds of what a value can be.
        resamples: of the bootstrap.
    """
    if len(set(clusters)) < 2:
        return None
    data = by_cluster(values, clusters)
    if data.varying_clusters < MIN_VARYING_CLUSTERS or data.error == 0:
        return FewChanges(data, lowest, highest)
    return Bootstrapped(data, resamples)


def estimate_difference(
    values: Sequence[float],
    clusters: Sequence[str],
    *,
    widest: float,
    resamples: Resamples,
) -> Estimate | None:
    """A mean of paired differences; None if there are fewer than two clusters.

    Args:
        values: the differences; where they are all -1, 0 or 1, the widest is 1, and each is a
            cluster of its own, they are taken as those of yes/no answers.
        clusters: the cluster of each value.
        widest: the largest difference there can be.
        resamples: of the bootstrap.
    """
    alone = len(set(clusters)) == len(clusters)
    if alone and widest == 1 and len(values) > 1 and all(value in (-1, 0, 1) for value in values):
        wins, losses = sum(value == 1 for value in values), sum(value == -1 for value in values)
        return PairedShares(wins, losses, len(values))
    return estimate_mean(values, clusters, lowest=-widest, highest=widest, resamples=resamples)
