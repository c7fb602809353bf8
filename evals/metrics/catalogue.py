"""Every metric that a suite may name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from evals.errors import EvalError, UnknownMetric
from evals.metrics import (
    citations,
    contexts,
    correctness,
    judged_metrics,
    latency_and_cost,
    refusals,
    retrieval,
    text_similarity,
)
from evals.metrics.metric import Metric, MetricRequest, MetricSpec

if TYPE_CHECKING:
    from evals.metrics.judge import JudgeModel


AT = re.compile(r"(?P<family>[a-z_]+)@(?P<k>[1-9]\d{0,5})")


def catalogue() -> tuple[MetricSpec, ...]:
    """All of them, family by family; looking costs nothing."""
    return (
        *correctness.SPECS,
        *refusals.SPECS,
        *citations.SPECS,
        *retrieval.SPECS,
        *latency_and_cost.SPECS,
        *contexts.SPECS,
        *text_similarity.WORD_SPECS,
        *text_similarity.EMBEDDING_SPECS,
        *judged_metrics.SPECS,
    )


def metrics_named(names: Sequence[str], judge: JudgeModel | None) -> list[Metric]:
    """The metrics of these names, in their order, each once.

    Args:
        names: as `plumb eval metrics` lists them, with a number for k.
        judge: who judges; None if no judge is set.

    Raises:
        UnknownMetric: no metric has this name; the message names close ones.
        JudgeError: one needs a judge and none is set.
        EvalError: what one needs is not installed.
    """
    by_name = {listed.info.name: listed for listed in catalogue()}
    return [_named(name, by_name, judge) for name in dict.fromkeys(names)]


def _named(name: str, by_name: dict[str, MetricSpec], judge: JudgeModel | None) -> Metric:
    at = AT.fullmatch(name)
    listed = by_name.get(f"{at['family']}@k" if at else name)
    if listed is None or (at is None and name.endswith("@k")):
        raise UnknownMetric(_unknown(name, by_name))
    try:
        return listed.make(MetricRequest(name, int(at["k"]) if at else None, judge))
    except ModuleNotFoundError as error:
        raise EvalError(
            f"the metric {name!r} needs {error.name}, which is not installed: install plumbline[eval]."
        ) from error


def _unknown(name: str, by_name: dict[str, MetricSpec]) -> str:
    family = name.partition("@")[0]
    if f"{family}@k" in by_name:
        return f"metric {name!r}: write a number from 1 for k, for example {family}@10."
    close = get_close_matches(
        family, [known.partition("@")[0] for known in by_name], n=3, cutoff=0.5
    )
    similar = [known for known in by_name if known.partition("@")[0] in close]
    hint = f"did you mean {' or '.join(similar)}? " if similar else ""
    return f"there is no metric {name!r}: {hint}`plumb eval metrics` lists them."
