"""A run in a few figures: each metric's mean with its interval, and what is missing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.evaluations.results import MetricFigures, RunFigures
from evals.metrics.score import MetricInfo
from evals.running.run import CaseResult, EvalRun
from evals.statistics.estimate import estimate_mean, value_range
from evals.statistics.resamples import Resamples

CONFIDENCE = 0.95
RESAMPLES, SEED = 2000, 1


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric over a run.

    Attributes:
        info: what it is.
        cases: cases that it has a value for.
        missing: answers that it should have a value for and has none, stale ones left out.
        mean: the mean over cases, each the mean of its repeats; None if there is no value.
        interval: 95 % interval of the mean, resampled by what cases share, as the gate does; None
            if there are no two independent cases.
    """

    info: MetricInfo
    cases: int
    missing: int
    mean: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in figures.

    Attributes:
        metrics: in the suite's order.
        answers: how many were asked for, repeats counted.
        failed: of these, how many failed.
        kept: of these, those that an earlier run had paid for.
        stale: cases with a label whose words the index version does not hold; they have no scores.
        cost: what all answers cost when they were made; None if unknown.
        judge_cost: the same of judging; None if nothing was judged or the cost is unknown.
    """

    metrics: list[MetricSummary]
    answers: int
    failed: int
    kept: int
    stale: int
    cost: float | None
    judge_cost: float | None


def summarise_run(run: EvalRun) -> RunSummary:
    """A run's figures."""
    results = run.results
    resamples = Resamples(RESAMPLES, SEED)
    costs = [result.cost for result in results if result.answer is not None]
    judging = [result.judge_cost for result in results if result.judge_cost is not None]
    return RunSummary(
        metrics=[_metric(info, results, resamples) for info in run.metrics.values()],
        answers=len(results),
        failed=sum(result.answer is None for result in results),
        kept=sum(result.kept for result in results),
        stale=len({result.case.id for result in results if result.stale}),
        cost=None if None in costs else math.fsum(cost for cost in costs if cost is not None),
        judge_cost=math.fsum(judging) if judging else None,
    )


def figures_of(run: EvalRun) -> RunFigures:
    """A run's figures as they are kept beside it."""
    summary, manifest = summarise_run(run), run.manifest
    return RunFigures(
        id=run.id,
        at=run.at,
        seconds=run.seconds,
        suite=run.suite,
        label=run.label,
        document_set=manifest.document_set,
        index_version=manifest.index_version,
        prompt=manifest.prompt,
        model=manifest.chat_model,
        answers=summary.answers,
        failed=summary.failed,
        cost=summary.cost,
        metrics=[
            MetricFigures(
                name=one.info.name,
                better=one.info.better,
                unit=one.info.unit,
                cases=one.cases,
                mean=one.mean,
                interval=one.interval,
            )
            for one in summary.metrics
        ],
    )


def _metric(info: MetricInfo, results: Sequence[CaseResult], resamples: Resamples) -> MetricSummary:
    values: dict[str, list[float]] = defaultdict(list)
    shared: dict[str, str] = {}
    missing = 0
    for result in results:
        score = result.scores.get(info.name)
        if score is None:
            continue
        if score.value is not None:
            values[result.case.id].append(score.value)
            shared[result.case.id] = result.case.cluster_key
        elif not result.stale:
            missing += 1
    means = [math.fsum(found) / len(found) for found in values.values()]
    if not means:
        return MetricSummary(info, 0, missing, None, None)
    lowest, highest, _ = value_range(means, info.unit == "share")
    clusters = [shared[case_id] for case_id in values]
    estimate = estimate_mean(means, clusters, lowest=lowest, highest=highest, resamples=resamples)
    interval = None if estimate is None else estimate.interval(CONFIDENCE)
    return MetricSummary(info, len(means), missing, math.fsum(means) / len(means), interval)
