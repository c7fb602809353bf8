"""Is the answer right? Decided by words, without a judge."""

from __future__ import annotations

from evals.metrics.listed import Listed
from evals.metrics.measure import Measure
from evals.metrics.metric import Judged
from evals.metrics.squad import holds_answer
from evals.runs.run import MetricInfo

CORRECT = MetricInfo(
    name="answer_correct",
    description="Whether the answer holds the reference's decisive words; a refusal is right exactly "
    "where the documents do not answer.",
    yes_no=True,
)


def _applies(seen: Judged) -> bool:
    return not seen.case.answerable or bool(_accepted(seen))


def _correct(seen: Judged) -> float:
    if not seen.case.answerable or seen.answer.refused:
        return float(seen.answer.refused and not seen.case.answerable)
    return float(holds_answer(seen.said, _accepted(seen)))


def _accepted(seen: Judged) -> list[str]:
    return [words for words in (seen.case.answer, *seen.case.accept) if words]


LISTED = (
    Listed(
        CORRECT,
        "own; normalised as in Rajpurkar et al. 2016",
        lambda _: Measure(CORRECT, _applies, _correct),
    ),
)
