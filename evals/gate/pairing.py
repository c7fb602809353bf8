"""Two runs, question by question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from evals.cases.case import Case
from evals.errors import NotComparable
from evals.runs.case_means import present_values, values_of
from evals.runs.run import EvalRun, Judge


@dataclass(frozen=True)
class Paired:
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
            f"{candidate.suite!r}, or one suite that was edited between them); run both anew."
        )
    if baseline.dataset.hash != candidate.dataset.hash:
        raise NotComparable(
            f"{pair}: the dataset {candidate.dataset.name!r} was changed between them "
            f"({baseline.dataset.cases} and {candidate.dataset.cases} questions); run both anew."
        )
    if baseline.judge != candidate.judge:
        raise NotComparable(
            f"{pair}: they were judged by different judges ({_told(baseline.judge)}; "
            f"{_told(candidate.judge)}); a judge's scores mean nothing beside another's."
        )


def cases_of(run: EvalRun) -> dict[str, Case]:
    """The questions of a run by id."""
    return {result.case.id: result.case for result in run.results}


def pair(
    metric: str, baseline: EvalRun, candidate: EvalRun, only: Collection[str] | None = None
) -> Paired:
    """Both runs' values of a metric.

    Args:
        metric: its name.
        baseline, candidate: runs that can be compared.
        only: ids of the questions to look at; None for all.
    """
    cases = cases_of(baseline) | cases_of(candidate)
    wanted = None if only is None else set(only)
    first, second = values_of(metric, baseline, wanted), values_of(metric, candidate, wanted)
    paired = Paired([], [], [], 0, 0)
    missing = unpaired = 0
    for case_id in sorted(cases if wanted is None else cases.keys() & wanted):
        one, other = first.get(case_id, "missing"), second.get(case_id, "missing")
        if isinstance(one, float) and isinstance(other, float):
            paired.clusters.append(cases[case_id].shared)
            paired.baseline.append(one)
            paired.candidate.append(other)
        elif "missing" in (one, other):
            missing += 1
        elif one != other:
            unpaired += 1
    return Paired(paired.clusters, paired.baseline, paired.candidate, missing, unpaired)


def repeated(metric: str, run: EvalRun) -> list[list[float]]:
    """All values of a metric, by question."""
    groups: dict[str, list[float]] = defaultdict(list)
    for result in run.results:
        groups[result.case.id].extend(present_values(metric, [result]))
    return list(groups.values())


def _told(judge: Judge | None) -> str:
    if judge is None:
        return "none"
    return f"{judge.model}, Ragas {judge.ragas_version}, prompts {judge.prompts_hash[:8]}"
