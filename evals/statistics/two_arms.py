"""Counts of yes/no outcomes in two arms that run side by side, look by look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class TwoArms:
    """What came in between two looks; the arrays have one shape, () for a single comparison.

    Attributes:
        bad: bad outcomes of the candidate.
        size: all outcomes of the candidate.
        bad_before: bad outcomes of the baseline.
        size_before: all outcomes of the baseline.
    """

    bad: Ints
    size: Ints
    bad_before: Ints
    size_before: Ints

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each array."""
        return self.size.shape

    @property
    def compares(self) -> NDArray[np.bool_]:
        """Whether both arms have outcomes; a look in which one has none compares nothing."""
        return (self.size > 0) & (self.size_before > 0)


def two_arms(bad: int, size: int, bad_before: int, size_before: int) -> TwoArms:
    """The counts of a single comparison."""
    return TwoArms(
        *(np.asarray(count, dtype=np.int64) for count in (bad, size, bad_before, size_before))
    )


class StratifiedDifference:
    """The difference of two shares (candidate minus baseline), each look a stratum.

    The Mantel-Haenszel estimate (Greenland and Robins, Biometrics 41, 1985): looks are weighted by
    `size * size_before / (size + size_before)`, so that neither a base rate that drifts nor traffic
    that moves from one arm to the other between looks biases it.
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        """Nothing is seen yet; as many comparisons side by side as `shape` says."""
        self._weighted = np.zeros(shape)
        self._weights = np.zeros(shape)

    def add(self, looks: TwoArms, restart: NDArray[np.bool_] | None = None) -> None:
        """Add a look; where `restart` holds, forget those before it."""
        both = np.maximum(looks.size + looks.size_before, 1)
        if restart is not None:
            self._weighted = np.where(restart, 0.0, self._weighted)
            self._weights = np.where(restart, 0.0, self._weights)
        gained = looks.bad * looks.size_before - looks.bad_before * looks.size
        self._weighted = self._weighted + gained / both
        self._weights = self._weights + looks.size * looks.size_before / both

    @property
    def value(self) -> Floats:
        """The difference; 0 where nothing is compared yet."""
        found: Floats = np.where(
            self._weights > 0, self._weighted / np.where(self._weights > 0, self._weights, 1.0), 0.0
        )
        return found
