"""A run in figures: each metric's mean with the bounds of its interval, and what is missing."""

from __future__ import annotations

import math
import re

from evals.runs.case_means import case_means
from evals.runs.run import EvalRun, MetricInfo
from evals.statistics.choosing import estimate_mean
from evals.statistics.estimate import Estimate
from evals.statistics.resamples import Resamples
from evals.suites.suite import GateRules

CONFIDENCE = 0.95


def figure_name(metric: str) -> str:
    """A metric's name in letters that every tracker takes: `recall@5` is `recall_at_5`.

    W&B sorts and filters by letters, digits and `_`; MLflow refuses `@`.
    """
    return re.sub(r"\W", "_", metric.replace("@", "_at_"), flags=re.ASCII)


def figures_of(run: EvalRun) -> dict[str, float]:
    """`mean/…`, `low/…`, `high/…` (95 %), `cases/…` and `missing/…` per metric; counts of the run.

    Intervals take questions that share a document as one piece of evidence, as the gate does.
    """
    rules = GateRules()
    resamples = Resamples(rules.resamples, rules.seed)
    figures: dict[str, float] = {}
    for info in run.metrics.values():
        figures |= _metric(run, info, resamples)
    costs = [result.cost for result in run.results if result.cost is not None]
    judging = [result.judge_cost for result in run.results if result.judge_cost is not None]
    figures |= {
        "count/answers": len(run.results),
        "count/failed": sum(result.answer is None for result in run.results),
        "count/kept": sum(result.kept for result in run.results),
        "count/stale": len({result.case.id for result in run.results if result.stale}),
        "count/missing": sum(v for name, v in figures.items() if name.startswith("missing/")),
        "cost/seconds": run.seconds,
    }
    if costs:
        figures["cost/answers"] = math.fsum(costs)
    if judging:
        figures["cost/judge"] = math.fsum(judging)
    return figures


def _metric(run: EvalRun, info: MetricInfo, resamples: Resamples) -> dict[str, float]:
    name, means = figure_name(info.name), case_means(run, info.name)
    figures: dict[str, float] = {
        f"cases/{name}": len(means),
        f"missing/{name}": sum(
            info.name in result.scores
            and not _is_number(result.scores[info.name].value)
            and not result.stale
            for result in run.results
        ),
    }
    if not means:
        return figures
    figures[f"mean/{name}"] = math.fsum(means.values()) / len(means)
    estimate = _estimate(run, info, means, resamples)
    if estimate is not None:
        figures[f"low/{name}"], figures[f"high/{name}"] = estimate.interval(CONFIDENCE)
    return {key: value for key, value in figures.items() if math.isfinite(value)}


def _estimate(
    run: EvalRun, info: MetricInfo, means: dict[str, float], resamples: Resamples
) -> Estimate | None:
    shared = {result.case.id: result.case.shared for result in run.results}
    values, clusters = list(means.values()), [shared[case_id] for case_id in means]
    if info.unit == "share" and min(values) >= 0 and max(values) <= 1:
        lowest, highest = 0.0, 1.0
    else:
        lowest, highest = min(0.0, 2 * min(values)), 2 * (max(map(abs, values)) or 1.0)
    return estimate_mean(values, clusters, lowest=lowest, highest=highest, resamples=resamples)


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
