"""Metrics of what was retrieved: recall, hit, reciprocal rank, nDCG.

Where a case has gold labels, a label is found at the first passage that holds it: with overlapping
chunks several may, and the later ones add nothing. Where a case has graded documents instead, as in
BEIR, a document ranks by its first passage.
"""

from __future__ import annotations

from collections.abc import Callable

from evals.metrics.metric import EvalContext, FormulaMetric, MetricRequest, MetricSpec, missing
from evals.metrics.ranking import hit_at, ideal_gain, ndcg_at, recall_at, reciprocal_rank
from evals.metrics.score import MetricInfo, Score

STALE = "all gold labels are stale"


def has_labels(context: EvalContext) -> bool:
    """Whether it is known what should be retrieved."""
    return bool(context.case.gold or context.case.relevance)


def recall(context: EvalContext, k: int) -> float:
    """Share of the labels (or relevant documents) among the first k."""
    if context.case.gold:
        first = set(_chunks(context)[:k])
        return sum(1 for chunks in context.relevant_chunks if first & set(chunks)) / len(
            context.relevant_chunks
        )
    return recall_at(_documents(context), _relevant(context), k)


def hit(context: EvalContext, k: int) -> float:
    """1 if any of the first k is relevant, else 0."""
    if context.case.gold:
        return hit_at(
            _chunks(context), {c for chunks in context.relevant_chunks for c in chunks}, k
        )
    return hit_at(_documents(context), _relevant(context), k)


def rank(context: EvalContext, k: int) -> float:
    """1 through the rank of the first that is relevant; 0 if none of the first k is."""
    if context.case.gold:
        held = {chunk for chunks in context.relevant_chunks for chunk in chunks}
        return reciprocal_rank(_chunks(context)[:k], held)
    return reciprocal_rank(_documents(context)[:k], _relevant(context))


def ndcg(context: EvalContext, k: int) -> float:
    """nDCG of the first k.

    Over labels, a passage gains as many labels as it is the first to hold, and the ideal ranking is
    made greedily: α-nDCG with α = 1 (Clarke et al., SIGIR 2008). With one chunk to each label that
    is plain nDCG with a gain of 1.
    """
    if not context.case.gold:
        return ndcg_at(_documents(context), context.case.relevance, k)
    wanted = [frozenset(chunks) for chunks in context.relevant_chunks]
    ideal = ideal_gain(wanted, k)
    found: dict[str, float] = {}
    left = wanted
    for chunk in _chunks(context)[:k]:
        new = sum(1 for chunks in left if chunk in chunks)
        left = [chunks for chunks in left if chunk not in chunks]
        found[chunk] = float(new)
    return min(1.0, ndcg_at(list(found), found, k, ideal=ideal)) if ideal else 0.0


def _chunks(context: EvalContext) -> list[str]:
    return [passage.chunk_id for passage in context.answer.passages]


def _documents(context: EvalContext) -> list[str]:
    return list(dict.fromkeys(passage.document for passage in context.answer.passages))


def _relevant(context: EvalContext) -> list[str]:
    return [document for document, grade in context.case.relevance.items() if grade > 0]


def _at_rank(
    formula: Callable[[EvalContext, int], float], wanted: MetricRequest, info: MetricInfo
) -> FormulaMetric:
    k = wanted.k if wanted.k is not None else 1_000_000

    def score(context: EvalContext) -> float | Score:
        if context.case.gold and not context.relevant_chunks:
            return missing(STALE)
        return formula(context, k)

    named = info.model_copy(update={"name": wanted.name})
    return FormulaMetric(named, has_labels, score)


def _spec(
    name: str,
    description: str,
    source: str,
    formula: Callable[[EvalContext, int], float],
    yes_no: bool = False,
) -> MetricSpec:
    info = MetricInfo(name=name, description=description, yes_no=yes_no)
    return MetricSpec(info, source, lambda wanted: _at_rank(formula, wanted, info))


SPECS = (
    _spec("recall@k", "Share of the gold labels (or relevant documents) among the first k.",
            "own", recall),
    _spec("hit@k", "Whether any of the first k holds a gold label (or is relevant).",
            "own", hit, yes_no=True),
    _spec("mrr", "1 through the rank of the first passage that holds a gold label (or of the first "
            "relevant document).", "own; Voorhees, TREC-8 1999", rank),
    _spec("ndcg@k", "How near the first k are to the best order, by nDCG.",
            "own; Järvelin and Kekäläinen 2002, over labels α-nDCG, Clarke et al. 2008", ndcg),
)  # fmt: skip
