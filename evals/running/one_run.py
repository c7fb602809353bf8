"""One run, from its plan to its results."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from app.manifest import Manifest
from evals.errors import BudgetExceeded, EvalError
from evals.running.application import Application
from evals.running.budget import Budget, Price
from evals.running.estimate import Estimate
from evals.running.failures import FailuresInARow
from evals.running.kept_results import KeptResults
from evals.running.notices import notices
from evals.running.plan import Item, Plan
from evals.running.progress import OnProgress, Progress
from evals.running.scoring import Scoring
from evals.running.settling import Settled, settle
from evals.runs.run import CaseResult, EvalRun
from prompts.errors import SettingsError

if TYPE_CHECKING:
    from evals.running.asking import Asker

logger = logging.getLogger(__name__)
FREE = Price(0.0, 0.0)


class OneRun:
    """A run that is ready to begin.

    Args:
        plan: what is asked.
        application: what is asked of.
        kept: what is known already.

    Raises:
        UnknownMetric, JudgeError: a metric of the suite cannot be had.
        SettingsError: it may cost only so much, but there is no price to hold it by.
    """

    def __init__(self, plan: Plan, application: Application, kept: KeptResults) -> None:
        self._plan = plan
        self._application = application
        self._kept = kept
        settings = plan.settings
        embed = application.embed_by(plan.version)
        self._scoring = Scoring(plan.suite.measured, settings, plan.version, embed, kept)
        self._infos = self._scoring.infos
        self._judge = self._scoring.judge
        own = plan.suite.max_cost
        self._limit = settings.evals.max_cost if own is None else own
        price = FREE if plan.is_free else Price.of(settings.prices)
        self._judge_price = Price.of(settings.judge)
        self._budget = Budget(self._limit, price)
        if self._limit is not None and self._scoring.judged and self._judge_price is None:
            raise SettingsError(
                f"the run may cost {self._limit:g} at the most, but what the judge costs is not set: "
                "set PLUMB_JUDGE_INPUT_PER_MILLION and PLUMB_JUDGE_OUTPUT_PER_MILLION."
            )
        self._missing = [item for item in plan.items if kept.get("answer", item.key) is None]

    def estimate(self) -> Estimate:
        """About what it will cost."""
        judged = len(self._scoring.judged)
        if not self._missing or (self._plan.is_free and not judged):
            return Estimate(self._plan.label, len(self._plan.items), len(self._missing))
        from evals.running.estimating import estimate

        return estimate(
            self._plan, self._missing, self._asker, judged=judged, judge_price=self._judge_price
        )

    def run(self, on_progress: OnProgress) -> EvalRun:
        """Ask and score; see `SuiteRunner.run`."""
        began, at = time.perf_counter(), datetime.now(UTC)
        for notice in notices(self._plan):
            logger.warning("%s", notice)
        if self._limit is not None:
            self._refuse_what_costs_too_much(self._limit)
        try:
            results = self._results(on_progress)
        finally:
            self._scoring.close()
        plan = self._plan
        return EvalRun(
            id=f"run_{at:%Y%m%d-%H%M%S}-{at.microsecond // 1000:03d}-{secrets.token_hex(3)}",
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
    def _asker(self) -> Asker:
        from evals.running.asking import Asker

        return Asker(self._plan, self._application, self._kept, self._budget)

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
            self._asker  # noqa: B018 - models load before the threads want them
        items = self._plan.items
        found: dict[int, CaseResult] = {}
        failures = FailuresInARow()
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

    def _as_done(self) -> Iterator[tuple[int, Settled]]:
        """Items by place with what became of them; no more are handed out than can be asked soon."""
        width = self._plan.settings.evals.concurrency
        pool = ThreadPoolExecutor(width, thread_name_prefix="eval")
        coming = iter(enumerate(self._plan.items))
        asked: dict[Future[Settled], int] = {}
        try:
            while True:
                while len(asked) < 2 * width and (following := next(coming, None)) is not None:
                    index, item = following
                    asked[pool.submit(self._settle, item)] = index
                if not asked:
                    return
                for future in wait(asked, return_when=FIRST_COMPLETED).done:
                    yield asked.pop(future), future.result()
        finally:
            # What is being asked is paid for: it is waited for, and kept.
            pool.shutdown(wait=True, cancel_futures=True)

    def _settle(self, item: Item) -> Settled:
        return settle(item, lambda: self._asker, self._scoring, self._kept, self._budget)

    def _further(self, progress: Progress, settled: Settled) -> Progress:
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
