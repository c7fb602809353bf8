"""Pictures and rows that stand for all questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evals.gate.numbers import value_text
from evals.gate.verdict import Comparison
from evals.reports.forest import forest
from evals.reports.question import Question
from evals.reports.spread import spread
from evals.runs.run import MetricInfo


@dataclass(frozen=True)
class Figure:
    """One metric's pictures.

    Attributes:
        item: the comparison.
        forest: the difference with its interval.
        spread: how single questions changed.
    """

    item: Comparison
    forest: Markup
    spread: Markup


def figures_of(
    comparisons: Sequence[Comparison],
    metrics: Mapping[str, MetricInfo],
    questions: Sequence[Question],
) -> list[Figure]:
    """Those of all questions; slices have their own.

    Args:
        comparisons: in the order to show them.
        metrics: by name.
        questions: with their values in both runs.
    """
    return [
        Figure(
            item, forest(item, metrics[item.metric]), spread(_gains(item, questions), item.metric)
        )
        for item in comparisons
        if item.slice is None and item.difference is not None
    ]


def ranked(questions: Sequence[Question]) -> list[Question]:
    """Questions with another score or another answer, the worst first and the best last."""
    changed = [q for q in questions if q.worse or q.better or q.failed_anew or q.answer_changed]
    return sorted(changed, key=lambda q: (*(-part for part in q.harm()), q.benefit()))


def own_interval_text(metric: MetricInfo, interval: tuple[float, float] | None) -> str:
    """An interval of a mean: `78.1 to 84.2 %`, or with its unit."""
    if interval is None:
        return "–"
    low, high = (value_text(metric, bound) for bound in interval)
    unit = low.rpartition(" ")[2]
    return f"{low.removesuffix(f' {unit}')} to {high}"


def p_text(value: float | None) -> str:
    """A p-value with as many digits as mean something."""
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _gains(item: Comparison, questions: Sequence[Question]) -> list[float]:
    changes = (change for question in questions for change in question.changes)
    gains = (change.gain for change in changes if change.metric.name == item.metric)
    return [gain for gain in gains if gain is not None]
