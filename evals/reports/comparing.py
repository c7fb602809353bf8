"""The comparisons that a report shows where no verdict has made them, and those of its slices."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from evals.gate.comparing import compare_all
from evals.gate.measuring import measure
from evals.gate.pairing import pair
from evals.gate.verdict import Comparison
from evals.reports.forest import forest
from evals.runs.run import EvalRun, MetricInfo
from evals.statistics.resamples import Resamples
from evals.suites.suite import GateRules

# Slices are shown to look at and not judged by, so fewer resamples than the gate's do.
RESAMPLES = 2_000
SEED = 20_261_126
SMALLEST = 5
SLICES = 12
SLICED_METRICS = 4


@dataclass(frozen=True)
class Slice:
    """One metric within one tag.

    Attributes:
        tag: the questions' tag.
        item: the comparison; without a baseline, of the run with itself.
        picture: the difference; empty without a baseline.
    """

    tag: str
    item: Comparison
    picture: Markup


def comparisons_of(baseline: EvalRun | None, candidate: EvalRun) -> list[Comparison]:
    """All metrics that were measured; without a baseline the run's own means, as `candidate`."""
    other = baseline or candidate
    names = [name for name in candidate.metrics if name in other.metrics]
    draws = Resamples(RESAMPLES, SEED)
    measured = [
        measure(candidate.metrics[name], pair(name, other, candidate), draws) for name in names
    ]
    return compare_all(measured, GateRules())


def slices_of(
    baseline: EvalRun | None, candidate: EvalRun, comparisons: list[Comparison]
) -> dict[str, list[Slice]]:
    """By metric, the tags that enough questions have; the gate's own comparison where there is one.

    Args:
        baseline: None where there is none.
        candidate: the run that the report is about.
        comparisons: the verdict's; the metrics that gate, or else the first shares, are sliced.
    """
    draws = Resamples(RESAMPLES, SEED)
    judged = {(item.metric, item.slice): item for item in comparisons if item.slice}
    return {
        metric.name: [
            Slice(tag, item, Markup() if baseline is None else forest(item, metric))
            for tag in _tags(candidate)
            for item in [
                judged.get((metric.name, tag))
                or _within(tag, metric, baseline or candidate, candidate, draws)
            ]
            if item.cases >= SMALLEST or item.gates
        ]
        for metric in _sliced(candidate, comparisons)
    }


def _tags(run: EvalRun) -> list[str]:
    """Those of most questions first."""
    questions: dict[str, set[str]] = {}
    for result in run.results:
        for tag in result.case.tags:
            questions.setdefault(tag, set()).add(result.case.id)
    large = [tag for tag, cases in questions.items() if len(cases) >= SMALLEST]
    return sorted(large, key=lambda tag: (-len(questions[tag]), tag))[:SLICES]


def _sliced(run: EvalRun, comparisons: list[Comparison]) -> list[MetricInfo]:
    gating = [item.metric for item in comparisons if item.gates and not item.slice]
    shares = [name for name, metric in run.metrics.items() if metric.unit == "share"]
    names = dict.fromkeys([*gating, *([] if gating else shares)])
    return [run.metrics[name] for name in names if name in run.metrics][:SLICED_METRICS]


def _within(
    tag: str, metric: MetricInfo, baseline: EvalRun, candidate: EvalRun, draws: Resamples
) -> Comparison:
    tagged = {result.case.id for result in candidate.results if tag in result.case.tags}
    paired = pair(metric.name, baseline, candidate, tagged)
    return compare_all([measure(metric, paired, draws, tag)], GateRules())[0]
