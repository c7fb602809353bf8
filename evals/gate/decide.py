"""Decide whether a candidate may replace a baseline."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

from evals.errors import NotComparable, SuiteError
from evals.gate.comparing import compare_all
from evals.gate.measuring import Measured, measure
from evals.gate.pairing import cases_of, check_comparable, pair, repeated
from evals.gate.sentence import sentence_of
from evals.gate.verdict import Comparison, Verdict
from evals.runs.run import EvalRun
from evals.statistics.repeats import repeat_share
from evals.statistics.resamples import Resamples
from evals.suites.suite import GateRules


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
    measured = list(_measured(baseline, candidate, rules))
    comparisons = compare_all(measured, rules)
    at = datetime.now(UTC)
    return Verdict(
        id=f"vd_{int(at.timestamp() * 1000):011x}{secrets.token_hex(5)}",
        passes=not any(item.fails for item in comparisons),
        sentence=sentence_of(baseline.label, candidate.label, comparisons, metrics),
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
        noise_share=_noise(baseline, candidate),
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
                    f"{run.id} did not measure {name!r}, which the gate needs; run the suite anew."
                )
    tags = {tag for case in cases_of(baseline).values() for tag in case.tags}
    for tag in rules.slices:
        if tag not in tags:
            raise SuiteError(
                f"{baseline.suite}: no question has the tag {tag!r} of `gate.slices`; there are: "
                f"{', '.join(sorted(tags)) or 'none'}."
            )


def _measured(baseline: EvalRun, candidate: EvalRun, rules: GateRules) -> Iterator[Measured]:
    """All metrics over all questions, then each gated slice."""
    resamples = Resamples(rules.resamples, rules.seed)
    both = [name for name in baseline.metrics if name in candidate.metrics]
    for name in [*rules.metrics, *(name for name in both if name not in rules.metrics)]:
        yield measure(baseline.metrics[name], pair(name, baseline, candidate), resamples)
    cases = cases_of(baseline)
    for tag in rules.slices:
        tagged = [case_id for case_id, case in cases.items() if tag in case.tags]
        for name, rule in rules.metrics.items():
            if rule.slice_margin is None:
                continue
            paired = pair(name, baseline, candidate, tagged)
            # A metric that applies to no question of a slice says nothing about it.
            if paired.clusters or paired.missing or paired.unpaired:
                yield measure(baseline.metrics[name], paired, resamples, tag)


def _questions_needed(comparisons: list[Comparison]) -> int | None:
    """The most that any comparison needs of those which fail for being too few."""
    needed = [item.questions_needed for item in comparisons if item.fails and item.questions_needed]
    return max(needed, default=None)


def _noise(baseline: EvalRun, candidate: EvalRun) -> dict[str, float]:
    """By metric, the mean of both runs' shares."""
    found = {}
    for name in baseline.metrics:
        shares = [repeat_share(repeated(name, run)) for run in (baseline, candidate)]
        known = [share for share in shares if share is not None]
        if known:
            found[name] = sum(known) / len(known)
    return found
