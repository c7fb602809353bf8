"""One question as both runs answered it, and how much that matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from app.answering.answer import Answer
from evals.datasets.case import Case
from evals.metrics.score import MetricInfo
from evals.running.case_means import case_value
from evals.running.run import CaseResult, EvalRun

# Values of equal scores differ by rounding where they are means of repeats.
SAME = 1e-9


@dataclass(frozen=True)
class ScoreChange:
    """One metric of one question.

    Attributes:
        metric: what is measured.
        gates: whether the verdict depends on it.
        baseline: the mean of the repeats; None if there is no value, or no such run.
        candidate: likewise.
    """

    metric: MetricInfo
    gates: bool
    baseline: float | None
    candidate: float | None

    @property
    def gain(self) -> float | None:
        """How much better the candidate does, whichever way is better; None without both values."""
        if self.baseline is None or self.candidate is None:
            return None
        gain = self.candidate - self.baseline
        if abs(gain) <= SAME:
            return 0.0
        return gain if self.metric.better == "higher" else -gain

    @property
    def shortfall(self) -> float:
        """What the candidate lacks to the best there is; of shares only."""
        if self.candidate is None:
            return 0.0
        return 1 - self.candidate if self.metric.better == "higher" else self.candidate


@dataclass(frozen=True)
class Question:
    """A question with its results.

    Attributes:
        case: what was asked.
        baseline: its results by repeat; empty without a baseline.
        candidate: likewise.
        changes: by metric, in the order of the runs' metrics.
    """

    case: Case
    baseline: list[CaseResult]
    candidate: list[CaseResult]
    changes: list[ScoreChange]

    @property
    def newly_failed(self) -> bool:
        """Whether the candidate has no answer where the baseline has one."""
        return (
            shown_answer(self.candidate) is None
            and bool(self.candidate)
            and (not self.baseline or shown_answer(self.baseline) is not None)
        )

    @property
    def worse(self) -> list[ScoreChange]:
        """Shares in which the candidate does worse."""
        return [change for change in self._shares if (change.gain or 0.0) < 0]

    @property
    def better(self) -> list[ScoreChange]:
        """Shares in which it does better."""
        return [change for change in self._shares if (change.gain or 0.0) > 0]

    @property
    def answer_changed(self) -> bool:
        """Whether the two shown answers differ in their words."""
        before, after = shown_answer(self.baseline), shown_answer(self.candidate)
        return (before and before.answer) != (after and after.answer)

    def harm(self) -> tuple[bool, float, float]:
        """How bad the change is, to order by: newly failed, loss in what gates, loss in the rest."""
        losses = [(change.gates, -(change.gain or 0.0)) for change in self.worse]
        return (self.newly_failed, *_by_gate(losses))

    def benefit(self) -> tuple[float, float]:
        """How good it is: gain in what gates, gain in the rest."""
        return _by_gate([(change.gates, change.gain or 0.0) for change in self.better])

    def lack(self) -> tuple[bool, float]:
        """How far the candidate is from the best there is: failed, the mean over its shares."""
        lacks = [change.shortfall for change in self._shares if change.candidate is not None]
        return self.newly_failed, sum(lacks) / len(lacks) if lacks else 0.0

    @property
    def _shares(self) -> list[ScoreChange]:
        # Milliseconds and tokens cannot be added to shares, and say nothing of an answer's worth.
        return [change for change in self.changes if change.metric.unit == "share"]


def shown_answer(results: list[CaseResult]) -> Answer | None:
    """The first answer of the repeats, which stands for all in the report."""
    return next((result.answer for result in results if result.answer is not None), None)


def questions_of(
    baseline: EvalRun | None, candidate: EvalRun, gating: Collection[str]
) -> list[Question]:
    """All questions of a run with what the baseline has on them, in the dataset's order.

    Args:
        baseline: None if absent.
        candidate: the run that the report is about.
        gating: names of the metrics that the verdict depends on.
    """
    before, after = _by_case(baseline), _by_case(candidate)
    metrics = candidate.metrics if baseline is None else candidate.metrics | baseline.metrics
    return [
        Question(
            case=(after.get(case_id) or before[case_id])[0].case,
            baseline=before.get(case_id, []),
            candidate=after.get(case_id, []),
            changes=[
                ScoreChange(
                    metric=metric,
                    gates=name in gating,
                    baseline=_value(name, before.get(case_id, [])),
                    candidate=_value(name, after.get(case_id, [])),
                )
                for name, metric in metrics.items()
            ],
        )
        for case_id in [*after, *(case_id for case_id in before if case_id not in after)]
    ]


def _by_case(run: EvalRun | None) -> dict[str, list[CaseResult]]:
    found: dict[str, list[CaseResult]] = defaultdict(list)
    for result in run.results if run else ():
        found[result.case.id].append(result)
    return dict(found)


def _value(metric: str, results: list[CaseResult]) -> float | None:
    value = case_value(metric, results)
    return value if isinstance(value, float) else None


def _by_gate(amounts: list[tuple[bool, float]]) -> tuple[float, float]:
    gating = sum(amount for gates, amount in amounts if gates)
    return gating, sum(amount for gates, amount in amounts if not gates)
