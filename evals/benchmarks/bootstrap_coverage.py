"""Do 95 % intervals of the gate hold the truth 95 % of the time? By simulation, where it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import expon, norm

from evals.benchmarks.table import Result
from evals.statistics.estimate import Estimate, estimate_difference
from evals.statistics.resamples import Resamples
from ingestion.embedding.embedder import Embedder

TRIALS = 2_000
RESAMPLES = 4_000
SIZES = (50, 200, 1_000)
ALPHA = 0.05
GOAL = (0.93, 0.97)
# How much of the (hidden, normal) value of a question is its document's.
SHARED = 0.2
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """A way that paired differences may be spread.

    Attributes:
        name: what they look like.
        values: from uniform numbers.
        mean: their true mean.
        widest: the largest difference there can be.
        held: whether its coverage has a goal, or is only reported.
    """

    name: str
    values: Callable[[Floats], Floats]
    mean: float
    widest: float = 1.0
    held: bool = True


def run(_: Embedder) -> Result:
    """Measure each shape at each size, questions alone and in groups."""
    result = Result(
        "bootstrap_coverage",
        f"Coverage of the gate's 95 % intervals ({TRIALS} trials, goal 0.93 to 0.97), and how often "
        "a loss of just the margin passes at alpha 0.05",
    )
    for size in SIZES:
        for grouping, sizes in groupings(size).items():
            for shape in SHAPES:
                covered, passed = simulate(shape, sizes, TRIALS, seed=size)
                what, note = f"n = {size}, {grouping}: {shape.name}", f"passes: {passed:.3f}"
                if shape.held:
                    result.add_between(what, covered, "coverage", *GOAL, note)
                else:
                    result.add(what, covered, "coverage", note=note)
    return result


def simulate(shape: Shape, sizes: list[int], trials: int, seed: int) -> tuple[float, float]:
    """How often the interval holds the truth, and how often a candidate passes that must not.

    Args:
        shape: of the differences.
        sizes: of the clusters.
        trials: how many samples to draw.
        seed: of all that is drawn.

    Returns:
        Coverage of the 95 % interval; share of trials in which a candidate that is worse by just the
        margin is found no worse at ALPHA.
    """
    chance = np.random.default_rng(seed)
    clusters = [f"{number:04d}" for number, size in enumerate(sizes) for _ in range(size)]
    resamples = Resamples(RESAMPLES, seed)
    covered = passed = 0
    for _ in range(trials):
        estimate = _sample(shape, clusters, sizes, chance, resamples)
        low, high = estimate.interval(0.95)
        covered += low <= shape.mean <= high
        passed += estimate.p_at_most(shape.mean) < ALPHA
    return covered / trials, passed / trials


def groupings(size: int) -> dict[str, list[int]]:
    """Cluster sizes: none shared, fives, and many unequal ones beside single questions."""
    documents = size // 14
    weights = np.linspace(0.5, 1.8, documents)
    unequal = np.maximum(1, np.round(weights / weights.sum() * size * 0.75)).astype(int).tolist()
    found = {"alone": [1] * size, "in fives": [5] * (size // 5)}
    # Of 50 questions, three documents would be left; these show nothing.
    if size >= 200:
        found["as the handbook's"] = unequal + [1] * (size - sum(unequal))
    return found


def _sample(
    shape: Shape,
    clusters: list[str],
    sizes: list[int],
    chance: np.random.Generator,
    resamples: Resamples,
) -> Estimate:
    own = chance.standard_normal(len(clusters))
    if len(sizes) < len(clusters):
        common = np.repeat(chance.standard_normal(len(sizes)), sizes)
        own = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    values = shape.values(norm.cdf(own)).tolist()
    found = estimate_difference(values, clusters, widest=shape.widest, resamples=resamples)
    assert found is not None
    return found


def _right_or_wrong(lost: float, won: float) -> Callable[[Floats], Floats]:
    """Differences of yes/no answers: so many lost, so many won."""
    return lambda chance: np.where(chance < lost, -1.0, np.where(chance > 1 - won, 1.0, 0.0))


SHAPES = (
    Shape("normal", lambda chance: 0.1 * norm.ppf(chance), 0.0),
    Shape("skewed (exponential losses)", lambda chance: -0.1 * expon.ppf(1 - chance), -0.1, 5.0),
    Shape("yes/no, 22 % lost and 17 % won", _right_or_wrong(0.22, 0.17), -0.05),
    Shape("yes/no, 8 % lost and 5 % won", _right_or_wrong(0.08, 0.05), -0.03, held=False),
    Shape("5 % lose all, the rest is equal", _right_or_wrong(0.05, 0.0), -0.05, held=False),
)
