"""Attribute the difference of two systems to what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from evals.attribution.effects import Cell, contrasts, weighed
from evals.gate.pairing import cases_of, check_comparable
from evals.runs.case_means import values_of
from evals.runs.run import EvalRun, MetricInfo
from evals.statistics.choosing import estimate_difference
from evals.statistics.resamples import Resamples

CONFIDENCE = 0.95
NONE: Cell = frozenset()


class Effect(BaseModel):
    """What one factor, or two together, did to a metric.

    Attributes:
        name: the factor, or `one x other`.
        mean: by how much the metric moved for it, in the metric's unit.
        interval: 95 % interval, questions about one document resampled together; None where there are
            no two independent questions.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    mean: float
    interval: tuple[float, float] | None

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


class Attributed(BaseModel):
    """One metric's difference, and whose it is.

    Attributes:
        metric: what is measured.
        cases: questions that all systems have a value for.
        left_out: questions that some have a value for and some have not.
        baseline, candidate: means over `cases`.
        systems: mean of each system of the grid, by label.
        total: the difference.
        effects: of each factor; they add up to the difference.
        interactions: of each two factors; part of their effects.
    """

    model_config = ConfigDict(frozen=True)

    metric: MetricInfo
    cases: int
    left_out: int
    baseline: float
    candidate: float
    systems: dict[str, float]
    total: Effect
    effects: list[Effect]
    interactions: list[Effect]


def attribute(
    names: Sequence[str], grid: Mapping[Cell, EvalRun], *, resamples: int, seed: int
) -> list[Attributed]:
    """Attribute the difference in every metric.

    Args:
        names: of the factors.
        grid: a run for each subset of them that is changed.
        resamples, seed: of the bootstrap.

    Raises:
        NotComparable: the runs are of different questions or judges.
    """
    for run in grid.values():
        check_comparable(grid[NONE], run)
    draws = Resamples(resamples, seed)
    found = (_attributed(info, names, grid, draws) for info in grid[NONE].metrics.values())
    return [one for one in found if one is not None]


def _attributed(
    info: MetricInfo, names: Sequence[str], grid: Mapping[Cell, EvalRun], draws: Resamples
) -> Attributed | None:
    values = {cell: values_of(info.name, run) for cell, run in grid.items()}
    cases = cases_of(grid[NONE])
    scores: dict[str, dict[Cell, float]] = {}
    some = set()
    for case_id in sorted(cases):
        found = {cell: each.get(case_id) for cell, each in values.items()}
        numbers = {cell: value for cell, value in found.items() if isinstance(value, float)}
        if len(numbers) == len(grid):
            scores[case_id] = numbers
        elif numbers:
            some.add(case_id)
    if not scores:
        return None
    clusters = [cases[case_id].shared for case_id in scores]
    largest = max(abs(value) for each in scores.values() for value in each.values()) or 1.0

    def effect(name: str, weights: Mapping[Cell, float]) -> Effect:
        each = [weighed(weights, one) for one in scores.values()]
        # The widest that an effect on one question can be, where values lie between 0 and the largest.
        widest = largest * sum(weight for weight in weights.values() if weight > 0)
        estimate = estimate_difference(each, clusters, widest=widest, resamples=draws)
        interval = None if estimate is None else estimate.interval(CONFIDENCE)
        return Effect(name=name, mean=sum(each) / len(each), interval=interval)

    def mean(cell: Cell) -> float:
        return sum(one[cell] for one in scores.values()) / len(scores)

    whole = frozenset(names)
    parts = [effect(name, weights) for name, weights in contrasts(names).items()]
    return Attributed(
        metric=info,
        cases=len(scores),
        left_out=len(some),
        baseline=mean(NONE),
        candidate=mean(whole),
        systems={run.label: mean(cell) for cell, run in grid.items()},
        total=effect("all", {whole: 1.0, NONE: -1.0}),
        effects=parts[: len(names)],
        interactions=parts[len(names) :],
    )
