"""The comparisons, slices and plots of a report, by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evals.datasets.suite import GateRules
from evals.gate.decide import decide_comparisons
from evals.gate.formatting import value_text
from evals.gate.pairing import estimate_metric, pair
from evals.gate.verdict import Comparison
from evals.metrics.score import MetricInfo
from evals.reports.plots import forest, reach_of, spread
from evals.reports.questions import Question
from evals.running.run import EvalRun
from evals.statistics.resamples import Resamples

# Slices are shown to look at and not judged by, so fewer resamples than the gate's do.
RESAMPLES = 2_000
SEED = 20_261_126
SMALLEST = 5
SLICES = 12
SLICED_METRICS = 4


@dataclass(frozen=True)
class Slice:
    """The questions of one tag.

    Attributes:
        tag: theirs.
        cases: how many they are.
        items: by metric, the comparison; without a baseline, of the run with itself.
    """

    tag: str
    cases: int
    items: dict[str, Comparison]


@dataclass(frozen=True)
class Picture:
    """One metric's difference in one slice.

    Attributes:
        tag: the slice's.
        cases: questions that both runs have a value for.
        drawn: the plot.
    """

    tag: str
    cases: int
    drawn: Markup


def comparisons_of(baseline: EvalRun | None, candidate: EvalRun) -> list[Comparison]:
    """All metrics that were measured; without a baseline the run's own means, as `candidate`."""
    other = baseline or candidate
    names = [name for name in candidate.metrics if name in other.metrics]
    draws = Resamples(RESAMPLES, SEED)
    measured = [
        estimate_metric(candidate.metrics[name], pair(name, other, candidate), draws)
        for name in names
    ]
    return decide_comparisons(measured, GateRules())


def slices_of(
    baseline: EvalRun | None, candidate: EvalRun, comparisons: list[Comparison]
) -> list[Slice]:
    """Tags that enough questions have; where the gate compared one, its own comparison.

    Args:
        baseline: None if absent.
        candidate: the run that the report is about.
        comparisons: the verdict's; the metrics that gate, or else the first shares, are sliced.
    """
    draws = Resamples(RESAMPLES, SEED)
    judged = {(item.metric, item.slice): item for item in comparisons if item.slice}
    metrics = _sliced(candidate, comparisons)
    found = []
    for tag, cases in _tags(candidate, {item.slice for item in comparisons}).items():
        items = {
            metric.name: judged.get((metric.name, tag))
            or _within(tag, metric, cases, baseline or candidate, candidate, draws)
            for metric in metrics
        }
        found.append(Slice(tag, len(cases), items))
    return found


def pictures_of(slices: list[Slice], metrics: Mapping[str, MetricInfo]) -> dict[str, list[Picture]]:
    """By metric, a picture of each slice that has a difference, all to one scale.

    Args:
        slices: with a baseline.
        metrics: by name.
    """
    found = {}
    for name in slices[0].items if slices else ():
        items = [(one.tag, one.items[name]) for one in slices]
        drawn = [(tag, item) for tag, item in items if item.difference is not None]
        reach = max((reach_of(item) for _, item in drawn), default=1.0)
        found[name] = [
            Picture(tag, item.cases, forest(item, metrics[name], reach)) for tag, item in drawn
        ]
    return found


def _tags(run: EvalRun, judged: set[str | None]) -> dict[str, set[str]]:
    """The questions of each tag: first tags that the gate judged, then those of most questions."""
    cases: dict[str, set[str]] = {}
    for result in run.results:
        for tag in result.case.tags:
            cases.setdefault(tag, set()).add(result.case.id)
    large = [tag for tag, found in cases.items() if len(found) >= SMALLEST or tag in judged]
    large.sort(key=lambda tag: (tag not in judged, -len(cases[tag]), tag))
    return {tag: cases[tag] for tag in large[: max(SLICES, len(judged))]}


def _sliced(run: EvalRun, comparisons: list[Comparison]) -> list[MetricInfo]:
    gating = [item.metric for item in comparisons if item.gates and not item.slice]
    shares = [name for name, metric in run.metrics.items() if metric.unit == "share"]
    names = dict.fromkeys([*gating, *([] if gating else shares)])
    return [run.metrics[name] for name in names if name in run.metrics][:SLICED_METRICS]


def _within(
    tag: str,
    metric: MetricInfo,
    cases: set[str],
    baseline: EvalRun,
    candidate: EvalRun,
    draws: Resamples,
) -> Comparison:
    paired = pair(metric.name, baseline, candidate, cases)
    return decide_comparisons([estimate_metric(metric, paired, draws, tag)], GateRules())[0]


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
    changed = [q for q in questions if q.worse or q.better or q.newly_failed or q.answer_changed]
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
