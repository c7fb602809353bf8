"""Ragas's metrics that compare the answer with the reference: by words, and by embeddings.

A refusal scores 0 by each of them: what little it shares with a reference by chance (letters, "the")
would otherwise reward it. Citation markers are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evals.metrics.metric import EvalContext, FormulaMetric, MetricRequest, MetricSpec, at_most_1
from evals.metrics.ragas import disable_ragas_telemetry, run_coroutine
from evals.metrics.score import MetricInfo

if TYPE_CHECKING:
    from ragas.metrics.collections import BaseMetric


def has_reference(context: EvalContext) -> bool:
    """Whether there is an answer to compare with."""
    return context.case.answerable and bool(context.case.answer)


def _spec(info: MetricInfo, ragas_name: str, one_segment: bool = False) -> MetricSpec:
    """A metric of `ragas.metrics.collections`, imported when it is made: that takes seconds."""

    def make(_: object) -> FormulaMetric:
        disable_ragas_telemetry()
        from ragas.metrics import collections

        return FormulaMetric(
            info, has_reference, _compare(getattr(collections, ragas_name)(), one_segment)
        )

    return MetricSpec(info, f"Ragas {ragas_name}", make)


def _compare(metric: BaseMetric, one_segment: bool) -> Callable[[EvalContext], float]:
    def formula(context: EvalContext) -> float:
        if context.answer.refused or not context.answer_text:
            return 0.0
        reference, response_text = context.case.answer or "", context.answer_text
        if one_segment:
            reference, response_text = _one_segment(reference), _one_segment(response_text)
        return float(
            run_coroutine(metric.ascore(reference=reference, response=response_text)).value
        )

    return formula


def _one_segment(text: str) -> str:
    """The text with nowhere to cut it.

    Ragas cuts both texts at ". " and gives sacrebleu the pieces in the wrong shape, so that only the
    answer's first sentence is looked at. A line break is white space to sacrebleu as well.
    """
    return text.replace(". ", ".\n")


WORD_SPECS = (
    _spec(MetricInfo(name="exact_match", yes_no=True,
                       description="Whether the answer is the reference, letter for letter."),
            "ExactMatch"),
    _spec(MetricInfo(name="string_present", yes_no=True,
                       description="Whether the reference stands in the answer, letter for letter."),
            "StringPresence"),
    _spec(MetricInfo(name="non_llm_string_similarity",
                       description="1 less the edit distance of answer and reference, as a share of "
                       "the longer one."), "NonLLMStringSimilarity"),
    _spec(MetricInfo(name="bleu_score",
                       description="BLEU of the answer against the reference: runs of words they share."),
            "BleuScore", one_segment=True),
    _spec(MetricInfo(name="rouge_score",
                       description="ROUGE-L: the longest sequence of words they share, as F-measure."),
            "RougeScore"),
    _spec(MetricInfo(name="chrf_score",
                       description="chrF: runs of letters they share, as F-measure."),
            "CHRFScore"),
)  # fmt: skip

SIMILARITY = MetricInfo(
    name="semantic_similarity",
    description="Cosine of the answer's and the reference's embeddings, by the document set's model; "
    "0 for a refusal.",
)


def _semantic_similarity(_: MetricRequest) -> FormulaMetric:
    disable_ragas_telemetry()
    from ragas.metrics.collections import SemanticSimilarity

    from evals.metrics.ragas_adapters import RagasEmbedding

    def formula(context: EvalContext) -> float:
        if context.answer.refused or not context.answer_text:
            return 0.0
        reference, response_text = context.case.answer or "", context.answer_text
        metric = SemanticSimilarity(
            embeddings=RagasEmbedding(context.embed, reference, response_text)
        )
        scored = metric.ascore(reference=reference, response=response_text)
        return at_most_1(float(run_coroutine(scored).value))

    return FormulaMetric(SIMILARITY, has_reference, formula)


EMBEDDING_SPECS = (MetricSpec(SIMILARITY, "Ragas SemanticSimilarity", _semantic_similarity),)
