"""Metrics of a ranked list against what is relevant."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the relevant ids that are among the first `k`; 0 where nothing is relevant."""
    if not relevant:
        return 0.0
    return len(set(ranked[:k]) & set(relevant)) / len(relevant)


def hit_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 if any of the first `k` is relevant, else 0."""
    return float(any(item in relevant for item in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """1 through the rank of the first relevant id; 0 where none is (Voorhees, TREC-8, 1999)."""
    for rank, item in enumerate(ranked, start=1):
        if item in relevant:
            return 1 / rank
    return 0.0


def ndcg_at(
    ranked: Sequence[str], gains: Mapping[str, float], k: int, ideal: float | None = None
) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002), linear gain.

    Args:
        ranked: ids, best first, each once.
        gains: relevance by id; an id that is not there has none.
        k: how many of the ranked ids count.
        ideal: discounted gain of the best ranking, where it is not simply that of `gains` sorted.
    """
    if ideal is None:
        ideal = discounted(sorted(gains.values(), reverse=True)[:k])
    found = discounted([gains.get(item, 0.0) for item in ranked[:k]])
    return found / ideal if ideal else 0.0


def discounted(gains: Sequence[float]) -> float:
    """Sum of gains, each through the binary logarithm of its rank + 1."""
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def ideal_gain(wanted: Sequence[frozenset[str]], k: int) -> float:
    """Discounted gain of the best ranking of `k` items where each of `wanted` counts once.

    Args:
        wanted: per thing that is sought, the ids of the items that hold it.
        k: how many items the ranking has.
    """
    gains: list[float] = []
    left = list(wanted)
    while left and len(gains) < k:
        counts = Counter(item for items in left for item in items)
        if not counts:
            break
        best, gain = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        gains.append(float(gain))
        left = [items for items in left if best not in items]
    return discounted(gains)


def mean(values: Collection[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return sum(values) / len(values) if values else math.nan
