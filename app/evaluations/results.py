"""Read results of evaluations: figures of runs, verdicts of gates, reports.

Layout of the folder `evals.folder`, which `evals` writes:

    figures/run_….json       the figures of a run, without its answers
    verdicts/TIME-vd_….json  a verdict of a gate
    reports/….html           reports; the gate also writes some beside these folders
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

FIGURES, VERDICTS, REPORTS = "figures", "verdicts", "reports"
REPORT_NAME = re.compile(r"[A-Za-z0-9_][\w.@+-]{0,199}\.html", re.ASCII)
# A file with more is none of these.
MOST_BYTES = 5_000_000


class Stored(BaseModel):
    """What is read of a file; further fields are for others."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class MetricFigures(Stored):
    """One metric over a run.

    Attributes:
        name: the metric.
        better: which way is better.
        unit: `share` (0 to 1), `ms`, `tokens`, `cost`, …
        cases: cases that it has a value for.
        mean: the mean over these; None if there is no value.
        interval: 95 % interval of the mean; None if there are too few cases.
    """

    name: str
    better: Literal["higher", "lower"]
    unit: str
    cases: int
    mean: float | None
    interval: tuple[float, float] | None


class RunFigures(Stored):
    """A run of a suite in figures.

    Attributes:
        id, at, seconds, suite, label: see `evals.running.run.EvalRun`.
        document_set, index_version, prompt, model: what answered.
        answers: how many were asked for.
        failed: of these, how many failed.
        cost: what the answers cost; None if unknown.
        metrics: in the suite's order.
    """

    id: str
    at: datetime
    seconds: float
    suite: str
    label: str
    document_set: str
    index_version: str
    prompt: str
    model: str
    answers: int
    failed: int
    cost: float | None
    metrics: list[MetricFigures]


class Comparison(Stored):
    """One metric of a verdict; see `evals.gate.verdict.Comparison`."""

    metric: str
    slice: str | None = None
    baseline: float | None
    candidate: float | None
    difference: float | None
    interval: tuple[float, float] | None = None
    outcome: str
    gates: bool = True
    fails: bool = False
    reason: str


class Verdict(Stored):
    """Whether a candidate may replace a baseline; see `evals.gate.verdict.Verdict`."""

    id: str
    passes: bool
    sentence: str
    at: datetime
    suite: str
    baseline_run: str
    candidate_run: str
    baseline_label: str
    candidate_label: str
    comparisons: list[Comparison]


class Results(NamedTuple):
    """What the folder holds, newest first.

    Attributes:
        runs: the figures of runs.
        verdicts: the verdicts.
        reports: names of reports.
        unreadable: names of files that cannot be read.
        without_figures: how many runs have no figures, since an older version kept them.
    """

    runs: list[RunFigures]
    verdicts: list[Verdict]
    reports: list[str]
    unreadable: list[str]
    without_figures: int


Kind = TypeVar("Kind", bound=Stored)


class EvaluationResults:
    """The results in a folder, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser()

    def newest(self, most: int) -> Results:
        """The newest of each kind, at most so many."""
        unreadable: list[str] = []
        figures = self._files(FIGURES, "run_*.json")
        runs = self._read(figures[:most], RunFigures, unreadable.append)
        verdicts = self._read(
            self._files(VERDICTS, "*-vd_*.json")[:most], Verdict, unreadable.append
        )
        kept = {file.name for file in self._files("runs", "run_*.json")}
        return Results(
            runs=runs,
            verdicts=verdicts,
            reports=[file.name for file in self._reports()][:most],
            unreadable=unreadable,
            without_figures=len(kept - {file.name for file in figures}),
        )

    def report(self, name: str) -> Path | None:
        """The file of a report; None: there is none of this name inside the folder."""
        if not REPORT_NAME.fullmatch(name):
            return None
        try:
            root = self.folder.resolve()
            for file in (self.folder / REPORTS / name, self.folder / name):
                # A link may lead elsewhere.
                if file.is_file() and file.resolve().is_relative_to(root):
                    return file
        except OSError:
            return None
        return None

    def _reports(self) -> list[Path]:
        files = [*self._files(REPORTS, "*.html"), *self._files(".", "*.html")]
        return [file for file in files if REPORT_NAME.fullmatch(file.name)]

    def _files(self, folder: str, pattern: str) -> list[Path]:
        """Files of a folder, the newest first: their names begin with the time."""
        try:
            return sorted((self.folder / folder).glob(pattern), reverse=True)
        except OSError:
            return []

    @staticmethod
    def _read(
        files: Iterable[Path], kind: type[Kind], on_unreadable: Callable[[str], None]
    ) -> list[Kind]:
        found: list[Kind] = []
        for file in files:
            try:
                if file.stat().st_size > MOST_BYTES:
                    raise ValueError("too large")
                found.append(kind.model_validate_json(file.read_bytes()))
            except (OSError, ValidationError, ValueError):
                on_unreadable(file.name)
        return found
