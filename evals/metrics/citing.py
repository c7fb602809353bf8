"""Metrics of citations: do they hold the gold words, and are all gold words cited?"""

from __future__ import annotations

from app.answering.answer import Citation
from app.answering.citations import find_quote
from evals.cases.case import Gold
from evals.metrics.listed import Listed
from evals.metrics.measure import Measure, always, missing
from evals.metrics.metric import Judged
from evals.metrics.retrieval import STALE
from evals.runs.run import MetricInfo, Score

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


def _labelled(seen: Judged) -> bool:
    return bool(seen.case.gold)


def _precision(seen: Judged) -> float | Score:
    if not seen.gold:
        return missing(STALE)
    cited = seen.answer.citations
    if not cited:
        return missing("nothing is cited")
    return sum(any(holds(c, label, seen) for label in seen.gold) for c in cited) / len(cited)


def _recall(seen: Judged) -> float | Score:
    if not seen.gold:
        return missing(STALE)
    cited = seen.answer.citations
    return sum(any(holds(c, label, seen) for c in cited) for label in seen.gold) / len(seen.gold)


def holds(citation: Citation, label: Gold, seen: Judged) -> bool:
    """Whether a citation has words of the label, in the label's document.

    It has where one quotes the other; and where both stand in the passage that is cited and overlap.
    """
    if citation.document != label.document:
        return False
    if find_quote(label.quote, citation.text) or find_quote(citation.text, label.quote):
        return True
    for passage in seen.answer.passages:
        if passage.chunk_id == citation.chunk_id:
            found = find_quote(label.quote, passage.text)
            if found is not None:
                start, end = (passage.start + offset for offset in found)
                return max(start, citation.start) < min(end, citation.end)
    return False


def _unverified(seen: Judged) -> float:
    return float(len(seen.answer.citation_check.quotes_unverified))


LISTED = (
    Listed(PRECISION, "own; after Gao et al. 2023 (ALCE)",
           lambda _: Measure(PRECISION, _labelled, _precision)),
    Listed(RECALL, "own; after Gao et al. 2023 (ALCE)",
           lambda _: Measure(RECALL, _labelled, _recall)),
    Listed(UNVERIFIED, "own", lambda _: Measure(UNVERIFIED, always, _unverified)),
)  # fmt: skip
