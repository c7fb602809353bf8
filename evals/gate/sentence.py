"""The verdict in one sentence that takes no statistics to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.gate.numbers import change_text, count_text, value_text
from evals.gate.verdict import Comparison
from evals.runs.run import MetricInfo


def sentence_of(
    baseline: str,
    candidate: str,
    comparisons: Sequence[Comparison],
    metrics: Mapping[str, MetricInfo],
) -> str:
    """Why the candidate passes, or what stops it.

    Args:
        baseline, candidate: names of the two for people; the same where both use one prompt.
        comparisons: all.
        metrics: by name.
    """
    if baseline == candidate:
        baseline, candidate = f"the baseline ({baseline})", f"The candidate ({candidate})"
    gating = [item for item in comparisons if item.gates]
    stopping = [item for item in gating if item.fails]
    if not stopping:
        return _passed(baseline, candidate, gating, metrics)
    first = min(stopping, key=lambda item: ORDER.index(item.outcome))
    said = _stopped(first, metrics[first.metric], baseline)
    if rest := [named(item) for item in stopping if item is not first]:
        said += f"; {_listed(rest)} {'stops' if len(rest) == 1 else 'stop'} it too"
    if all(item.outcome in ("too few", "undecided") for item in stopping):
        return f"{candidate} is not shown to be as good as {baseline}: {said}."
    return f"{candidate} must not replace {baseline}: {said}."


# What is said first.
ORDER = ("worse", "below floor", "undecided", "too few", "no worse")


def named(comparison: Comparison) -> str:
    """A comparison's name: its metric, and its slice."""
    if comparison.slice is None:
        return comparison.metric
    return f"{comparison.metric} on {comparison.slice!r}"


def _passed(
    baseline: str,
    candidate: str,
    gating: Sequence[Comparison],
    metrics: Mapping[str, MetricInfo],
) -> str:
    shown = [item for item in gating if item.outcome == "no worse"]
    open_ = [item for item in gating if item.outcome != "no worse"]
    said = f"{candidate} may replace {baseline}"
    if shown:
        least = max(shown, key=lambda item: item.p_value or 0.0)
        change = change_text(metrics[least.metric], least.difference)
        said += (
            f": on {count_text(max(item.cases for item in shown))} it is no worse, within what may "
            f"be lost, in {_listed(sorted({item.metric for item in shown}))} (nearest to the bound "
            f"is {named(least)}, {change})"
        )
    if open_:
        said += f"; by the suite's rules it passes although nothing is shown for {_listed([named(item) for item in open_])}"
    return f"{said}."


def _stopped(comparison: Comparison, metric: MetricInfo, baseline: str) -> str:
    name = named(comparison)
    values = (
        f"from {value_text(metric, comparison.baseline)} to "
        f"{value_text(metric, comparison.candidate)}"
    )
    if comparison.outcome == "worse":
        verb = "fell" if metric.better == "higher" else "rose"
        allowed = change_text(metric, comparison.margin, signed=False)
        return f"{name} {verb} {values}, and {allowed} may be lost"
    if comparison.outcome == "below floor":
        return (
            f"{name}: {comparison.reason} ({baseline}: {value_text(metric, comparison.baseline)})"
        )
    return f"{name}: {comparison.reason}"


def _listed(names: Sequence[str], most: int = 4) -> str:
    """`a, b and c`; of many, the first ones and how many more."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
