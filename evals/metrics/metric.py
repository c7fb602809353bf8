"""The interface of metrics: what a metric sees of one case, what it returns, and how the catalogue lists it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Answer
from app.answering.citations import MARKERS
from evals.datasets.case import Case, Gold
from evals.metrics.score import MetricInfo, Score

if TYPE_CHECKING:
    from evals.metrics.judge import JudgeModel


@dataclass(frozen=True)
class EvalContext:
    """What a metric sees of a case.

    Attributes:
        case: the question, and what is known to be right about it.
        answer: what the system answered.
        relevant_chunks: per gold label that is not stale, in the case's order, the ids of the
            chunks that hold it; any one of them is enough.
        embed: texts to unit vectors (a row each, float32), by the document set's own model.
        stale: labels whose words the index does not hold any more.
        question: what was searched for, where a follow-up was condensed; None: the case's own.
        repeat: the repetition's index, from 0; a judge scores each repetition separately.
        cost: what the answer cost, if known.
    """

    case: Case
    answer: Answer
    relevant_chunks: list[list[str]]
    embed: Callable[[list[str]], NDArray[np.floating[Any]]]
    stale: tuple[Gold, ...] = ()
    question: str | None = None
    repeat: int = 0
    cost: float | None = None

    @property
    def standalone_question(self) -> str:
        """The question in words that stand alone."""
        return self.question or self.case.question

    @property
    def answer_text(self) -> str:
        """The answer's text without its citations' markers."""
        return MARKERS.sub("", self.answer.answer).strip()

    @property
    def gold(self) -> list[Gold]:
        """The labels that are not stale."""
        return [label for label in self.case.gold if label not in self.stale]


class Metric(Protocol):
    """One figure about a case.

    Attributes:
        info: its name, what a value says, and which way is better.
    """

    @property
    def info(self) -> MetricInfo: ...

    def applies(self, context: EvalContext) -> bool:
        """Whether it says anything about this case; where not, the case has no score at all."""
        ...

    def score(self, context: EvalContext) -> Score:
        """The value, or None with the reason why there is none; never NaN.

        Raises:
            JudgeError: the judge is unavailable, so the run cannot continue.
        """
        ...


# Formulas that add an epsilon to a denominator end a hair below the value that they mean.
DIGITS = 9


@dataclass(frozen=True)
class FormulaMetric:
    """A metric made of functions.

    Attributes:
        condition: whether it says anything about a case.
        formula: its value, or why there is none.
    """

    info: MetricInfo
    condition: Callable[[EvalContext], bool]
    formula: Callable[[EvalContext], float | Score]

    def applies(self, context: EvalContext) -> bool:
        return self.condition(context)

    def score(self, context: EvalContext) -> Score:
        found = self.formula(context)
        return found if isinstance(found, Score) else score_of(found)


def score_of(value: float) -> Score:
    """The score of a value; NaN and infinity give a missing score."""
    if not math.isfinite(value):
        return missing("the formula gives no number here")
    return Score(value=round(float(value), DIGITS))


def at_most_1(value: float) -> float:
    """The value, but 1 where it exceeds it: a cosine in single precision may be so by a hair.

    NaN stays NaN, which `min` would make 1 of.
    """
    return 1.0 if value > 1 else value


def missing(why: str) -> Score:
    """No score, and why."""
    return Score(value=None, missing=why)


def always(_context: EvalContext) -> bool:
    """The condition of metrics that say something about every case."""
    return True


@dataclass(frozen=True)
class MetricRequest:
    """A metric as it was asked for.

    Attributes:
        name: as the suite writes it.
        k: the number behind the @, if any.
        judge: who judges; None if nobody does.
    """

    name: str
    k: int | None = None
    judge: JudgeModel | None = None


@dataclass(frozen=True)
class MetricSpec:
    """A metric, or a family of them, that can be asked for.

    Attributes:
        info: what it is; a family's name ends in `@k`.
        source: where the definition comes from.
        make: the metric.
    """

    info: MetricInfo
    source: str
    make: Callable[[MetricRequest], Metric]
