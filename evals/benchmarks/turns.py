"""Ratios of things that are measured by turns, so that whatever else goes on falls on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 2_000
# An interval of fewer turns says little: then the bounds are those of the ratios themselves.
FEWEST_FOR_INTERVAL = 8


class Ratio(NamedTuple):
    """One thing as a multiple of another.

    Attributes:
        value: the median.
        low, high: a 95 % bootstrap interval of it; of fewer than eight turns, the least and
            the largest ratio of one turn.
    """

    value: float
    low: float
    high: float

    @property
    def spread(self) -> tuple[float, float]:
        """The bounds alone."""
        return self.low, self.high


def by_turns(ways: Sequence[Callable[[], float]], turns: int) -> list[list[float]]:
    """What each way returns, turn by turn: A B C, C B A, A B C, …

    Every second turn goes backwards, so that a machine that grows slower favours none.
    """
    found: list[list[float]] = [[] for _ in ways]
    for turn in range(turns):
        order = range(len(ways)) if turn % 2 == 0 else range(len(ways) - 1, -1, -1)
        for place in order:
            found[place].append(ways[place]())
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """`ours` over `theirs`, whose items of one place were measured in one turn.

    Raises:
        ValueError: there are none, or not as many of both.
    """
    above, below = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if not len(above) or len(above) != len(below):
        raise ValueError(f"{len(above)} and {len(below)} figures make no ratio by turns")
    if len(above) < FEWEST_FOR_INTERVAL:
        each = above / below
        return Ratio(float(np.median(each)), float(each.min()), float(each.max()))
    chosen = np.random.default_rng(0).integers(len(above), size=(RESAMPLES, len(above)))
    drawn = np.median(above[chosen], axis=1) / np.median(below[chosen], axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Ratio(float(np.median(above) / np.median(below)), float(low), float(high))
