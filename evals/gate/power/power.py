"""The gate's power: how often it stops each fault, and how often it stops what does no harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evals.datasets.suite import GateRules
from evals.gate.power.changes import Change
from evals.gate.power.harness import Harness
from evals.gate.power.trials import TrialOutcomes, Trials
from evals.statistics.wilson import wilson

TARGET_RATE = 0.95
COSTLY = 0.05


class Row(BaseModel):
    """What the gate said to one change.

    Attributes:
        name, strength: the change.
        kind: `fault`, or `null` for one that does no harm.
        effects: by metric of the gate, candidate minus baseline on the suite's own questions.
        worst: the metric that loses most, measured by its margin; None if none loses.
        loss: what it loses, in its own unit.
        margins: the same, in margins: from 1 on, the gate has promised to stop it.
        trials: how often the gate was asked.
        stopped: how often it stopped the candidate.
        rate: share of the trials.
        interval: 95 % interval of the rate (Wilson), as far as trials are independent.
        on_suite: instances stopped on the suite's own questions, and how many there were.
        why: what stopped, most often first.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    strength: str
    kind: Literal["fault", "null"]
    effects: dict[str, float]
    worst: str | None
    loss: float
    margins: float
    trials: int
    stopped: int
    rate: float
    interval: tuple[float, float]
    on_suite: tuple[int, int]
    why: dict[str, int]

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"{self.name}: {self.strength}" if self.strength else self.name


class Power(BaseModel):
    """What a gate catches.

    Attributes:
        suite: the suite.
        system: the sound system's name.
        index_version: what it searched.
        questions, clusters: of the suite.
        main: the metric that the aim is about: the first of the gate's rules.
        alpha: the false alarms that the gate states.
        seed, instances, resamples: of the trials.
        rows: one per change.
    """

    suite: str
    system: str
    index_version: str
    questions: int
    clusters: int
    main: str
    alpha: float
    seed: int
    instances: int
    resamples: int
    rows: list[Row]

    @property
    def costly(self) -> list[Row]:
        """Faults that cost 5 points or more of the main metric."""
        return [
            row
            for row in self.rows
            if row.kind == "fault" and row.effects.get(self.main, 0.0) <= -COSTLY
        ]

    @property
    def missed(self) -> list[Row]:
        """Those of them that are stopped in less than 95 % of the trials."""
        return [row for row in self.costly if row.rate < TARGET_RATE]

    @property
    def false_alarms(self) -> list[Row]:
        """Changes without harm that are stopped more often than is stated."""
        return [row for row in self.rows if row.kind == "null" and row.rate > self.alpha]


def measure_power(
    harness: Harness,
    changes: Sequence[Change],
    *,
    trials: int,
    instances: int,
    resamples: int,
    seed: int,
    on_change: Callable[[Change, int, int], None] = lambda *_: None,
    on_row: Callable[[Row], None] = lambda _: None,
) -> Power:
    """Try every change.

    Args:
        harness: the system.
        changes: what is done to it.
        trials: of each change.
        instances: of each change that is drawn: as many are made and taken in turn.
        resamples: of the gate's bootstrap in trials.
        seed: of all draws.
        on_change: called before each change is tried, with its place and the number of changes.
        on_row: called with each row when it is done.
    """
    suite = harness.plan.suite
    baseline = harness.results(harness.unchanged)
    judge = Trials(suite, harness.infos, harness.manifest, baseline, seed=seed, resamples=resamples)
    rows = []
    for place, change in enumerate(changes, start=1):
        on_change(change, place, len(changes))
        made = [
            harness.results(change.inject(harness.unchanged, seed + number))
            for number in range(instances if change.drawn else 1)
        ]
        rows.append(_row(change, judge.gate(made, trials), suite.gate, harness))
        on_row(rows[-1])
    return Power(
        suite=suite.name,
        system=harness.plan.label,
        index_version=harness.plan.version.version,
        questions=len(baseline),
        clusters=judge.clusters,
        main=next(iter(suite.gate.metrics)),
        alpha=suite.gate.alpha,
        seed=seed,
        instances=instances,
        resamples=resamples,
        rows=rows,
    )


def _row(change: Change, tried: TrialOutcomes, rules: GateRules, harness: Harness) -> Row:
    losses = {
        name: -effect if harness.infos[name].better == "higher" else effect
        for name, effect in tried.effects.items()
    }
    margins = {name: loss / rules.metrics[name].margin for name, loss in losses.items()}
    worst = max(margins, key=lambda name: margins[name], default=None)
    if worst is not None and margins[worst] <= 0:
        worst = None
    return Row(
        name=change.name,
        strength=change.strength,
        kind="fault" if change.is_fault else "null",
        effects=tried.effects,
        worst=worst,
        loss=losses[worst] if worst else 0.0,
        margins=margins[worst] if worst else 0.0,
        trials=tried.trials,
        stopped=tried.stopped,
        rate=tried.stopped / tried.trials,
        interval=wilson(tried.stopped, tried.trials),
        on_suite=(sum(tried.on_suite), len(tried.on_suite)),
        why=dict(tried.why.most_common(6)),
    )
