"""A metric that is a sentence, a condition and a formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from evals.metrics.metric import Judged
from evals.runs.run import MetricInfo, Score

# Formulas that add an epsilon to a denominator end a hair below the value that they mean.
DIGITS = 9


@dataclass(frozen=True)
class Measure:
    """A metric made of functions.

    Attributes:
        info: what it is.
        condition: whether it says anything about a case.
        formula: its value, or why there is none.
    """

    info: MetricInfo
    condition: Callable[[Judged], bool]
    formula: Callable[[Judged], float | Score]

    def applies(self, seen: Judged) -> bool:
        """See `Metric.applies`."""
        return self.condition(seen)

    def score(self, seen: Judged) -> Score:
        """See `Metric.score`."""
        found = self.formula(seen)
        return found if isinstance(found, Score) else measured(found)


def measured(value: float) -> Score:
    """The score of a value; what is not a number is none."""
    if not math.isfinite(value):
        return missing("the formula gives no number here")
    return Score(value=round(float(value), DIGITS))


def at_most_1(value: float) -> float:
    """The value, but 1 where it is over it: a cosine in single precision may be so by a hair.

    NaN stays NaN, which `min` would make 1 of.
    """
    return 1.0 if value > 1 else value


def missing(why: str) -> Score:
    """No score, and why."""
    return Score(value=None, missing=why)


def always(_seen: Judged) -> bool:
    """The condition of metrics that say something about every case."""
    return True
