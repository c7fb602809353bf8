"""Whether two samples come from one distribution, by permutation of whole clusters.

Questions of one conversation belong together, so that a permutation moves a conversation as a whole.
Under the hypothesis that nothing changed, every assignment of clusters to the two samples is as likely as
the one seen, whatever the distribution. The p-value is therefore exact at any sample size
(Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010: the observed
assignment counts as one of the permutations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# The quantile of the permutations that a report shows beside a statistic.
USUAL = 0.95


@dataclass(frozen=True, slots=True)
class Assignments:
    """The assignment seen, and random ones.

    Attributes:
        recent: 1.0 where an observation is in the recent sample, else 0.0; shape (observations,
            1 + permutations); the first column is the assignment seen.
    """

    recent: Floats

    def among(self, chosen: NDArray[np.bool_]) -> Assignments:
        """The same for some of the observations."""
        return Assignments(self.recent[chosen])


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """What one test says.

    Attributes:
        statistic: of the two samples as seen; larger is more different.
        usual: the 95 % quantile of the statistic under permutation: chance alone stays below it in
            95 of 100 windows.
        p_value: the chance of a statistic at least as large if nothing changed.
    """

    statistic: float
    usual: float
    p_value: float


def assign(
    recent: Sequence[bool], clusters: Sequence[str], permutations: int, seed: int
) -> Assignments:
    """Assign whole clusters to the recent sample at random, as many as are in it.

    Args:
        recent: for each observation, whether it is in the recent sample.
        clusters: for each observation, what it belongs to. A cluster that reaches into both samples
            counts as two.
        permutations: how many random assignments.
        seed: of the random numbers.
    """
    names = [f"{at}\0{cluster}" for at, cluster in zip(recent, clusters, strict=True)]
    distinct, of = np.unique(names, return_inverse=True)
    of_recent = np.zeros(len(distinct))
    of_recent[of] = np.asarray(recent, dtype=float)
    draw = np.random.default_rng(seed)
    columns = [of_recent, *(draw.permutation(of_recent) for _ in range(permutations))]
    return Assignments(np.stack(columns, axis=1)[of])


def largest_gap(values: Floats, assignments: Assignments) -> PermutationTest:
    """Kolmogorov and Smirnov's two-sample statistic: the largest gap between the distribution functions.

    Args:
        values: one for each observation; equal values are allowed.
        assignments: of the same observations.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    recent = assignments.recent[order]
    steps = recent / _sizes(recent) - (1.0 - recent) / _sizes(1.0 - recent)
    ends = np.append(ordered[1:] != ordered[:-1], True)
    return _tested(np.abs(np.cumsum(steps, axis=0)[ends]).max(axis=0))


def gap_of_shares(values: NDArray[np.bool_], assignments: Assignments) -> PermutationTest:
    """The difference between the shares of yes in the two samples, without its sign."""
    recent = assignments.recent
    yes = values.astype(float)
    shares = yes @ recent / _sizes(recent) - yes @ (1.0 - recent) / _sizes(1.0 - recent)
    return _tested(np.abs(shares))


def mean_discrepancy(vectors: NDArray[np.float32], assignments: Assignments) -> PermutationTest:
    """The squared maximum mean discrepancy with a Gaussian kernel.

    The unbiased estimate of Gretton et al., "A kernel two-sample test" (Journal of Machine Learning
    Research 13, 2012), with their median heuristic for the kernel's width.

    Args:
        vectors: shape (observations, dimensions).
        assignments: of the same observations.
    """
    kernel = gaussian_kernel(vectors)
    np.fill_diagonal(kernel, 0.0)
    recent = assignments.recent
    sizes, others = _sizes(recent), _sizes(1.0 - recent)
    towards_recent = kernel @ recent
    within = (recent * towards_recent).sum(axis=0)
    between = towards_recent.sum(axis=0) - within
    within_others = kernel.sum() - within - 2.0 * between
    values = (
        within / np.maximum(sizes * (sizes - 1.0), 1.0)
        + within_others / np.maximum(others * (others - 1.0), 1.0)
        - 2.0 * between / np.maximum(sizes * others, 1.0)
    )
    return _tested(values)


def gaussian_kernel(vectors: NDArray[np.float32]) -> Floats:
    """The kernel between all vectors, as wide as the median distance between different ones."""
    exact = vectors.astype(np.float64)
    norms = (exact**2).sum(axis=1)
    squared = np.maximum(norms[:, None] + norms[None, :] - 2.0 * exact @ exact.T, 0.0)
    apart = squared[squared > 1e-9]
    width = float(np.median(apart)) if apart.size else 1.0
    found: Floats = np.exp(-squared / width)
    return found


def stability_index(reference: Floats, recent: Floats, bins: int = 10) -> float:
    """The population stability index over equal shares of the reference.

    By convention below 0.1 is no change to speak of, above 0.25 a large one (Siddiqi, Credit Risk
    Scorecards, 2006). Half an observation is added to each bin, so that an empty one counts.

    Args:
        reference, recent: one value for each observation, at least one each.
        bins: how many shares at most; equal values fall into one.
    """
    inner = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    edges = np.unique(np.quantile(reference, inner, method="inverted_cdf"))
    edges = edges[edges < reference.max()]
    before, after = (
        np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1) + 0.5
        for values in (reference, recent)
    )
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * np.log(after / before)).sum())


def _sizes(members: Floats) -> Floats:
    found: Floats = np.maximum(members.sum(axis=0), 1.0)
    return found


def _tested(statistics: Floats) -> PermutationTest:
    # Equal up to rounding counts as equal.
    reached = statistics[1:] >= statistics[0] - 1e-12
    return PermutationTest(
        statistic=float(statistics[0]),
        usual=float(np.quantile(statistics[1:], USUAL)) if len(statistics) > 1 else 0.0,
        p_value=float((1 + reached.sum()) / len(statistics)),
    )
