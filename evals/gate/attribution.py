"""Several things changed at once: how much of the difference in score is due to each.

Each factor gets its Shapley value (Shapley, *A Value for n-Person Games*, 1953): what changing it adds, as
the mean over all orders in which the factors might be changed one after the other. The values add up to
the whole difference, which the main effects of a factorial design do not if factors interact; with two
factors both are the same. What two factors do together beyond what each does is their Shapley interaction
index (Grabisch and Roubens, International Journal of Game Theory 28, 1999): with two factors, the
difference of differences. It is part of the two values, half in each, and not on top of them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pydantic import BaseModel, ConfigDict

from evals.errors import EvalError
from evals.gate.formatting import change_text, interval_text, value_text
from evals.gate.pairing import cases_of, check_comparable
from evals.metrics.score import MetricInfo
from evals.running.case_means import case_values
from evals.running.plan import System
from evals.running.run import EvalRun
from evals.statistics.estimate import estimate_difference
from evals.statistics.resamples import Resamples

# As the command line names them, and as a system does.
FIELDS = {"prompt": "prompt", "index": "index_version", "model": "model"}
EXAMPLE = "prompt=v1,index=2-9f2c81d04e,model=openai:gpt-4.1-mini"


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that differs.

    Attributes:
        name: `prompt`, `index` or `model`.
        old, new: what it is in the baseline and in the candidate; None: what the settings say.
    """

    name: str
    old: str | None
    new: str | None

    def of(self, changed: Collection[str]) -> str | None:
        """What it is where these factors are changed."""
        return self.new if self.name in changed else self.old


def parse_system(text: str) -> dict[str, str]:
    """The parts of a system by name.

    Args:
        text: `NAME=VALUE` with commas between; a value alone is the prompt's version.

    Raises:
        EvalError: a name is none of these parts, is there twice, or has no value.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals:
            name, value = "prompt", name
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(FIELDS)}."
            raise EvalError(f"{text!r}: {name!r} is not a part of a system; {hint}")
        if not value.strip() or name in found:
            why = "is named twice" if name in found else "has no value"
            raise EvalError(f"{text!r}: {name!r} {why}; write it as {EXAMPLE}.")
        found[name] = value.strip()
    return found


def differing_factors(
    baseline: dict[str, str], candidate: dict[str, str]
) -> tuple[list[Factor], System]:
    """What differs, and what both have in common.

    Raises:
        EvalError: nothing differs.
    """
    factors: list[Factor] = []
    same: dict[str, str | None] = {}
    for name in FIELDS:
        # What only one of the two names is the same in both, unless the other is named otherwise.
        old, new = baseline.get(name), candidate.get(name)
        if old is not None and new is not None and old != new:
            factors.append(Factor(name, old, new))
        else:
            same[name] = new if old is None else old
    if not factors:
        raise EvalError(
            "the baseline and the candidate differ in nothing that both name, so there is nothing to "
            f"attribute; name for both what differs, such as {EXAMPLE}."
        )
    common = System(
        prompt=same.get("prompt"), model=same.get("model"), index_version=same.get("index")
    )
    return factors, common


def subsets(names: Collection[str]) -> Iterator[frozenset[str]]:
    """All subsets, the empty one first and the whole last."""
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))


def mixture(factors: Collection[Factor], common: System, changed: frozenset[str]) -> System:
    """The system in which some of the factors are those of the candidate."""
    parts = {FIELDS[factor.name]: factor.of(changed) for factor in factors}
    moves = ", ".join(f"{factor.name} {factor.of(changed)}" for factor in factors)
    return System(
        label=moves,
        prompt=parts.get("prompt", common.prompt),
        model=parts.get("model", common.model),
        index_version=parts.get("index_version", common.index_version),
    )


# A system of the grid: the factors that are changed in it.
ChangedFactors = frozenset[str]


def effect_weights(names: Sequence[str], factor: str) -> dict[ChangedFactors, float]:
    """What each system's score counts for in a factor's effect."""
    others = [name for name in names if name != factor]
    count = len(names)
    weights: dict[ChangedFactors, float] = {}
    for cell in subsets(others):
        share = (
            math.factorial(len(cell))
            * math.factorial(count - len(cell) - 1)
            / math.factorial(count)
        )
        weights[cell | {factor}] = share
        weights[cell] = -share
    return weights


def interaction_weights(names: Sequence[str], pair: tuple[str, str]) -> dict[ChangedFactors, float]:
    """What each system's score counts for in what two factors do together."""
    others = [name for name in names if name not in pair]
    count = len(names)
    weights: dict[ChangedFactors, float] = {}
    for cell in subsets(others):
        share = (
            math.factorial(len(cell))
            * math.factorial(count - len(cell) - 2)
            / math.factorial(count - 1)
        )
        weights[cell | set(pair)] = share
        weights[cell | {pair[0]}] = -share
        weights[cell | {pair[1]}] = -share
        weights[cell] = share
    return weights


