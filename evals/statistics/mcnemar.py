"""McNemar's exact test of paired yes/no answers."""

from __future__ import annotations

from scipy.stats import binomtest


def mcnemar(wins: int, losses: int) -> float:
    """One-sided p-value of the hypothesis that the second is no worse than the first.

    Exact and conditional on the questions whose answers differ (McNemar, 1947): of these, half are
    losses by chance. Questions where both agree say nothing.

    Args:
        wins: questions only the second is right on.
        losses: questions only the first is right on.
    """
    if wins + losses == 0:
        return 1.0
    return float(binomtest(losses, wins + losses, 0.5, alternative="greater").pvalue)
