"""Ragas's metrics of how the answer's words compare with the reference's.

A refusal says nothing of the reference, so it has 0 by each of them: what little it shares with a
reference by chance (letters, "the") would else reward it. Markers of citations are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evals.metrics.driving import finished
from evals.metrics.listed import Listed
from evals.metrics.measure import Measure
from evals.metrics.metric import Judged
from evals.runs.run import MetricInfo
from evals.untracked import forbid_tracking

if TYPE_CHECKING:
    from ragas.metrics.collections import BaseMetric


def has_reference(seen: Judged) -> bool:
    """Whether there is an answer to compare with."""
    return seen.case.answerable and bool(seen.case.answer)


def _listed(info: MetricInfo, ragas_name: str, one_segment: bool = False) -> Listed:
    """A metric of `ragas.metrics.collections`, imported when it is made: that takes seconds."""

    def make(_: object) -> Measure:
        forbid_tracking()
        from ragas.metrics import collections

        return Measure(
            info, has_reference, _compare(getattr(collections, ragas_name)(), one_segment)
        )

    return Listed(info, f"Ragas {ragas_name}", make)


def _compare(metric: BaseMetric, one_segment: bool) -> Callable[[Judged], float]:
    def formula(seen: Judged) -> float:
        if seen.answer.refused or not seen.said:
            return 0.0
        reference, said = seen.case.answer or "", seen.said
        if one_segment:
            reference, said = _one_segment(reference), _one_segment(said)
        return float(finished(metric.ascore(reference=reference, response=said)).value)

    return formula


def _one_segment(text: str) -> str:
    """The text with nowhere to cut it.

    Ragas cuts both texts at ". " and gives sacrebleu the pieces in the wrong shape, so that only the
    answer's first sentence is looked at. A line break is white space to sacrebleu as well.
    """
    return text.replace(". ", ".\n")


LISTED = (
    _listed(MetricInfo(name="exact_match", yes_no=True,
                       description="Whether the answer is the reference, letter for letter."),
            "ExactMatch"),
    _listed(MetricInfo(name="string_present", yes_no=True,
                       description="Whether the reference stands in the answer, letter for letter."),
            "StringPresence"),
    _listed(MetricInfo(name="non_llm_string_similarity",
                       description="1 less the edit distance of answer and reference, as a share of "
                       "the longer one."), "NonLLMStringSimilarity"),
    _listed(MetricInfo(name="bleu_score",
                       description="BLEU of the answer against the reference: runs of words they share."),
            "BleuScore", one_segment=True),
    _listed(MetricInfo(name="rouge_score",
                       description="ROUGE-L: the longest sequence of words they share, as F-measure."),
            "RougeScore"),
    _listed(MetricInfo(name="chrf_score",
                       description="chrF: runs of letters they share, as F-measure."),
            "CHRFScore"),
)  # fmt: skip
