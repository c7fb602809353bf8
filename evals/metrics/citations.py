"""Metrics of citations: do they hold the gold words, and are all gold words cited?"""

from __future__ import annotations

from app.answering.answer import Citation
from app.answering.citations import find_quote
from evals.datasets.case import Gold
from evals.metrics.metric import EvalContext, FormulaMetric, MetricSpec, always, missing
from evals.metrics.retrieval import STALE
from evals.metrics.score import MetricInfo, Score

PRECISION = MetricInfo(
    name="citation_precision",
    description="Share of the citations that hold words of a gold label; without citations there is "
    "no value.",
)
RECALL = MetricInfo(
    name="citation_recall",
    description="Share of the gold labels that a citation holds words of; 0 for a refusal.",
)
UNVERIFIED = MetricInfo(
    name="quotes_unverified",
    description="Quotations that stand in no passage which their sentence cites.",
    better="lower",
    unit="quotes",
)


def _labelled(context: EvalContext) -> bool:
    return bool(context.case.gold)


def _precision(context: EvalContext) -> float | Score:
    if not context.gold:
        return missing(STALE)
    cited = context.answer.citations
    if not cited:
        return missing("nothing is cited")
    return sum(any(holds(c, label, context) for label in context.gold) for c in cited) / len(cited)


def _recall(context: EvalContext) -> float | Score:
    if not context.gold:
        return missing(STALE)
    cited = context.answer.citations
    return sum(any(holds(c, label, context) for c in cited) for label in context.gold) / len(
        context.gold
    )


def holds(citation: Citation, label: Gold, context: EvalContext) -> bool:
    """Whether a citation has words of the label, in the label's document.

    It has where one quotes the other; and where both stand in the passage that is cited and overlap.
    """
    if citation.document != label.document:
        return False
    if find_quote(label.quote, citation.text) or find_quote(citation.text, label.quote):
        return True
    for passage in context.answer.passages:
        if passage.chunk_id == citation.chunk_id:
            found = find_quote(label.quote, passage.text)
            if found is not None:
                start, end = (passage.start + offset for offset in found)
                return max(start, citation.start) < min(end, citation.end)
    return False


def _unverified(context: EvalContext) -> float:
    return float(len(context.answer.citation_check.quotes_unverified))


SPECS = (
    MetricSpec(PRECISION, "own; after Gao et al. 2023 (ALCE)",
           lambda _: FormulaMetric(PRECISION, _labelled, _precision)),
    MetricSpec(RECALL, "own; after Gao et al. 2023 (ALCE)",
           lambda _: FormulaMetric(RECALL, _labelled, _recall)),
    MetricSpec(UNVERIFIED, "own", lambda _: FormulaMetric(UNVERIFIED, always, _unverified)),
)  # fmt: skip
