"""Run suites on systems."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from app.errors import ChatModelFailed, ChatModelResting
from app.manifest import Manifest
from evals.datasets.suite import Suite
from evals.errors import BudgetExceeded, EvalError
from evals.running.application import Application
from evals.running.budget import Budget, CostEstimate, Price
from evals.running.plan import Plan, PlannedCase, System, make_plan, plan_warnings
from evals.running.result_cache import ResultCache
from evals.running.run import CaseResult, EvalRun
from evals.running.run_case import CaseOutcome, run_case
from evals.running.run_store import RUN_PREFIX
from evals.running.scoring import Scorer
from evals.settings import Settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from prompts.errors import SettingsError

if TYPE_CHECKING:
    from evals.running.answer_case import CaseAnswerer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        label: the system that is run.
        total: answers wanted, repeats counted.
        done: those that are there, failed ones too.
        kept: of these, those that an earlier run had paid for.
        failed: of these, how many failed.
        spent: what the run has cost so far; None if unknown.
    """

    label: str
    total: int
    done: int = 0
    kept: int = 0
    failed: int = 0
    spent: float | None = 0.0


OnProgress: TypeAlias = Callable[[Progress], None]

MAX_FAILURES = 8


class ConsecutiveFailures:
    """Counts failures of one kind that no success comes between; not safe between threads."""

    def __init__(self) -> None:
        self._kind: type[Exception] | None = None
        self._count = 0
        self._first = ""

    def note(self, error: Exception | None) -> None:
        """Take note of what became of a case; None is a success.

        Raises:
            EvalError: this was one failure too many of its kind.
        """
        kind = None if error is None else _failure_kind(error)
        if kind is None or kind is not self._kind:
            self._kind, self._count, self._first = kind, 0, str(error)
        if kind is None:
            return
        self._count += 1
        if self._count >= MAX_FAILURES:
            first_error = " ".join(self._first.split()).rstrip(".")
            raise EvalError(
                f"stopped after {self._count} failures in a row, the first: {first_error}. What is done is "
                "kept: fix the cause and run it again to go on."
            ) from error


def _failure_kind(error: Exception) -> type[Exception]:
    """A model that rests does so because it failed."""
    return ChatModelFailed if isinstance(error, ChatModelResting) else type(error)


logger = logging.getLogger(__name__)
FREE = Price(0.0, 0.0)


