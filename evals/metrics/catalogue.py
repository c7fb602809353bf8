"""The metrics there are, by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evals.errors import UnknownMetric
from evals.metrics.metric import Judged, Metric
from evals.metrics.ranking import hit_at, ndcg_at, recall_at
from evals.metrics.squad import holds_answer
from evals.runs.run import MetricInfo, Score

AT = re.compile(r"^(\w+)@([1-9]\d*)$")
NAMES = ("recall@k", "hit@k", "ndcg@k", "mrr", "refusal_accuracy", "holds_reference", "latency_ms")


@dataclass(frozen=True)
class _Measure:
    info: MetricInfo
    condition: Callable[[Judged], bool]
    formula: Callable[[Judged], float]

    def applies(self, seen: Judged) -> bool:
        return self.condition(seen)

    def score(self, seen: Judged) -> Score:
        return Score(value=float(self.formula(seen)))


def metrics_named(names: Sequence[str], judge: Any) -> list[Metric]:
    """The metrics with these names, in that order.

    Raises:
        UnknownMetric: there is none of a name; names close ones.
    """
    return [_named(name) for name in names]


def _named(name: str) -> Metric:
    at = AT.match(name)
    family, k = (f"{at[1]}@k", int(at[2])) if at else (name, 0)
    if family not in NAMES or (at is None and name.endswith("@k")):
        close = difflib.get_close_matches(name, NAMES, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else f"there are: {', '.join(NAMES)}."
        raise UnknownMetric(f"no metric {name!r}; {hint}")
    made: dict[str, tuple[Callable[[Judged], bool], Callable[[Judged], float], dict[str, Any]]] = {
        "recall@k": (_labelled, lambda seen: _recall(seen, k), {}),
        "hit@k": (
            _labelled,
            lambda seen: hit_at(_ranked(seen), _relevant(seen), k),
            {"yes_no": True},
        ),
        "ndcg@k": (_labelled, lambda seen: ndcg_at(_ranked(seen), _gains(seen), k), {}),
        "mrr": (_labelled, _reciprocal_rank, {}),
        "refusal_accuracy": (
            lambda _: True,
            lambda seen: seen.answer.refused != seen.case.answerable,
            {"yes_no": True},
        ),
        "holds_reference": (
            lambda seen: seen.case.answer is not None,
            lambda seen: holds_answer(seen.said, [seen.case.answer or "", *seen.case.accept]),
            {"yes_no": True},
        ),
        "latency_ms": (
            lambda _: True,
            lambda seen: seen.answer.timings_ms["total"],
            {"better": "lower", "unit": "ms"},
        ),
    }
    condition, formula, more = made[family]
    return _Measure(MetricInfo(name=name, description=family, **more), condition, formula)


def _labelled(seen: Judged) -> bool:
    return bool(seen.case.gold or seen.case.relevance)


def _ranked(seen: Judged) -> list[str]:
    if seen.case.gold:
        return [passage.chunk_id for passage in seen.answer.passages]
    return list(dict.fromkeys(passage.document for passage in seen.answer.passages))


def _relevant(seen: Judged) -> list[str]:
    if seen.case.gold:
        return [chunk for chunks in seen.relevant_chunks for chunk in chunks]
    return list(seen.case.relevance)


def _gains(seen: Judged) -> dict[str, float]:
    if seen.case.gold:
        return dict.fromkeys(_relevant(seen), 1.0)
    return {document: float(grade) for document, grade in seen.case.relevance.items()}


def _recall(seen: Judged, k: int) -> float:
    if not seen.case.gold:
        return recall_at(_ranked(seen), _relevant(seen), k)
    first = set(_ranked(seen)[:k])
    found = [bool(first & set(chunks)) for chunks in seen.relevant_chunks]
    return sum(found) / len(found)


def _reciprocal_rank(seen: Judged) -> float:
    relevant = set(_relevant(seen))
    for rank, item in enumerate(_ranked(seen), start=1):
        if item in relevant:
            return 1 / rank
    return 0.0
