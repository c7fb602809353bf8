"""Whether an answer is right, decided by words without a judge, normalised as SQuAD's evaluation does."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from evals.metrics.metric import EvalContext, FormulaMetric, MetricSpec
from evals.metrics.score import MetricInfo

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space (Rajpurkar et al., 2016)."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def holds_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether the normalised text has any of the normalised answers in it, at word boundaries."""
    padded = f" {normalize(text)} "
    return any(f" {normalize(answer)} " in padded for answer in answers if normalize(answer))


CORRECT = MetricInfo(
    name="answer_correct",
    description="Whether the answer holds the reference's decisive words; a refusal is right exactly "
    "where the documents do not answer.",
    yes_no=True,
)


def _applies(context: EvalContext) -> bool:
    return not context.case.answerable or bool(_accepted(context))


def _correct(context: EvalContext) -> float:
    if not context.case.answerable or context.answer.refused:
        return float(context.answer.refused and not context.case.answerable)
    return float(holds_answer(context.answer_text, _accepted(context)))


def _accepted(context: EvalContext) -> list[str]:
    return [words for words in (context.case.answer, *context.case.accept) if words]


SPECS = (
    MetricSpec(
        CORRECT,
        "own; normalised as in Rajpurkar et al. 2016",
        lambda _: FormulaMetric(CORRECT, _applies, _correct),
    ),
)
