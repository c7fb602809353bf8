"""What follows from the numbers of each comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evals.gate.measuring import CONFIDENCE, Measured, mean
from evals.gate.reasons import reason_of
from evals.gate.verdict import Comparison, Outcome
from evals.statistics.estimate import Estimate
from evals.statistics.holm import holm
from evals.statistics.size import detectable, times_needed
from evals.suites.suite import GateRules, MetricRule


@dataclass(frozen=True)
class Tested:
    """A measured comparison with its tests.

    Attributes:
        measured: the numbers.
        margin: loss that is allowed; None where the comparison does not gate.
        floor: what must be reached.
        p_value, p_worse: see Comparison.
    """

    measured: Measured
    margin: float | None
    floor: float | None
    p_value: float | None
    p_worse: float | None


def compare_all(measured: Sequence[Measured], rules: GateRules) -> list[Comparison]:
    """Decide each comparison; those that gate come first.

    Args:
        measured: of all metrics and slices; those of metrics without a rule do not gate.
        rules: what a candidate must show.
    """
    tested = [_test(item, rules.metrics.get(item.metric.name)) for item in measured]
    gating = [item for item in tested if item.margin is not None]
    watched = [item for item in tested if item.margin is None]
    # To pass, every comparison must be shown to be no worse (an intersection-union test; Berger,
    # Technometrics 24, 1982): each at alpha holds alpha for the whole, without a correction. It is
    # the chance to fail that adds up over comparisons; so each gets its part of 1 - power.
    must = sum(_policy(item.measured, rules) == "fail" for item in gating)
    power = 1 - (1 - rules.power) / max(1, must)
    return [
        _decide(item, adjusted, adjusted_worse, rules, power)
        for family in (gating, watched)
        for item, adjusted, adjusted_worse in zip(
            family,
            holm([_or_one(item.p_value) for item in family]),
            holm([_or_one(item.p_worse) for item in family]),
            strict=True,
        )
    ]


def _test(measured: Measured, rule: MetricRule | None) -> Tested:
    margin = floor = None
    if rule is not None:
        margin = rule.slice_margin if measured.slice else rule.margin
        floor = None if measured.slice else rule.floor
    gain = measured.gain
    if gain is None:
        return Tested(measured, margin, floor, None, None)
    p_value = None if margin is None else gain.p_at_most(-margin)
    return Tested(measured, margin, floor, p_value, gain.p_at_least(0.0))


def _decide(
    tested: Tested, adjusted: float, adjusted_worse: float, rules: GateRules, power: float
) -> Comparison:
    measured, gain, sign = tested.measured, tested.measured.gain, tested.measured.sign
    baseline, candidate = mean(measured.paired.baseline), mean(measured.paired.candidate)
    smallest = None if gain is None else detectable(gain, rules.alpha, power)
    outcome, fails = _outcome(tested, adjusted_worse, candidate, smallest, rules)
    interval = None if gain is None else gain.interval(CONFIDENCE)
    wins, losses = _won_and_lost(measured)
    comparison = Comparison(
        metric=measured.metric.name,
        slice=measured.slice,
        cases=measured.cases,
        clusters=len(set(measured.paired.clusters)),
        missing=measured.paired.missing,
        unpaired=measured.paired.unpaired,
        baseline=baseline,
        candidate=candidate,
        baseline_interval=_interval(measured.baseline),
        candidate_interval=_interval(measured.candidate),
        difference=None if baseline is None or candidate is None else candidate - baseline,
        interval=interval if sign > 0 or interval is None else (-interval[1], -interval[0]),
        better=measured.metric.better,
        margin=tested.margin,
        floor=tested.floor,
        p_value=tested.p_value,
        p_adjusted=None if tested.p_value is None else adjusted,
        p_worse=tested.p_worse,
        p_worse_adjusted=None if tested.p_worse is None else adjusted_worse,
        detectable=_possible(smallest, measured),
        questions_needed=_needed(tested, rules, power) if outcome == "too few" else None,
        wins=wins,
        losses=losses,
        ties=measured.cases - wins - losses,
        outcome=outcome,
        gates=tested.margin is not None,
        fails=fails,
        reason="",
    )
    return comparison.model_copy(update={"reason": reason_of(comparison, measured, rules)})


def _possible(smallest: float | None, measured: Measured) -> float | None:
    """None where only losses would show that there cannot be: of a share, more than all of it."""
    if smallest is not None and measured.metric.unit == "share" and smallest > 1:
        return None
    return smallest


def _outcome(
    tested: Tested,
    adjusted_worse: float,
    candidate: float | None,
    smallest: float | None,
    rules: GateRules,
) -> tuple[Outcome, bool]:
    """What follows, and whether it stops the candidate."""
    measured, margin, floor = tested.measured, tested.margin, tested.floor
    if margin is None:
        worse = tested.p_worse is not None and adjusted_worse < rules.alpha
        return ("worse" if worse else "undecided"), False
    # A floor is about these very questions, so their mean is held against it, without an interval.
    if floor is not None and candidate is not None and measured.sign * (candidate - floor) < 0:
        return "below floor", True
    if measured.missing_share > rules.max_missing:
        return "undecided", True
    stopped = _policy(measured, rules) == "fail"
    if tested.p_value is None or smallest is None:
        return "too few", stopped
    if tested.p_value < rules.alpha:
        return "no worse", False
    if adjusted_worse < rules.alpha:
        return "worse", True
    return ("too few" if smallest > margin else "undecided"), stopped


def _policy(measured: Measured, rules: GateRules) -> str:
    return rules.undecided_slices if measured.slice else rules.undecided


def _needed(tested: Tested, rules: GateRules, power: float) -> int | None:
    gain, margin = tested.measured.gain, tested.margin
    if gain is None or margin is None:
        return None
    times = times_needed(gain, margin, rules.alpha, power)
    return math.ceil(tested.measured.cases * times) if math.isfinite(times) else None


def _won_and_lost(measured: Measured) -> tuple[int, int]:
    pairs = zip(measured.paired.baseline, measured.paired.candidate, strict=True)
    gains = [measured.sign * (candidate - baseline) for baseline, candidate in pairs]
    return sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)


def _interval(estimate: Estimate | None) -> tuple[float, float] | None:
    return None if estimate is None else estimate.interval(CONFIDENCE)


def _or_one(p_value: float | None) -> float:
    return 1.0 if p_value is None else p_value
