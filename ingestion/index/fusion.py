"""Hybrid fusion: one order out of what dense and lexical search found, weighed by the question.

For each candidate, with its cosine similarity `s` (known for all of them) and its BM25 score `l`
(0 where its words did not match), means and deviations taken over the candidates of this question:

    f = (s - mean(s)) / deviation(s)  +  coverage * l / max(l) * l / deviation(l)

*Standardised, not scaled by rank or range.* A side whose best candidates stand clear of the rest
says more than one whose candidates are all alike; ranks (reciprocal rank fusion) and min-max
scaling throw just that away. Neither the embedding model's range of cosines nor the corpus' range
of BM25 scores matters, so no weight is tuned. Scores beat ranks: Bruch et al., arXiv:2210.11934;
standardised scores: Montague and Aslam, "Relevance Score Normalization for Metasearch" (2001).

*Weighed by coverage.* BM25 has no notion of a good match: its best hit is the best there is.
`coverage` is the share of the question's terms that this best hit holds; `coverage * l / max(l)`
estimates the same of every other hit. So a question put in words that the documents do not use
leans on dense search, and one that names things in their words leans on lexical search.

Measured with all-MiniLM-L6-v2, 100 candidates a side, nDCG@10, against reciprocal rank fusion
(k = 60) and a fixed weight of 0.3 on dense; "swapped" has the question's two rarest matching words
replaced by near words (as the same model sees them, which favours dense), "swapped 4" its four
rarest. The swapped covidqa is of another cut into chunks than covidqa:

    set                   BM25    dense   RRF     0.3     fuse
    xquad                 0.972   0.944   0.972   0.979   0.982
    cranfield             0.384   0.395   0.428   0.422   0.432
    covidqa               0.700   0.475   0.639   0.716   0.716
    xquad swapped         0.702   0.867   0.809   0.790   0.873
    cranfield swapped     0.167   0.312   0.275   0.253   0.305
    covidqa swapped       0.303   0.344   0.375   0.382   0.417
    xquad swapped 4       0.416   0.809   0.584   0.558   0.777
    cranfield swapped 4   0.078   0.267   0.169   0.147   0.240

The last two show the limit: where nearly every matching word misleads, dense alone is better.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

from ingestion.index.protocol import Candidates, Key

# Names the method in an answer's manifest; another formula needs another name.
FUSION = "standardised-coverage-2"

# Weight of dense search where the embedding model does not know the question's language.
BLIND_WEIGHT = 0.1


class Fused(NamedTuple):
    """A candidate with what was made of it.

    Attributes:
        key: names the chunk.
        score: 1 for the best candidate, 0 for the worst, in proportion between; says nothing of
            how good the best one is.
        dense: cosine similarity.
        lexical: BM25; None where its words did not match.
    """

    key: Key
    score: float
    dense: float
    lexical: float | None


def fuse(candidates: Candidates, coverage: float, dense_weight: float = 1.0) -> list[Fused]:
    """All candidates, best first; ties go to the higher similarity, then to the lower key.

    Args:
        candidates: what both searches found.
        coverage: share of the question's terms that the best lexical hit holds
            (`bm25.coverage`); ignored without a hit.
        dense_weight: less than 1 where the embedding model does not know the question's language.
    """
    similarities = candidates.similarities
    if not similarities:
        return []
    matches = dict(candidates.lexical)
    lexical = [matches.get(key, 0.0) for key in similarities]
    near, spread = _mean_and_deviation(similarities.values())
    _, width = _mean_and_deviation(lexical)
    # Where a side says the same of every candidate it says nothing.
    toward_near = dense_weight / spread if spread else 0.0
    toward_match = coverage / width / max(lexical) if width else 0.0
    raw = [
        (similarity - near) * toward_near + match * match * toward_match
        for similarity, match in zip(similarities.values(), lexical, strict=True)
    ]
    low, high = min(raw), max(raw)
    fused = [
        Fused(
            key, (value - low) / (high - low) if high > low else 1.0, similarity, matches.get(key)
        )
        for (key, similarity), value in zip(similarities.items(), raw, strict=True)
    ]
    return sorted(fused, key=lambda found: (-found.score, -found.dense, found.key))


def _mean_and_deviation(values: Collection[float]) -> tuple[float, float]:
    """Mean and standard deviation; a deviation that is only rounding is 0."""
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    largest = max(map(abs, values))
    return mean, deviation if deviation > 1e-9 * largest else 0.0
