"""Wilson's score interval of a proportion."""

from __future__ import annotations

import math

Z_95 = 1.959964


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Lower and upper bound of a proportion, 95 % (Wilson, 1927).

    Args:
        successes: out of `trials`.
        trials: 0 gives the interval that knows nothing, 0 to 1.
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, Z_95 * Z_95 / trials
    centre, half = (share + square / 2) / (1 + square), half_width(share, trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def half_width(share: float, trials: int) -> float:
    """Half the width of the interval before it is cut at 0 and 1.

    Args:
        share: of successes, 0 to 1.
        trials: at least one.
    """
    square = Z_95 * Z_95 / trials
    return Z_95 / (1 + square) * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
