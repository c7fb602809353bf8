"""Run suites on systems."""

from __future__ import annotations

import threading

from evals.running.application import Application
from evals.running.estimate import Estimate
from evals.running.kept_results import KeptResults
from evals.running.one_run import OneRun
from evals.running.plan import make_plan
from evals.running.progress import OnProgress
from evals.running.system import System
from evals.runs.run import EvalRun
from evals.settings import Settings
from evals.suites.suite import Suite
from ingestion.embedding import Embedder
from ingestion.index.protocol import IndexStore


class SuiteRunner:
    """Runs suites; one at a time, whoever calls.

    Args:
        settings: the settings; what a suite and a system say wins over them.
        store: the index of the settings, where it is open already.
        embedder: the embedding model of the settings, where it is loaded already.

    Raises:
        EvalError: `evals.folder` cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        store: IndexStore | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self._application = Application(settings, store, embedder)
        self._kept = KeptResults(settings.evals.folder)
        self._turn = threading.Lock()

    def estimate(self, suite: Suite, system: System, limit: int | None = None) -> Estimate:
        """About what `run` would take and cost; see there. Nothing is paid for it."""
        with self._turn:
            return self._prepared(suite, system, limit).estimate()

    def run(
        self,
        suite: Suite,
        system: System,
        on_progress: OnProgress = lambda _: None,
        limit: int | None = None,
    ) -> EvalRun:
        """Ask every case as often as the suite says, and score the answers.

        What was asked before, of the same index version by the same prompt and model, is not asked
        again; where only passages were looked up anew and came out the same, the model is not. A
        case that fails is a result with an error, and the others go on.

        Args:
            suite: as `evals.suites.reading.read_suite` gives it.
            system: what answers.
            on_progress: told after each case.
            limit: how many cases are asked at the most; None: all.

        Raises:
            DatasetError, SuiteError, UnknownMetric: the suite cannot be run.
            PlumbError: the system does not exist, or cannot answer at all.
            BudgetExceeded: it would cost more than it may, or has.
            JudgeError: the judge cannot be had.
            EvalError: too many cases in a row failed in the same way, or all did.
        """
        with self._turn:
            return self._prepared(suite, system, limit).run(on_progress)

    def close(self) -> None:
        """Let go of the index and of what is kept."""
        self._application.close()
        self._kept.close()

    def _prepared(self, suite: Suite, system: System, limit: int | None) -> OneRun:
        plan = make_plan(suite, system, limit, self._application, self._kept)
        return OneRun(plan, self._application, self._kept)
