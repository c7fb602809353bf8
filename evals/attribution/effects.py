"""How much of a change of score is each factor's.

Each factor gets its Shapley value (Shapley, *A Value for n-Person Games*, 1953): what changing it adds, as
the mean over all orders in which the factors might be changed one after the other. The values add up to
the whole difference, which the main effects of a factorial design do not where factors interact; with two
factors both are the same. What two factors do together beyond what each does is their Shapley interaction
index (Grabisch and Roubens, International Journal of Game Theory 28, 1999): with two factors, the
difference of differences. It is part of the two values, half in each, and not on top of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from evals.attribution.factors import subsets

# A system of the grid: the factors that are changed in it.
Cell = frozenset[str]


def effect_weights(names: Sequence[str], factor: str) -> dict[Cell, float]:
    """What each system's score counts for in a factor's effect."""
    others = [name for name in names if name != factor]
    count = len(names)
    weights: dict[Cell, float] = {}
    for cell in subsets(others):
        share = (
            math.factorial(len(cell))
            * math.factorial(count - len(cell) - 1)
            / math.factorial(count)
        )
        weights[cell | {factor}] = share
        weights[cell] = -share
    return weights


def interaction_weights(names: Sequence[str], pair: tuple[str, str]) -> dict[Cell, float]:
    """What each system's score counts for in what two factors do together."""
    others = [name for name in names if name not in pair]
    count = len(names)
    weights: dict[Cell, float] = {}
    for cell in subsets(others):
        share = (
            math.factorial(len(cell))
            * math.factorial(count - len(cell) - 2)
            / math.factorial(count - 1)
        )
        weights[cell | set(pair)] = share
        weights[cell | {pair[0]}] = -share
        weights[cell | {pair[1]}] = -share
        weights[cell] = share
    return weights


def contrasts(names: Sequence[str]) -> dict[str, dict[Cell, float]]:
    """All effects by name: each factor, then each pair as `one x other`."""
    found = {name: effect_weights(names, name) for name in names}
    for pair in combinations(names, 2):
        found[" x ".join(pair)] = interaction_weights(names, pair)
    return found


def weighed(weights: Mapping[Cell, float], scores: Mapping[Cell, float]) -> float:
    """An effect on one question."""
    return math.fsum(weight * scores[cell] for cell, weight in weights.items())
