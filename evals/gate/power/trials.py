"""Try the gate many times: on another sample of questions each time, and another instance of a fault.

A trial draws the suite's clusters (its documents, and the questions without one) with replacement, as a
suite of the same kind but with other documents might be, and one instance of the change (which chunks are
gone, say). The baseline's answers to the same questions are what the candidate is checked against.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from app.manifest import Manifest
from evals.datasets.dataset_version import DatasetVersion
from evals.datasets.suite import GateRules, Suite
from evals.gate.decide import decide
from evals.gate.explanation import comparison_name
from evals.gate.verdict import Verdict
from evals.metrics.score import MetricInfo
from evals.running.run import CaseResult, EvalRun


@dataclass(slots=True)
class TrialOutcomes:
    """What the gate said to one change.

    Attributes:
        trials: how often it was asked.
        stopped: how often it stopped the candidate.
        on_suite: whether it stops each instance on the suite's own questions.
        why: what stopped, by how often: the comparison and its outcome.
        effects: by metric, the candidate's mean minus the baseline's on the suite's own questions,
            the mean over instances.
    """

    trials: int = 0
    stopped: int = 0
    on_suite: list[bool] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)
    effects: dict[str, float] = field(default_factory=dict)


class Trials:
    """Gates candidates against one baseline.

    Args:
        suite: its rules are the gate's.
        infos: the metrics that were measured.
        manifest: names both systems.
        baseline: the sound system's results.
        seed: of all draws.
        resamples: of the gate's bootstrap in the trials; the suite's own number on its own questions.
    """

    def __init__(
        self,
        suite: Suite,
        infos: dict[str, MetricInfo],
        manifest: Manifest,
        baseline: Sequence[CaseResult],
        *,
        seed: int,
        resamples: int,
    ) -> None:
        self._suite = suite
        self._infos = infos
        self._manifest = manifest
        self._baseline = list(baseline)
        self._seed = seed
        self._rules = suite.gate.model_copy(update={"resamples": resamples})
        groups: dict[str, list[int]] = defaultdict(list)
        for at, result in enumerate(baseline):
            groups[result.case.cluster_key].append(at)
        self._clusters = [groups[name] for name in sorted(groups)]

    @property
    def clusters(self) -> int:
        """How many are drawn each time."""
        return len(self._clusters)

    def gate(self, instances: Sequence[Sequence[CaseResult]], trials: int) -> TrialOutcomes:
        """Try one change, by its instances in turn."""
        tried = TrialOutcomes()
        whole = [(at, "") for at in range(len(self._baseline))]
        found: dict[str, list[float]] = defaultdict(list)
        for results in instances:
            verdict = self._decide(results, whole, self._suite.gate)
            tried.on_suite.append(not verdict.passes)
            for item in verdict.comparisons:
                if item.slice is None and item.difference is not None:
                    found[item.metric].append(item.difference)
        tried.effects = {name: sum(each) / len(each) for name, each in found.items()}
        for trial in range(trials):
            chance = np.random.default_rng([self._seed, trial])
            drawn = chance.integers(0, len(self._clusters), len(self._clusters))
            chosen = [
                (at, f"#{turn}") for turn, place in enumerate(drawn) for at in self._clusters[place]
            ]
            verdict = self._decide(instances[trial % len(instances)], chosen, self._rules)
            tried.trials += 1
            tried.stopped += not verdict.passes
            tried.why.update(_stopping(verdict))
        return tried

    def _decide(
        self, results: Sequence[CaseResult], chosen: Sequence[tuple[int, str]], rules: GateRules
    ) -> Verdict:
        tags = {tag for at, _ in chosen for tag in self._baseline[at].case.tags}
        known = tuple(tag for tag in rules.slices if tag in tags)
        return decide(
            self._run("sound", self._baseline, chosen),
            self._run("changed", results, chosen),
            rules.model_copy(update={"slices": known}),
        )

    def _run(
        self, label: str, results: Sequence[CaseResult], chosen: Sequence[tuple[int, str]]
    ) -> EvalRun:
        return EvalRun.model_construct(
            id=label,
            at=datetime.now(UTC),
            seconds=0.0,
            suite=self._suite.name,
            suite_hash=self._suite.content_hash,
            dataset=DatasetVersion(name="drawn", hash="", cases=len(chosen)),
            label=label,
            manifest=self._manifest,
            judge=None,
            metrics=self._infos,
            repeats=1,
            results=[_drawn_copy(results[at], turn) for at, turn in chosen],
        )


def _drawn_copy(result: CaseResult, turn: str) -> CaseResult:
    """A result of a cluster that was drawn, which is another one each time it is."""
    if not turn:
        return result
    case = result.case
    other = case.model_copy(update={"id": case.id + turn, "cluster": case.cluster_key + turn})
    return result.model_copy(update={"case": other})


def _stopping(verdict: Verdict) -> list[str]:
    return [
        f"{comparison_name(item)}: {item.outcome}" for item in verdict.comparisons if item.fails
    ]
