"""A run in figures: each metric's mean with the bounds of its interval, and what is missing."""

from __future__ import annotations

import math
import re

from evals.running.summary import summarised
from evals.runs.run import EvalRun


def figure_name(metric: str) -> str:
    """A metric's name in letters that every tracker takes: `recall@5` is `recall_at_5`.

    W&B sorts and filters by letters, digits and `_`; MLflow refuses `@`.
    """
    return re.sub(r"\W", "_", metric.replace("@", "_at_"), flags=re.ASCII)


def figures_of(run: EvalRun) -> dict[str, float]:
    """`mean/…`, `low/…`, `high/…` (95 %), `cases/…` and `missing/…` per metric; counts of the run.

    The figures are those that `plumb eval run` prints. What cannot be told is left out.
    """
    summary = summarised(run)
    figures: dict[str, float | None] = {
        "count/answers": summary.answers,
        "count/failed": summary.failed,
        "count/kept": summary.kept,
        "count/stale": summary.stale,
        "count/missing": sum(metric.missing for metric in summary.metrics),
        "cost/answers": summary.cost,
        "cost/judge": summary.judge_cost,
        "cost/seconds": run.seconds,
    }
    for metric in summary.metrics:
        name = figure_name(metric.info.name)
        low, high = metric.interval or (None, None)
        figures |= {
            f"mean/{name}": metric.mean,
            f"low/{name}": low,
            f"high/{name}": high,
            f"cases/{name}": metric.cases,
            f"missing/{name}": metric.missing,
        }
    return {
        name: value for name, value in figures.items() if value is not None and math.isfinite(value)
    }