class SuiteRun:
    """A run that is ready to begin.

    Args:
        plan: the cases, prompt and index version.
        application: what answers.
        cache: results of earlier runs.

    Raises:
        UnknownMetric, JudgeError: a metric of the suite is unavailable.
        SettingsError: it may cost only so much, but there is no price to hold it by.
    """

    def __init__(self, plan: Plan, application: Application, cache: ResultCache) -> None:
        self._plan = plan
        self._application = application
        self._cache = cache
        settings = plan.settings
        embed = application.embed_with_model_of(plan.version)
        self._scorer = Scorer(plan.suite.metric_names, settings, plan.version, embed, cache)
        self._infos = self._scorer.infos
        self._judge = self._scorer.judge
        own = plan.suite.max_cost
        self._limit = settings.evals.max_cost if own is None else own
        price = FREE if plan.is_free else Price.of(settings.prices)
        self._judge_price = Price.of(settings.judge)
        self._budget = Budget(self._limit, price)
        if self._limit is not None and self._scorer.judged and self._judge_price is None:
            raise SettingsError(
                f"the run may cost {self._limit:g} at most, but what the judge costs is not set: "
                "set PLUMB_JUDGE_INPUT_PER_MILLION and PLUMB_JUDGE_OUTPUT_PER_MILLION."
            )
        self._missing = [item for item in plan.items if cache.get("answer", item.key) is None]

    def estimate(self) -> CostEstimate:
        """About what it will cost."""
        judged = len(self._scorer.judged)
        if not self._missing or (self._plan.is_free and not judged):
            return CostEstimate(self._plan.label, len(self._plan.items), len(self._missing))
        from evals.running.cost_estimate import estimate_cost

        return estimate_cost(
            self._plan, self._missing, self._answerer, judged=judged, judge_price=self._judge_price
        )

    def run(self, on_progress: OnProgress) -> EvalRun:
        """Ask and score; see `SuiteRunner.run`."""
        began, at = time.perf_counter(), datetime.now(UTC)
        for notice in plan_warnings(self._plan):
            logger.warning("%s", notice)
        if self._limit is not None:
            self._refuse_what_costs_too_much(self._limit)
        try:
            results = self._results(on_progress)
        finally:
            self._scorer.close()
        plan = self._plan
        return EvalRun(
            id=f"{RUN_PREFIX}{at:%Y%m%d-%H%M%S}-{at.microsecond // 1000:03d}-{secrets.token_hex(3)}",
            at=at,
            seconds=round(time.perf_counter() - began, 3),
            suite=plan.suite.name,
            suite_hash=plan.hash,
            dataset=plan.dataset,
            label=plan.label,
            manifest=self._manifest(results),
            judge=self._judge,
            metrics=self._infos,
            repeats=plan.suite.repeats,
            results=results,
        )

    @cached_property
    def _answerer(self) -> CaseAnswerer:
        from evals.running.answer_case import CaseAnswerer

        return CaseAnswerer(self._plan, self._application, self._cache, self._budget)

    def _refuse_what_costs_too_much(self, limit: float) -> None:
        expected = self.estimate()
        if expected.cost is not None and expected.cost > limit:
            raise BudgetExceeded(
                f"suite {self._plan.suite.name!r} on {self._plan.label}: would cost about "
                f"{expected.cost:.4f} for {expected.to_ask} answers and may cost {limit:g} at the "
                "most; nothing was asked. Raise max_cost (or --max-cost), or ask fewer with --limit."
            )

    def _results(self, on_progress: OnProgress) -> list[CaseResult]:
        """Of all items, in their order."""
        if self._missing:
            self._answerer  # noqa: B018 - models load before the threads want them
        items = self._plan.items
        found: dict[int, CaseResult] = {}
        failures = ConsecutiveFailures()
        progress = Progress(self._plan.label, len(items))
        on_progress(progress)
        for index, settled in self._as_done():
            found[index] = settled.result
            progress = self._further(progress, settled)
            on_progress(progress)
            if not settled.result.kept:
                failures.note(settled.error)
        results = [found[index] for index in range(len(items))]
        if all(result.answer is None for result in results):
            raise EvalError(f"no question could be answered; the first: {results[0].error}")
        return results

    def _as_done(self) -> Iterator[tuple[int, CaseOutcome]]:
        """Items by place with what became of them; no more are handed out than can be asked soon."""
        width = self._plan.settings.evals.concurrency
        pool = ThreadPoolExecutor(width, thread_name_prefix="eval")
        coming = iter(enumerate(self._plan.items))
        running: dict[Future[CaseOutcome], int] = {}
        try:
            while True:
                while len(running) < 2 * width and (following := next(coming, None)) is not None:
                    index, item = following
                    running[pool.submit(self._settle, item)] = index
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            # What is being asked is paid for: it is waited for, and kept.
            pool.shutdown(wait=True, cancel_futures=True)

    def _settle(self, item: PlannedCase) -> CaseOutcome:
        return run_case(item, lambda: self._answerer, self._scorer, self._cache, self._budget)

    def _further(self, progress: Progress, settled: CaseOutcome) -> Progress:
        return replace(
            progress,
            done=progress.done + 1,
            kept=progress.kept + settled.result.kept,
            failed=progress.failed + (settled.result.error is not None),
            spent=None if self._budget.price is None else self._budget.spent,
        )

    def _manifest(self, results: list[CaseResult]) -> Manifest:
        manifest = next(result.answer.manifest for result in results if result.answer)
        return manifest.model_copy(update={"condensed_by": None})


class SuiteRunner:
    """Runs suites, one at a time, from any thread.

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
        self._cache = ResultCache(settings.evals.folder)
        self._one_at_a_time = threading.Lock()

    def estimate(self, suite: Suite, system: System, limit: int | None = None) -> CostEstimate:
        """About what `run` would take and cost; see there. Nothing is paid for it."""
        with self._one_at_a_time:
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
        again; where only passages were looked up again and came out the same, the model is not. A
        case that fails is a result with an error, and the run continues.

        Args:
            suite: as `evals.datasets.suite.read_suite` gives it.
            system: what answers.
            on_progress: called after each case.
            limit: how many cases are asked at most; None: all.

        Raises:
            DatasetError, SuiteError, UnknownMetric: the suite cannot be run.
            PlumbError: the system does not exist, or cannot answer at all.
            BudgetExceeded: it would exceed, or has exceeded, its budget.
            JudgeError: the judge is unavailable.
            EvalError: too many cases in a row failed in the same way, or all did.
        """
        with self._one_at_a_time:
            return self._prepared(suite, system, limit).run(on_progress)

    def close(self) -> None:
        """Close the index and the result cache."""
        self._application.close()
        self._cache.close()

    def _prepared(self, suite: Suite, system: System, limit: int | None) -> SuiteRun:
        plan = make_plan(suite, system, limit, self._application, self._cache)
        return SuiteRun(plan, self._application, self._cache)