def contrasts(names: Sequence[str]) -> dict[str, dict[ChangedFactors, float]]:
    """All effects by name: each factor, then each pair as `one x other`."""
    found = {name: effect_weights(names, name) for name in names}
    for pair in combinations(names, 2):
        found[" x ".join(pair)] = interaction_weights(names, pair)
    return found


def weighted_effect(
    weights: Mapping[ChangedFactors, float], scores: Mapping[ChangedFactors, float]
) -> float:
    """An effect on one question."""
    return math.fsum(weight * scores[cell] for cell, weight in weights.items())


CONFIDENCE = 0.95
NOTHING_CHANGED: ChangedFactors = frozenset()


class Effect(BaseModel):
    """What one factor, or two together, did to a metric.

    Attributes:
        name: the factor, or `one x other`.
        mean: by how much the metric moved for it, in the metric's unit.
        interval: 95 % interval, questions about one document resampled together; None if there are
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


class MetricAttribution(BaseModel):
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


def attribute_difference(
    names: Sequence[str], grid: Mapping[ChangedFactors, EvalRun], *, resamples: int, seed: int
) -> list[MetricAttribution]:
    """Attribute the difference in every metric.

    Args:
        names: of the factors.
        grid: a run for each subset of them that is changed.
        resamples, seed: of the bootstrap.

    Raises:
        NotComparable: the runs are of different questions or judges.
    """
    for run in grid.values():
        check_comparable(grid[NOTHING_CHANGED], run)
    draws = Resamples(resamples, seed)
    found = (
        _metric_attribution(info, names, grid, draws)
        for info in grid[NOTHING_CHANGED].metrics.values()
    )
    return [one for one in found if one is not None]


def _metric_attribution(
    info: MetricInfo, names: Sequence[str], grid: Mapping[ChangedFactors, EvalRun], draws: Resamples
) -> MetricAttribution | None:
    values = {cell: case_values(info.name, run) for cell, run in grid.items()}
    cases = cases_of(grid[NOTHING_CHANGED])
    scores: dict[str, dict[ChangedFactors, float]] = {}
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
    clusters = [cases[case_id].cluster_key for case_id in scores]
    largest = max(abs(value) for each in scores.values() for value in each.values()) or 1.0

    def effect(name: str, weights: Mapping[ChangedFactors, float]) -> Effect:
        each = [weighted_effect(weights, one) for one in scores.values()]
        # The widest that an effect on one question can be, where values lie between 0 and the largest.
        widest = largest * sum(weight for weight in weights.values() if weight > 0)
        estimate = estimate_difference(each, clusters, widest=widest, resamples=draws)
        interval = None if estimate is None else estimate.interval(CONFIDENCE)
        return Effect(name=name, mean=sum(each) / len(each), interval=interval)

    def mean(cell: ChangedFactors) -> float:
        return sum(one[cell] for one in scores.values()) / len(scores)

    whole = frozenset(names)
    parts = [effect(name, weights) for name, weights in contrasts(names).items()]
    return MetricAttribution(
        metric=info,
        cases=len(scores),
        left_out=len(some),
        baseline=mean(NOTHING_CHANGED),
        candidate=mean(whole),
        systems={run.label: mean(cell) for cell, run in grid.items()},
        total=effect("all", {whole: 1.0, NOTHING_CHANGED: -1.0}),
        effects=parts[: len(names)],
        interactions=parts[len(names) :],
    )


def attribution_sentence(one: MetricAttribution) -> str:
    """What moved the metric, and what did not."""
    metric = one.metric
    verb = "stayed as it was"
    if one.total.mean:
        verb = "rose" if one.total.mean > 0 else "fell"
        verb += f" from {value_text(metric, one.baseline)} to {value_text(metric, one.candidate)}"
    shown = sorted((e for e in one.effects if e.is_shown), key=lambda e: -abs(e.mean))
    moves = [f"{e.name} {change_text(metric, e.mean)} ({_range(one, e)})" for e in shown]
    sentence = f"{metric.name} {verb}: "
    if not shown:
        return sentence + "no single change is shown to have moved it."
    sentence += f"moved by {' and '.join(moves)}"
    rest = [e.name for e in one.effects if not e.is_shown]
    if rest:
        sentence += f"; not shown to be moved by {' or '.join(rest)}"
    together = [e.name for e in one.interactions if e.is_shown]
    if together:
        sentence += f"; what one does depends on the other: {', '.join(together)}"
    return f"{sentence}."


def _range(one: MetricAttribution, effect: Effect) -> str:
    return interval_text(one.metric, effect.interval)
