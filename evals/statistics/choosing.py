"""Which way to estimate a mean fits the data."""

from __future__ import annotations

from collections.abc import Sequence

from evals.statistics.bootstrap import Bootstrapped
from evals.statistics.clusters import by_cluster
from evals.statistics.estimate import Estimate
from evals.statistics.few_changes import FewChanges
from evals.statistics.paired_shares import PairedShares
from evals.statistics.resamples import Resamples

# With fewer clusters that vary, resampling knows too little of how they do. Found by simulation
# (docs/QUALITY.md): with 6, a loss of just the margin passes in 7 % of trials where it may in 5 %
# (50 questions, 22 % of which change); with 10, intervals of 50 yes/no questions in ten documents
# hold the truth 97.5 % of the time, wider than need be.
STIRRED = 8


def estimate_mean(
    values: Sequence[float],
    clusters: Sequence[str],
    *,
    lowest: float,
    highest: float,
    resamples: Resamples,
) -> Estimate | None:
    """A mean with what is known of it; None where there are fewer than two clusters.

    Args:
        values: the sample.
        clusters: the cluster of each value.
        lowest, highest: the bounds of what a value can be.
        resamples: of the bootstrap.
    """
    if len(set(clusters)) < 2:
        return None
    data = by_cluster(values, clusters)
    if data.stirred < STIRRED or data.error == 0:
        return FewChanges(data, lowest, highest)
    return Bootstrapped(data, resamples)


def estimate_difference(
    values: Sequence[float],
    clusters: Sequence[str],
    *,
    widest: float,
    resamples: Resamples,
) -> Estimate | None:
    """A mean of paired differences; None where there are fewer than two clusters.

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
