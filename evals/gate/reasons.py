"""Say in a sentence what follows for a comparison."""

from __future__ import annotations

from evals.gate.measuring import Measured
from evals.gate.numbers import change_text, count_text, value_text
from evals.gate.verdict import Comparison
from evals.suites.suite import GateRules


def reason_of(comparison: Comparison, measured: Measured, rules: GateRules) -> str:
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


def _too_few(comparison: Comparison, measured: Measured, allowed: str) -> str:
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


def _loss(comparison: Comparison, measured: Measured) -> str:
    loss = -measured.sign * (comparison.difference or 0.0)
    return change_text(measured.metric, loss, signed=False)


def _worst(measured: Measured, rules: GateRules) -> str:
    """The largest loss that cannot be ruled out; empty where there is none."""
    if measured.gain is None:
        return ""
    worst = measured.gain.slack(1 - rules.alpha) - measured.gain.mean
    return change_text(measured.metric, worst, signed=False) if worst > 0 else ""
