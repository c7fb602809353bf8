"""How much of the variance comes from asking the same thing again."""

from __future__ import annotations

import math
from collections.abc import Sequence


def repeat_share(groups: Sequence[Sequence[float]]) -> float | None:
    """Share of the variance of single values that is within groups.

    Variance components of a one-way random-effects analysis of variance, by its expected mean
    squares; 1 minus the intraclass correlation ICC(1,1) of Shrout and Fleiss (Psychological
    Bulletin 86, 1979).

    Args:
        groups: the values of one question each; sizes may differ.

    Returns:
        From 0 to 1; None if no question has two values, or there are fewer than two questions.
        0 where no two values differ at all.
    """
    filled = [group for group in groups if group]
    count = sum(len(group) for group in filled)
    if len(filled) < 2 or count == len(filled):
        return None
    means = [math.fsum(group) / len(group) for group in filled]
    grand = math.fsum(value for group in filled for value in group) / count
    within = math.fsum(
        (value - mean) ** 2 for group, mean in zip(filled, means, strict=True) for value in group
    ) / (count - len(filled))
    between = math.fsum(
        len(group) * (mean - grand) ** 2 for group, mean in zip(filled, means, strict=True)
    ) / (len(filled) - 1)
    size = (count - sum(len(group) ** 2 for group in filled) / count) / (len(filled) - 1)
    of_questions = max(0.0, (between - within) / size)
    total = within + of_questions
    return within / total if total else 0.0
