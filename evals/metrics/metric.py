"""The seam of metrics: what one metric sees of one case, and what it has to offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Answer
from app.answering.citations import MARKERS
from evals.cases.case import Case, Gold
from evals.runs.run import MetricInfo, Score


@dataclass(frozen=True)
class Judged:
    """What a metric sees of a case.

    Attributes:
        case: the question, and what is known to be right about it.
        answer: what the system answered.
        relevant_chunks: per gold label that is not stale, in the case's order, the ids of the
            chunks that hold it; any one of them is enough.
        embed: texts to unit vectors (a row each, float32), by the document set's own model.
        stale: labels whose words the index does not hold any more.
        question: what was searched for, where a follow-up was condensed; None: the case's own.
        repeat: the how manieth time the case is asked; a judge judges each repeat anew.
        cost: what the answer cost, where that can be told.
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
    def asked(self) -> str:
        """The question in words that stand alone."""
        return self.question or self.case.question

    @property
    def said(self) -> str:
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

    def applies(self, seen: Judged) -> bool:
        """Whether it says anything about this case; where not, the case has no score at all."""
        ...

    def score(self, seen: Judged) -> Score:
        """The value, or None with the reason why there is none; never NaN.

        Raises:
            JudgeError: the judge cannot be had, so that going on is pointless.
        """
        ...
