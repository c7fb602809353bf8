"""Metrics of refusing: right where nothing answers, wrong where something does.

The two are apart since they are bought from one another: whoever refuses everything is never wrong.
"""

from __future__ import annotations

from evals.metrics.listed import Listed
from evals.metrics.measure import Measure, always
from evals.metrics.metric import Judged
from evals.runs.run import MetricInfo

RIGHT = MetricInfo(
    name="right_refusal",
    description="Of the questions that the documents do not answer: whether it was refused.",
    yes_no=True,
)
WRONG = MetricInfo(
    name="wrong_refusal",
    description="Of the questions that the documents answer: whether it was refused.",
    better="lower",
    yes_no=True,
)
ACCURACY = MetricInfo(
    name="refusal_accuracy",
    description="Whether it was refused exactly where the documents do not answer.",
    yes_no=True,
)


def _unanswerable(seen: Judged) -> bool:
    return not seen.case.answerable


def _answerable(seen: Judged) -> bool:
    return seen.case.answerable


def _refused(seen: Judged) -> float:
    return float(seen.answer.refused)


def _accurate(seen: Judged) -> float:
    return float(seen.answer.refused != seen.case.answerable)


LISTED = (
    Listed(RIGHT, "own", lambda _: Measure(RIGHT, _unanswerable, _refused)),
    Listed(WRONG, "own", lambda _: Measure(WRONG, _answerable, _refused)),
    Listed(ACCURACY, "own", lambda _: Measure(ACCURACY, always, _accurate)),
)
