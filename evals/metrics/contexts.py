"""Ragas's metrics of the passages that need no judge: by chunk id, and by text.

They are taken from the modules that define them: `ragas.metrics` 0.4 warns that they have moved to
`ragas.metrics.collections`, which does not have them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evals.metrics.metric import EvalContext, FormulaMetric, MetricSpec, missing
from evals.metrics.ragas import disable_ragas_telemetry, run_coroutine
from evals.metrics.retrieval import STALE, has_labels
from evals.metrics.score import MetricInfo, Score

if TYPE_CHECKING:
    from ragas.dataset_schema import SingleTurnSample
    from ragas.metrics.base import SingleTurnMetric


# How much of a label's words a passage must have, in their order, to count as holding them.
ENOUGH = 0.9
NOTHING_FOUND = "nothing was retrieved"
ID_PRECISION = MetricInfo(
    name="id_based_context_precision",
    description="Share of the passages (documents) that are relevant by their id.",
)
ID_RECALL = MetricInfo(
    name="id_based_context_recall",
    description="Share of the relevant chunks (documents) that were retrieved, by id.",
)
TEXT_PRECISION = MetricInfo(
    name="non_llm_context_precision_with_reference",
    description="Average precision of the passages; one is relevant that has a label's words.",
)
TEXT_RECALL = MetricInfo(
    name="non_llm_context_recall",
    description="Share of the labels whose words a passage has.",
)


class Containment:
    """How much of a quote a passage has: rapidfuzz's partial ratio, from 0 to 1.

    Ragas's own default compares whole texts by edit distance; a quote of one sentence is never near
    a passage of ten by that.
    """

    async def single_turn_ascore(
        self, sample: SingleTurnSample, _callbacks: object = None
    ) -> float:
        """As Ragas calls a distance measure: the passage is `reference`, the label is `response`."""
        from rapidfuzz import fuzz

        passage, quote = _spaced(sample.reference or ""), _spaced(sample.response or "")
        # The partial ratio looks for the shorter in the longer; a short passage holds no long quote.
        ratio = fuzz.partial_ratio if len(quote) <= len(passage) else fuzz.ratio
        return float(ratio(quote, passage)) / 100


def _by_any_id(context: EvalContext) -> SingleTurnSample | Score:
    """Every chunk that holds a label is relevant."""
    held = {chunk for chunks in context.relevant_chunks for chunk in chunks}
    return _by_id(context, held)


def _by_one_id(context: EvalContext) -> SingleTurnSample | Score:
    """One chunk is wanted per label: of several that hold it, one that was retrieved stands for all."""
    retrieved = {passage.chunk_id for passage in context.answer.passages}
    wanted = {
        min(chunks, key=lambda c: (c not in retrieved, c)) for chunks in context.relevant_chunks
    }
    return _by_id(context, wanted)


def _by_id(context: EvalContext, wanted: set[str]) -> SingleTurnSample | Score:
    from ragas.dataset_schema import SingleTurnSample

    retrieved: list[str | int] = [passage.chunk_id for passage in context.answer.passages]
    if not context.case.gold:
        retrieved = [passage.document for passage in context.answer.passages]
        wanted = {document for document, grade in context.case.relevance.items() if grade > 0}
    if not wanted:
        return missing(STALE if context.case.gold else "no document is relevant")
    references: list[str | int] = [*sorted(wanted)]
    return SingleTurnSample(retrieved_context_ids=retrieved, reference_context_ids=references)


def _by_text(context: EvalContext) -> SingleTurnSample | Score:
    from ragas.dataset_schema import SingleTurnSample

    if not context.gold:
        return missing(STALE)
    return SingleTurnSample(
        retrieved_contexts=[passage.text for passage in context.answer.passages],
        reference_contexts=[label.quote for label in context.gold],
    )


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _has_quotes(context: EvalContext) -> bool:
    return bool(context.case.gold)


def _formula(
    metric: SingleTurnMetric,
    sample_of: Callable[[EvalContext], SingleTurnSample | Score],
    when_nothing_found: float | Score,
) -> Callable[[EvalContext], float | Score]:
    def formula(context: EvalContext) -> float | Score:
        sample = sample_of(context)
        if isinstance(sample, Score):
            return sample
        if not context.answer.passages:
            return when_nothing_found
        # Not the public method: it hands an event with a lasting user id to Ragas's telemetry, which
        # writes that id to disk even where sending is forbidden.
        return float(run_coroutine(metric._single_turn_ascore(sample, [])))

    return formula


def _id_precision(_: object) -> FormulaMetric:
    disable_ragas_telemetry()
    from ragas.metrics._context_precision import IDBasedContextPrecision

    formula = _formula(IDBasedContextPrecision(), _by_any_id, missing(NOTHING_FOUND))
    return FormulaMetric(ID_PRECISION, has_labels, formula)


def _id_recall(_: object) -> FormulaMetric:
    disable_ragas_telemetry()
    from ragas.metrics._context_recall import IDBasedContextRecall

    return FormulaMetric(ID_RECALL, has_labels, _formula(IDBasedContextRecall(), _by_one_id, 0.0))


def _text_precision(_: object) -> FormulaMetric:
    disable_ragas_telemetry()
    from ragas.metrics._context_precision import NonLLMContextPrecisionWithReference

    metric = NonLLMContextPrecisionWithReference(
        distance_measure=Containment(),  # type: ignore[arg-type]  # all it needs is the one method
        threshold=ENOUGH,
    )
    return FormulaMetric(
        TEXT_PRECISION, _has_quotes, _formula(metric, _by_text, missing(NOTHING_FOUND))
    )


def _text_recall(_: object) -> FormulaMetric:
    disable_ragas_telemetry()
    from ragas.metrics._context_recall import NonLLMContextRecall

    metric = NonLLMContextRecall(
        _distance_measure=Containment(),  # type: ignore[arg-type]  # as above
        threshold=ENOUGH,
    )
    return FormulaMetric(TEXT_RECALL, _has_quotes, _formula(metric, _by_text, 0.0))


SPECS = (
    MetricSpec(ID_PRECISION, "Ragas IDBasedContextPrecision", _id_precision),
    MetricSpec(ID_RECALL, "Ragas IDBasedContextRecall", _id_recall),
    MetricSpec(TEXT_PRECISION, "Ragas NonLLMContextPrecisionWithReference", _text_precision),
    MetricSpec(TEXT_RECALL, "Ragas NonLLMContextRecall", _text_recall),
)
