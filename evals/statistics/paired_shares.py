"""The difference of two shares, measured on the same independent yes/no questions."""

from __future__ import annotations

import math

from evals.statistics.distributions import normal_above, normal_quantile
from evals.statistics.mcnemar import mcnemar


class PairedShares:
    """A difference of paired shares by Tango's score test (Statistics in Medicine 17, 1998, 891-908).

    Recommended for paired yes/no data by Fagerland, Lydersen and Laake (Statistics in Medicine 33,
    2014): it holds its level where answers hardly ever differ, and is McNemar's test where the
    difference asked about is 0. There, the exact test is used instead.
    """

    def __init__(self, wins: int, losses: int, questions: int) -> None:
        """From the counts of questions.

        Args:
            wins: questions only the second is right on.
            losses: questions only the first is right on.
            questions: all, those where both agree too; at least one.
        """
        self._wins = wins
        self._losses = losses
        self._questions = questions

    @property
    def mean(self) -> float:
        return (self._wins - self._losses) / self._questions

    @property
    def error(self) -> float:
        return math.sqrt((self._wins + self._losses) / self._questions - self.mean**2) / math.sqrt(
            self._questions
        )

    def slack(self, confidence: float, times: float = 1.0) -> float:
        wins, losses, count = (times * n for n in (self._wins, self._losses, self._questions))
        return self.mean - _lower(wins, losses, count, normal_quantile(confidence))

    def interval(self, confidence: float) -> tuple[float, float]:
        quantile = normal_quantile((1 + confidence) / 2)
        return (
            _lower(self._wins, self._losses, self._questions, quantile),
            -_lower(self._losses, self._wins, self._questions, quantile),
        )

    def p_at_most(self, bound: float) -> float:
        if bound == 0:
            return mcnemar(self._losses, self._wins)
        return normal_above(_score(self._wins, self._losses, self._questions, bound))

    def p_at_least(self, bound: float) -> float:
        if bound == 0:
            return mcnemar(self._wins, self._losses)
        return normal_above(-_score(self._wins, self._losses, self._questions, bound))


def _score(wins: float, losses: float, count: float, difference: float) -> float:
    """Tango's equations 24 to 26: the score statistic of a true `difference`."""
    # Most likely share of losses, where the shares differ by `difference`: root of a quadratic.
    linear = (2 * count - wins + losses) * difference - wins - losses
    constant = -losses * difference * (1 - difference)
    root = math.sqrt(max(linear**2 - 8 * count * constant, 0.0))
    lost = (root - linear) / (4 * count)
    variance = count * (2 * lost + difference * (1 - difference))
    distance = wins - losses - count * difference
    if variance <= 0:  # no doubt is left at the ends of what is possible
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _lower(wins: float, losses: float, count: float, quantile: float) -> float:
    """The difference at which the score is `quantile`."""
    from scipy.optimize import brentq  # takes a third of a second, and is seldom needed

    seen = (wins - losses) / count
    if seen <= -1:
        return -1.0

    def beyond(at: float) -> float:
        return (0.0 if at == seen else _score(wins, losses, count, at)) - quantile

    return float(brentq(beyond, -1 + 1e-12, seen, xtol=1e-12))
