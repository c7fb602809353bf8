"""A metric's value per question: the mean of its repeats, where more than half have one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Literal

from evals.running.run import CaseResult, EvalRun


def case_means(run: EvalRun, metric: str) -> dict[str, float]:
    """A metric's value per question, of the questions that have one."""
    return {
        case_id: value
        for case_id, value in case_values(metric, run).items()
        if not isinstance(value, str)
    }


def case_values(
    metric: str, run: EvalRun, only: Collection[str] | None = None
) -> dict[str, float | Literal["missing", "not asked"]]:
    """Per question the mean of its repeats of a metric, or why there is none.

    Args:
        metric: its name.
        only: ids of the questions to look at; None for all.
    """
    groups: dict[str, list[CaseResult]] = defaultdict(list)
    for result in run.results:
        if only is None or result.case.id in only:
            groups[result.case.id].append(result)
    return {case_id: case_value(metric, results) for case_id, results in groups.items()}


def case_value(metric: str, results: list[CaseResult]) -> float | Literal["missing", "not asked"]:
    """A question's value: the mean of its repeats, or why there is none.

    Args:
        metric: its name.
        results: all of one question.
    """
    present = present_values(metric, results)
    due = sum(metric in result.scores or result.error is not None for result in results)
    if not due:
        return "not asked"
    # A question that mostly fails must not count by the one time that it did not.
    return math.fsum(present) / len(present) if 2 * len(present) > due else "missing"


def present_values(metric: str, results: Iterable[CaseResult]) -> list[float]:
    """A metric's finite values over some repeats; NaN counts as missing."""
    scores = (result.scores[metric].value for result in results if metric in result.scores)
    return [float(score) for score in scores if score is not None and math.isfinite(score)]
