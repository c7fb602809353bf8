"""What values there can be."""

from __future__ import annotations

from collections.abc import Sequence


def range_of(values: Sequence[float], share: bool) -> tuple[float, float, float]:
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
