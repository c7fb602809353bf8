"""A run's values by question."""

from __future__ import annotations

import math
from collections import defaultdict

from evals.runs.run import EvalRun


def case_means(run: EvalRun, metric: str) -> dict[str, float]:
    """A metric's value per case: the mean of its repeats, where more than half have one."""
    values: dict[str, list[float]] = defaultdict(list)
    due: dict[str, int] = defaultdict(int)
    for result in run.results:
        score = result.scores.get(metric)
        due[result.case.id] += score is not None or result.error is not None
        if score is not None and score.value is not None and math.isfinite(score.value):
            values[result.case.id].append(score.value)
    return {
        case_id: math.fsum(found) / len(found)
        for case_id, found in values.items()
        if 2 * len(found) > due[case_id]
    }
