"""How far two judges agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.statistics.wilson import Z_95, half_width, wilson

RESAMPLES, SEED = 4_000, 20_261_126
# An agreement that is known to within so much says something.
TARGET_PRECISION = 0.1


@dataclass(frozen=True)
class Agreement:
    """Two judges' yeses and noes, counted.

    Attributes:
        both_yes: rows that both call good.
        only_first: that only the first judge does.
        only_second: that only the second does.
        both_no: that neither does.
        share: rows on which they agree, as a share.
        share_interval: 95 % interval of it (Wilson).
        kappa: Cohen's kappa, 1 for perfect agreement and 0 for what chance would give; None if
            one of them always says the same, so that chance alone would agree as well.
        kappa_interval: 95 % interval of it (bootstrap by rows, percentiles); None as above.
    """

    both_yes: int
    only_first: int
    only_second: int
    both_no: int
    share: float
    share_interval: tuple[float, float]
    kappa: float | None
    kappa_interval: tuple[float, float] | None

    @property
    def rows(self) -> int:
        """How many rows were judged by both."""
        return self.both_yes + self.only_first + self.only_second + self.both_no

    @property
    def rows_needed(self) -> int:
        """How many rows it takes to know this agreement to within `TARGET_PRECISION`.

        That is the least number at which half of Wilson's interval is that narrow.
        """
        needed = max(1, math.floor(Z_95**2 * self.share * (1 - self.share) / TARGET_PRECISION**2))
        while half_width(self.share, needed) > TARGET_PRECISION:
            needed += 1
        return needed

    @property
    def is_enough(self) -> bool:
        """Whether there are that many."""
        return self.rows >= self.rows_needed


def agreement(first: Sequence[bool], second: Sequence[bool]) -> Agreement:
    """Count, and say how sure the figures are.

    Args:
        first: the first judge's yeses.
        second: the second's, of the same rows in the same order; at least one.
    """
    one, two = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    agreed = int((one == two).sum())
    kappa = cohen_kappa(one, two)
    return Agreement(
        both_yes=int((one & two).sum()),
        only_first=int((one & ~two).sum()),
        only_second=int((~one & two).sum()),
        both_no=int((~one & ~two).sum()),
        share=agreed / len(one),
        share_interval=wilson(agreed, len(one)),
        kappa=kappa,
        kappa_interval=None if kappa is None else _kappa_interval(one, two),
    )


def cohen_kappa(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> float | None:
    """Agreement beyond chance (Cohen, 1960); None if chance agrees on everything."""
    observed = float((one == two).mean())
    yes = float(one.mean()) * float(two.mean())
    no = float((~one).mean()) * float((~two).mean())
    expected = yes + no
    return None if math.isclose(expected, 1.0) else (observed - expected) / (1 - expected)


def _kappa_interval(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> tuple[float, float]:
    chance = np.random.default_rng(SEED)
    values = []
    for _ in range(RESAMPLES):
        rows = chance.integers(0, len(one), len(one))
        # A sample in which nothing differs agrees perfectly, though kappa is not defined for it.
        value = cohen_kappa(one[rows], two[rows])
        values.append(1.0 if value is None else value)
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
