"""Metrics of what was retrieved: recall, hit, reciprocal rank, nDCG.

Where a case has gold labels, a label is found at the first passage that holds it: with overlapping
chunks several may, and the later ones add nothing. Where a case has graded documents instead, as in
BEIR, a document ranks by its first passage.
"""

from __future__ import annotations

from collections.abc import Callable

from evals.metrics.listed import Listed, Wanted
from evals.metrics.measure import Measure, missing
from evals.metrics.metric import Judged
from evals.metrics.ranking import hit_at, ideal_gain, ndcg_at, recall_at, reciprocal_rank
from evals.runs.run import MetricInfo, Score

STALE = "all gold labels are stale"


def has_labels(seen: Judged) -> bool:
    """Whether it is known what should be retrieved."""
    return bool(seen.case.gold or seen.case.relevance)


def recall(seen: Judged, k: int) -> float:
    """Share of the labels (or relevant documents) among the first k."""
    if seen.case.gold:
        first = set(_chunks(seen)[:k])
        return sum(1 for chunks in seen.relevant_chunks if first & set(chunks)) / len(
            seen.relevant_chunks
        )
    return recall_at(_documents(seen), _relevant(seen), k)


def hit(seen: Judged, k: int) -> float:
    """1 if any of the first k is relevant, else 0."""
    if seen.case.gold:
        return hit_at(_chunks(seen), {c for chunks in seen.relevant_chunks for c in chunks}, k)
    return hit_at(_documents(seen), _relevant(seen), k)


def rank(seen: Judged, k: int) -> float:
    """1 through the rank of the first that is relevant; 0 if none of the first k is."""
    if seen.case.gold:
        held = {chunk for chunks in seen.relevant_chunks for chunk in chunks}
        return reciprocal_rank(_chunks(seen)[:k], held)
    return reciprocal_rank(_documents(seen)[:k], _relevant(seen))


def ndcg(seen: Judged, k: int) -> float:
    """nDCG of the first k.

    Over labels, a passage gains as many labels as it is the first to hold, and the ideal ranking is
    made greedily: α-nDCG with α = 1 (Clarke et al., SIGIR 2008). With one chunk to each label that
    is plain nDCG with a gain of 1.
    """
    if not seen.case.gold:
        return ndcg_at(_documents(seen), seen.case.relevance, k)
    wanted = [frozenset(chunks) for chunks in seen.relevant_chunks]
    ideal = ideal_gain(wanted, k)
    found: dict[str, float] = {}
    left = wanted
    for chunk in _chunks(seen)[:k]:
        new = sum(1 for chunks in left if chunk in chunks)
        left = [chunks for chunks in left if chunk not in chunks]
        found[chunk] = float(new)
    return min(1.0, ndcg_at(list(found), found, k, ideal=ideal)) if ideal else 0.0


def _chunks(seen: Judged) -> list[str]:
    return [passage.chunk_id for passage in seen.answer.passages]


def _documents(seen: Judged) -> list[str]:
    return list(dict.fromkeys(passage.document for passage in seen.answer.passages))


def _relevant(seen: Judged) -> list[str]:
    return [document for document, grade in seen.case.relevance.items() if grade > 0]


def _made(formula: Callable[[Judged, int], float], wanted: Wanted, info: MetricInfo) -> Measure:
    k = wanted.k if wanted.k is not None else 1_000_000

    def score(seen: Judged) -> float | Score:
        if seen.case.gold and not seen.relevant_chunks:
            return missing(STALE)
        return formula(seen, k)

    named = info.model_copy(update={"name": wanted.name})
    return Measure(named, has_labels, score)


def _listed(
    name: str,
    description: str,
    source: str,
    formula: Callable[[Judged, int], float],
    yes_no: bool = False,
) -> Listed:
    info = MetricInfo(name=name, description=description, yes_no=yes_no)
    return Listed(info, source, lambda wanted: _made(formula, wanted, info))


LISTED = (
    _listed("recall@k", "Share of the gold labels (or relevant documents) among the first k.",
            "own", recall),
    _listed("hit@k", "Whether any of the first k holds a gold label (or is relevant).",
            "own", hit, yes_no=True),
    _listed("mrr", "1 through the rank of the first passage that holds a gold label (or of the first "
            "relevant document).", "own; Voorhees, TREC-8 1999", rank),
    _listed("ndcg@k", "How near the first k are to the best order, by nDCG.",
            "own; Järvelin and Kekäläinen 2002, over labels α-nDCG, Clarke et al. 2008", ndcg),
)  # fmt: skip
