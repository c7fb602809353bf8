"""Which change moved a score, in a sentence."""

from __future__ import annotations

from evals.attribution.attribution import Attributed, Effect
from evals.gate.numbers import change_text, interval_text, value_text


def sentence_of(one: Attributed) -> str:
    """What moved the metric, and what did not."""
    metric = one.metric
    verb = "stayed as it was"
    if one.total.mean:
        verb = "rose" if one.total.mean > 0 else "fell"
        verb += f" from {value_text(metric, one.baseline)} to {value_text(metric, one.candidate)}"
    shown = sorted((e for e in one.effects if e.is_shown), key=lambda e: -abs(e.mean))
    told = [f"{e.name} {change_text(metric, e.mean)} ({_range(one, e)})" for e in shown]
    said = f"{metric.name} {verb}: "
    if not shown:
        return said + "no single change is shown to have moved it."
    said += f"moved by {' and '.join(told)}"
    rest = [e.name for e in one.effects if not e.is_shown]
    if rest:
        said += f"; not shown to be moved by {' or '.join(rest)}"
    together = [e.name for e in one.interactions if e.is_shown]
    if together:
        said += f"; what one does depends on the other: {', '.join(together)}"
    return f"{said}."


def _range(one: Attributed, effect: Effect) -> str:
    return interval_text(one.metric, effect.interval)
