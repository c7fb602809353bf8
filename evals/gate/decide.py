"""Decide whether a candidate may replace a baseline."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from evals.datasets.suite import GateRules, MetricRule
from evals.errors import NotComparable, SuiteError
from evals.gate.explanation import comparison_reason, verdict_sentence
from evals.gate.pairing import (
    CONFIDENCE,
    MetricEstimates,
    cases_of,
    check_comparable,
    estimate_metric,
    mean,
    pair,
    repeat_values,
)
from evals.gate.verdict import Comparison, Outcome, Verdict
from evals.running.run import EvalRun
from evals.statistics.estimate import Estimate
from evals.statistics.holm import holm
from evals.statistics.repeats import repeat_share
from evals.statistics.resamples import Resamples
from evals.statistics.sample_size import detectable_loss, sample_factor_needed


@dataclass(frozen=True)
class TestedMetric:
    """A measured comparison with its tests.

    Attributes:
        measured: the numbers.
        margin: loss that is allowed; None if the comparison does not gate.
        floor: what must be reached.
        p_value, p_worse: see Comparison.
    """

    measured: MetricEstimates
    margin: float | None
    floor: float | None
    p_value: float | None
    p_worse: float | None


def decide_comparisons(measured: Sequence[MetricEstimates], rules: GateRules) -> list[Comparison]:
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


def _test(measured: MetricEstimates, rule: MetricRule | None) -> TestedMetric:
    margin = floor = None
    if rule is not None:
        margin = rule.slice_margin if measured.slice else rule.margin
        floor = None if measured.slice else rule.floor
    gain = measured.gain
    if gain is None:
        return TestedMetric(measured, margin, floor, None, None)
    p_value = None if margin is None else gain.p_at_most(-margin)
    return TestedMetric(measured, margin, floor, p_value, gain.p_at_least(0.0))


def _decide(
    tested: TestedMetric, adjusted: float, adjusted_worse: float, rules: GateRules, power: float
) -> Comparison:
    measured, gain, sign = tested.measured, tested.measured.gain, tested.measured.sign
    baseline, candidate = mean(measured.paired.baseline), mean(measured.paired.candidate)
    smallest = None if gain is None else detectable_loss(gain, rules.alpha, power)
    outcome, fails = _outcome(tested, adjusted_worse, candidate, smallest, rules)
    interval = None if gain is None else gain.interval(CONFIDENCE)
    wins, losses = _wins_and_losses(measured)
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
        detectable=_if_possible(smallest, measured),
        questions_needed=_needed(tested, rules, power) if outcome == "too few" else None,
        wins=wins,
        losses=losses,
        ties=measured.cases - wins - losses,
        outcome=outcome,
        gates=tested.margin is not None,
        fails=fails,
        reason="",
    )
    return comparison.model_copy(update={"reason": comparison_reason(comparison, measured, rules)})


def _if_possible(smallest: float | None, measured: MetricEstimates) -> float | None:
    """None if only losses would show that there cannot be: of a share, more than all of it."""
    if smallest is not None and measured.metric.unit == "share" and smallest > 1:
        return None
    return smallest


def _outcome(
    tested: TestedMetric,
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
    # A floor is about these very questions, so their mean is checked against it, without an interval.
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


def _policy(measured: MetricEstimates, rules: GateRules) -> str:
    return rules.undecided_slices if measured.slice else rules.undecided


def _needed(tested: TestedMetric, rules: GateRules, power: float) -> int | None:
    gain, margin = tested.measured.gain, tested.margin
    if gain is None or margin is None:
        return None
    times = sample_factor_needed(gain, margin, rules.alpha, power)
    return math.ceil(tested.measured.cases * times) if math.isfinite(times) else None


def _wins_and_losses(measured: MetricEstimates) -> tuple[int, int]:
    pairs = zip(measured.paired.baseline, measured.paired.candidate, strict=True)
    gains = [measured.sign * (candidate - baseline) for baseline, candidate in pairs]
    return sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)


def _interval(estimate: Estimate | None) -> tuple[float, float] | None:
    return None if estimate is None else estimate.interval(CONFIDENCE)


def _or_one(p_value: float | None) -> float:
    return 1.0 if p_value is None else p_value


def decide(baseline: EvalRun, candidate: EvalRun, rules: GateRules) -> Verdict:
    """Compare two runs of one suite, question by question.

    A candidate passes where every metric with a rule is shown to be no worse than the baseline's by
    the rule's margin, reaches its floor, and is not shown to be worse within a gated slice. What is
    neither shown worse nor no worse is undecided, and fails unless the rules say otherwise.

    Args:
        baseline: what is in use.
        candidate: what is to replace it.
        rules: what it must show.

    Raises:
        NotComparable: the runs differ in suite, dataset or judge, or lack a metric of the rules.
        SuiteError: no metric has a rule, or no question has a slice's tag.
    """
    check_comparable(baseline, candidate)
    _check_rules(baseline, candidate, rules)
    metrics = {**candidate.metrics, **baseline.metrics}
    measured = list(_all_estimates(baseline, candidate, rules))
    comparisons = decide_comparisons(measured, rules)
    at = datetime.now(UTC)
    return Verdict(
        id=f"vd_{int(at.timestamp() * 1000):011x}{secrets.token_hex(5)}",
        passes=not any(item.fails for item in comparisons),
        sentence=verdict_sentence(baseline.label, candidate.label, comparisons, metrics),
        at=at,
        suite=baseline.suite,
        suite_hash=baseline.suite_hash,
        dataset_hash=baseline.dataset.hash,
        baseline_run=baseline.id,
        candidate_run=candidate.id,
        baseline_manifest=baseline.manifest.id,
        candidate_manifest=candidate.manifest.id,
        baseline_label=baseline.label,
        candidate_label=candidate.label,
        alpha=rules.alpha,
        questions_needed=_questions_needed(comparisons),
        noise_share=_noise_shares(baseline, candidate),
        metrics={item.metric: metrics[item.metric] for item in comparisons},
        comparisons=comparisons,
    )


def _check_rules(baseline: EvalRun, candidate: EvalRun, rules: GateRules) -> None:
    if not rules.metrics:
        raise SuiteError(
            f"{baseline.suite}: `gate.metrics` has no rule, so nothing would stop a candidate; name "
            "at least one metric with its margin."
        )
    for name in rules.metrics:
        for run in (baseline, candidate):
            if name not in run.metrics:
                raise NotComparable(
                    f"{run.id} did not measure {name!r}, which the gate needs; run the suite again."
                )
    tags = {tag for case in cases_of(baseline).values() for tag in case.tags}
    for tag in rules.slices:
        if tag not in tags:
            raise SuiteError(
                f"{baseline.suite}: no question has the tag {tag!r} of `gate.slices`; there are: "
                f"{', '.join(sorted(tags)) or 'none'}."
            )


def _all_estimates(
    baseline: EvalRun, candidate: EvalRun, rules: GateRules
) -> Iterator[MetricEstimates]:
    """All metrics over all questions, then each gated slice."""
    resamples = Resamples(rules.resamples, rules.seed)
    both = [name for name in baseline.metrics if name in candidate.metrics]
    for name in [*rules.metrics, *(name for name in both if name not in rules.metrics)]:
        yield estimate_metric(baseline.metrics[name], pair(name, baseline, candidate), resamples)
    cases = cases_of(baseline)
    for tag in rules.slices:
        tagged = [case_id for case_id, case in cases.items() if tag in case.tags]
        for name, rule in rules.metrics.items():
            if rule.slice_margin is None:
                continue
            paired = pair(name, baseline, candidate, tagged)
            # A metric that applies to no question of a slice says nothing about it.
            if paired.clusters or paired.missing or paired.unpaired:
                yield estimate_metric(baseline.metrics[name], paired, resamples, tag)


def _questions_needed(comparisons: list[Comparison]) -> int | None:
    """The most that any comparison needs of those which fail for being too few."""
    needed = [item.questions_needed for item in comparisons if item.fails and item.questions_needed]
    return max(needed, default=None)


def _noise_shares(baseline: EvalRun, candidate: EvalRun) -> dict[str, float]:
    """By metric, the mean of both runs' shares."""
    found = {}
    for name in baseline.metrics:
        shares = [repeat_share(repeat_values(name, run)) for run in (baseline, candidate)]
        known = [share for share in shares if share is not None]
        if known:
            found[name] = sum(known) / len(known)
    return found
