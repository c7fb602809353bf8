"""Ragas's metric of how near the answer's meaning is to the reference's, by embeddings."""

from __future__ import annotations

from evals.metrics.driving import finished
from evals.metrics.listed import Listed, Wanted
from evals.metrics.measure import Measure, at_most_1
from evals.metrics.metric import Judged
from evals.metrics.wording import has_reference
from evals.runs.run import MetricInfo
from evals.untracked import forbid_tracking

SIMILARITY = MetricInfo(
    name="semantic_similarity",
    description="Cosine of the answer's and the reference's embeddings, by the document set's model; "
    "0 for a refusal.",
)


def _make(_: Wanted) -> Measure:
    forbid_tracking()
    from ragas.metrics.collections import SemanticSimilarity

    from evals.metrics.embedding import OwnEmbedding

    def formula(seen: Judged) -> float:
        if seen.answer.refused or not seen.said:
            return 0.0
        reference, said = seen.case.answer or "", seen.said
        metric = SemanticSimilarity(embeddings=OwnEmbedding(seen.embed, reference, said))
        scored = metric.ascore(reference=reference, response=said)
        return at_most_1(float(finished(scored).value))

    return Measure(SIMILARITY, has_reference, formula)


LISTED = (Listed(SIMILARITY, "Ragas SemanticSimilarity", _make),)
