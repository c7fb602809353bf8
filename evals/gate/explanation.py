"""A verdict in words: the reason of each comparison, and one sentence that takes no statistics to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.datasets.suite import GateRules
from evals.gate.formatting import change_text, count_text, value_text
from evals.gate.pairing import MetricEstimates
from evals.gate.verdict import Comparison
from evals.metrics.score import MetricInfo

# Names that a list in a sentence shows.
MOST_NAMED = 4


def comparison_reason(comparison: Comparison, measured: MetricEstimates, rules: GateRules) -> str:
    """Why the comparison has its outcome; without its metric's name, and without a full stop."""
    metric, margin = measured.metric, comparison.margin
    if margin is None:
        if comparison.outcome == "worse":
            return f"worse by {_loss(comparison, measured)}, but no rule makes it gate"
        return "measured only: no rule makes it gate"
    allowed = change_text(metric, margin, signed=False)
    if comparison.outcome == "below floor":
        bound = "floor" if metric.better == "higher" else "ceiling"
        return (
            f"at {value_text(metric, comparison.candidate)} it misses the {bound} of "
            f"{value_text(metric, comparison.floor)}"
        )
    if measured.missing_share > rules.max_missing:
        return (
            f"{count_text(comparison.missing)} of "
            f"{comparison.cases + comparison.missing + comparison.unpaired} have no value, more than "
            f"the {100 * rules.max_missing:g} % that may lack one"
        )
    if comparison.outcome == "too few":
        return _too_few(comparison, measured, allowed)
    if comparison.outcome == "worse":
        return f"worse by {_loss(comparison, measured)}; {allowed} may be lost"
    worst = _worst(measured, rules)
    if comparison.outcome == "no worse":
        kept = f"at worst {worst} are lost" if worst else "nothing is lost"
        return f"no worse: {kept}, {allowed} may be"
    return f"undecided: up to {worst} may be lost, more than the {allowed} that may be"


def _too_few(comparison: Comparison, measured: MetricEstimates, allowed: str) -> str:
    takes = (
        f"it takes about {comparison.questions_needed:,}"
        if comparison.questions_needed is not None
        else "no practical number of questions would do"
    )
    if comparison.detectable is None:
        few = (
            f"{count_text(comparison.cases)} about {count_text(comparison.clusters, 'document')} "
            "with a value in both runs are too few to compare"
        )
        return few if measured.gain is None else f"{few}; {takes}"
    shown = change_text(measured.metric, comparison.detectable, signed=False)
    return (
        f"{count_text(comparison.cases)} are too few: they show losses of {shown} and more, and "
        f"only {allowed} may be lost; {takes}"
    )


def _loss(comparison: Comparison, measured: MetricEstimates) -> str:
    loss = -measured.sign * (comparison.difference or 0.0)
    return change_text(measured.metric, loss, signed=False)


def _worst(measured: MetricEstimates, rules: GateRules) -> str:
    """The largest loss that cannot be ruled out; empty if absent."""
    if measured.gain is None:
        return ""
    worst = measured.gain.slack(1 - rules.alpha) - measured.gain.mean
    return change_text(measured.metric, worst, signed=False) if worst > 0 else ""


def verdict_sentence(
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
    sentence = _stopped(first, metrics[first.metric], baseline)
    if rest := [comparison_name(item) for item in stopping if item is not first]:
        sentence += f"; {_enumerated(rest)} {'stops' if len(rest) == 1 else 'stop'} it too"
    if all(item.outcome in ("too few", "undecided") for item in stopping):
        return f"{candidate} is not shown to be as good as {baseline}: {sentence}."
    return f"{candidate} must not replace {baseline}: {sentence}."


# What is said first.
ORDER = ("worse", "below floor", "undecided", "too few", "no worse")


def comparison_name(comparison: Comparison) -> str:
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
    sentence = f"{candidate} may replace {baseline}"
    if shown:
        least = max(shown, key=lambda item: item.p_value or 0.0)
        change = change_text(metrics[least.metric], least.difference)
        sentence += (
            f": on {count_text(max(item.cases for item in shown))} it is no worse, within what may "
            f"be lost, in {_enumerated(sorted({item.metric for item in shown}))} (nearest to the bound "
            f"is {comparison_name(least)}, {change})"
        )
    if open_:
        sentence += f"; by the suite's rules it passes although nothing is shown for {_enumerated([comparison_name(item) for item in open_])}"
    return f"{sentence}."


def _stopped(comparison: Comparison, metric: MetricInfo, baseline: str) -> str:
    name = comparison_name(comparison)
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


def _enumerated(names: Sequence[str]) -> str:
    """`a, b and c`; of many, the first ones and how many more."""
    shown = list(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown.append(f"{len(names) - MOST_NAMED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
