"""What a sample of this size can show, and what size it would take."""

from __future__ import annotations

import math

from evals.statistics.distributions import normal_quantile
from evals.statistics.estimate import Estimate

# More than this many times as many questions is no plan.
MOST = 1e6


def detectable_loss(estimate: Estimate, alpha: float, power: float, times: float = 1.0) -> float:
    """The smallest loss that can be distinguished from no loss, given how much values vary.

    An equal candidate is then shown, with the wanted power, to lose less than this (one-sided test
    of level alpha); for normal values, this is (z(1 - alpha) + z(power)) standard errors.

    Args:
        estimate: of the difference, oriented such that losses are negative.
        alpha: level of the test.
        power: chance that it succeeds.
        times: as if there were so many times as many questions like these.
    """
    spread = normal_quantile(power) * estimate.error / math.sqrt(times)
    return estimate.slack(1 - alpha, times) + spread


def sample_factor_needed(estimate: Estimate, margin: float, alpha: float, power: float) -> float:
    """How many times as many questions it takes until a loss of `margin` is detectable.

    Infinite where even a million times as many would not do.
    """
    low, high = 1e-3, 1.0
    while detectable_loss(estimate, alpha, power, high) > margin:
        low, high = high, high * 2
        if high > MOST:
            return math.inf
    while high / low > 1.0005:
        middle = math.sqrt(low * high)
        if detectable_loss(estimate, alpha, power, middle) > margin:
            low = middle
        else:
            high = middle
    return high
