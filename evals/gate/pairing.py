"""Two runs question by question, and estimates of their difference."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from evals.datasets.case import Case
from evals.errors import NotComparable
from evals.metrics.score import Judge, MetricInfo
from evals.running.case_means import case_values, present_values
from evals.running.run import EvalRun
from evals.statistics.estimate import Estimate, estimate_difference, estimate_mean, value_range
from evals.statistics.resamples import Resamples


@dataclass(frozen=True)
class PairedScores:
    """What both runs have on a metric, in the order of the questions' ids.

    Attributes:
        clusters: what each question shares with others.
        baseline: the baseline's value per question, the mean of its repeats; there is one where
            more than half of the repeats have a value.
        candidate: likewise.
        missing: questions one or both should have a value for and do not, or failed on.
        unpaired: questions the metric applies to in one of the two only; a refusal, for example,
            has no citations.
    """

    clusters: list[str]
    baseline: list[float]
    candidate: list[float]
    missing: int
    unpaired: int


def check_comparable(baseline: EvalRun, candidate: EvalRun) -> None:
    """That both answered the same questions, and the same judge judged.

    Raises:
        NotComparable: they did not; says what differs.
    """
    pair = f"{baseline.id} and {candidate.id} cannot be compared"
    if baseline.suite_hash != candidate.suite_hash:
        raise NotComparable(
            f"{pair}: they are runs of different suites ({baseline.suite!r} and "
            f"{candidate.suite!r}, or one suite that was edited between them); run both again."
        )
    if baseline.dataset.hash != candidate.dataset.hash:
        raise NotComparable(
            f"{pair}: the dataset {candidate.dataset.name!r} was changed between them "
            f"({baseline.dataset.cases} and {candidate.dataset.cases} questions); run both again."
        )
    if baseline.judge != candidate.judge:
        raise NotComparable(
            f"{pair}: they were judged by different judges ({_judge_name(baseline.judge)}; "
            f"{_judge_name(candidate.judge)}); a judge's scores mean nothing beside another's."
        )


def cases_of(run: EvalRun) -> dict[str, Case]:
    """The questions of a run by id."""
    return {result.case.id: result.case for result in run.results}


def pair(
    metric: str, baseline: EvalRun, candidate: EvalRun, only: Collection[str] | None = None
) -> PairedScores:
    """Both runs' values of a metric.

    Args:
        metric: its name.
        baseline, candidate: runs that can be compared.
        only: ids of the questions to look at; None for all.
    """
    cases = cases_of(baseline) | cases_of(candidate)
    wanted = None if only is None else set(only)
    first, second = case_values(metric, baseline, wanted), case_values(metric, candidate, wanted)
    paired = PairedScores([], [], [], 0, 0)
    missing = unpaired = 0
    for case_id in sorted(cases if wanted is None else cases.keys() & wanted):
        one, other = first.get(case_id, "missing"), second.get(case_id, "missing")
        if isinstance(one, float) and isinstance(other, float):
            paired.clusters.append(cases[case_id].cluster_key)
            paired.baseline.append(one)
            paired.candidate.append(other)
        elif "missing" in (one, other):
            missing += 1
        elif one != other:
            unpaired += 1
    return PairedScores(paired.clusters, paired.baseline, paired.candidate, missing, unpaired)


def repeat_values(metric: str, run: EvalRun) -> list[list[float]]:
    """All values of a metric, by question."""
    groups: dict[str, list[float]] = defaultdict(list)
    for result in run.results:
        groups[result.case.id].extend(present_values(metric, [result]))
    return list(groups.values())


def _judge_name(judge: Judge | None) -> str:
    if judge is None:
        return "none"
    return f"{judge.model}, Ragas {judge.ragas_version}, prompts {judge.prompts_hash[:8]}"


CONFIDENCE = 0.95


@dataclass(frozen=True)
class MetricEstimates:
    """One metric over some questions.

    Attributes:
        metric: what is measured.
        slice: the tag of the questions; None for all.
        paired: the values.
        gain: the mean gain of the candidate, negative where it is worse, whichever way is better;
            None if there are no two independent questions.
        baseline, candidate: estimates of each run's own mean; None likewise.
    """

    metric: MetricInfo
    slice: str | None
    paired: PairedScores
    gain: Estimate | None
    baseline: Estimate | None
    candidate: Estimate | None

    @property
    def cases(self) -> int:
        """Questions that both have a value for."""
        return len(self.paired.clusters)

    @property
    def missing_share(self) -> float:
        """Share of the questions that lack a value, of those that the metric applies to."""
        total = self.cases + self.paired.missing + self.paired.unpaired
        return self.paired.missing / total if total else 0.0

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return 1 if self.metric.better == "higher" else -1


def estimate_metric(
    metric: MetricInfo, paired: PairedScores, resamples: Resamples, slice_: str | None = None
) -> MetricEstimates:
    """Estimate what can be estimated."""
    sign = 1 if metric.better == "higher" else -1
    gains = [
        sign * (candidate - baseline)
        for baseline, candidate in zip(paired.baseline, paired.candidate, strict=True)
    ]
    if not gains:
        return MetricEstimates(metric, slice_, paired, None, None, None)
    lowest, highest, widest = value_range(
        paired.baseline + paired.candidate, metric.unit == "share"
    )
    gain = estimate_difference(gains, paired.clusters, widest=widest, resamples=resamples)
    baseline, candidate = (
        estimate_mean(values, paired.clusters, lowest=lowest, highest=highest, resamples=resamples)
        for values in (paired.baseline, paired.candidate)
    )
    return MetricEstimates(metric, slice_, paired, gain, baseline, candidate)


def mean(values: list[float]) -> float | None:
    """None of nothing."""
    return math.fsum(values) / len(values) if values else None
