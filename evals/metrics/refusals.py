"""Metrics of refusing: right where nothing answers, wrong where something does.

The two are apart since they are bought from one another: anyone who refuses everything is never wrong.
"""

from __future__ import annotations

from evals.metrics.metric import EvalContext, FormulaMetric, MetricSpec, always
from evals.metrics.score import MetricInfo

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


def _unanswerable(context: EvalContext) -> bool:
    return not context.case.answerable


def _answerable(context: EvalContext) -> bool:
    return context.case.answerable


def _refused(context: EvalContext) -> float:
    return float(context.answer.refused)


def _accurate(context: EvalContext) -> float:
    return float(context.answer.refused != context.case.answerable)


SPECS = (
    MetricSpec(RIGHT, "own", lambda _: FormulaMetric(RIGHT, _unanswerable, _refused)),
    MetricSpec(WRONG, "own", lambda _: FormulaMetric(WRONG, _answerable, _refused)),
    MetricSpec(ACCURACY, "own", lambda _: FormulaMetric(ACCURACY, always, _accurate)),
)
