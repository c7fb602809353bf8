"""Means of values that come in clusters, such as questions about one document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Clustered:
    """Values, summed by cluster.

    Attributes:
        sums: of the values of each cluster.
        sizes: how many values each cluster has.
        varying_clusters: clusters in which some value is not the median of all values: where these are few,
            next to nothing is known of how values vary.
    """

    sums: NDArray[np.float64]
    sizes: NDArray[np.float64]
    varying_clusters: int

    @property
    def clusters(self) -> int:
        return len(self.sums)

    @cached_property
    def values(self) -> int:
        return int(self.sizes.sum())

    @cached_property
    def mean(self) -> float:
        """Mean over all values; each counts the same, whatever its cluster's size."""
        return math.fsum(self.sums) / self.values

    @cached_property
    def error(self) -> float:
        """Cluster-robust standard error of the mean (arXiv 2411.00640, section 2.2), with the
        correction C / (C - 1) for few clusters; of one cluster, infinite."""
        if self.clusters < 2:
            return math.inf
        residuals = self.sums - self.mean * self.sizes
        correction = self.clusters / (self.clusters - 1)
        return math.sqrt(correction * float(residuals @ residuals)) / self.values

    @cached_property
    def effective(self) -> float:
        """How many clusters of one size would weigh the same (Kish, 1965): the squared sum of the
        sizes over the sum of their squares."""
        return self.values**2 / float(self.sizes @ self.sizes)


def by_cluster(values: Sequence[float], clusters: Sequence[str]) -> Clustered:
    """Sum values by cluster; their order makes no difference.

    Args:
        values: at least one.
        clusters: the cluster of each.
    """
    groups: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    middle = float(np.median(values))
    ordered = [groups[name] for name in sorted(groups)]
    return Clustered(
        sums=np.array([math.fsum(group) for group in ordered]),
        sizes=np.array([float(len(group)) for group in ordered]),
        varying_clusters=sum(any(value != middle for value in group) for group in ordered),
    )
