"""What could not be scored, and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from evals.runs.run import EvalRun

EXAMPLES = 12
LENGTH = 300


@dataclass(frozen=True)
class Trouble:
    """One thing that befell some questions of a run.

    Attributes:
        run: the run's name for people.
        kind: `no answer`, `no value` or `stale label`.
        what: the error, why there is no value, or the label.
        cases: ids of questions, EXAMPLES at the most.
        count: how many questions in all.
    """

    run: str
    kind: str
    what: str
    cases: list[str]
    count: int


def troubles_of(runs: list[EvalRun]) -> list[Trouble]:
    """By run, what befell most questions first; equal ones together."""
    return [trouble for run in runs for trouble in _of(run)]


def _of(run: EvalRun) -> list[Trouble]:
    cases: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for result in run.results:
        if result.error is not None:
            cases["no answer", result.error[:LENGTH]][result.case.id] = None
        for label in result.stale:
            cases["stale label", f"{label.document}: “{label.quote[:LENGTH]}”"][result.case.id] = (
                None
            )
        for name, score in result.scores.items():
            if score.value is None:
                why = f"{name}: {(score.missing or 'no reason given')[:LENGTH]}"
                cases["no value", why][result.case.id] = None
    found = [
        Trouble(run.label, kind, what, list(ids)[:EXAMPLES], len(ids))
        for (kind, what), ids in cases.items()
    ]
    return sorted(found, key=lambda trouble: (trouble.kind, -trouble.count, trouble.what))
