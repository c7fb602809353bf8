"""Run a suite on systems: state the cost, ask for consent, run, and store the runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from evals.datasets.suite import Suite
    from evals.running.budget import CostEstimate
    from evals.running.plan import System
    from evals.running.run import EvalRun
    from evals.running.runner import SuiteRunner

SuiteName = Annotated[
    str,
    typer.Argument(
        metavar="SUITE",
        help="A suite's YAML file, or a shipped suite's name.",
        show_default=False,
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Ask only the first of the questions.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")]


def new_runs(
    suite: Suite, systems: Sequence[System], settings: Any, *, yes: bool, limit: int | None = None
) -> Iterator[tuple[EvalRun, Path]]:
    """Yield each system's run and its file; a run is logged to the tracker when the next one is requested.

    Args:
        yes: pay without asking.
        limit: how many questions are asked at most.

    Raises:
        BudgetExceeded: it costs something, and nobody agreed.
        PlumbError: as `SuiteRunner.run`.
    """
    from evals.running.runner import SuiteRunner

    runner = SuiteRunner(settings)
    try:
        yield from _runs(runner, suite, systems, settings, yes, limit)
    finally:
        runner.close()


def _runs(
    runner: SuiteRunner,
    suite: Suite,
    systems: Sequence[System],
    settings: Any,
    yes: bool,
    limit: int | None,
) -> Iterator[tuple[EvalRun, Path]]:
    from rich.console import Console

    from evals.commands.track import track_new_run
    from evals.running.console import progress_display, show_estimate
    from evals.running.run_store import RunStore

    notes, folder = Console(stderr=True), RunStore(settings.evals.folder)
    estimates = [runner.estimate(suite, system, limit) for system in systems]
    show_estimate(estimates, notes)
    agree(estimates, yes, capped=(suite.max_cost, settings.evals.max_cost) != (None, None))
    for system in systems:
        with progress_display(notes) as on_progress:
            done = runner.run(suite, system, on_progress, limit)
        yield done, folder.save(done)
        track_new_run(done, settings)


def agree(estimates: Sequence[CostEstimate], yes: bool, *, capped: bool) -> None:
    """Have it agreed to that money is spent; if there is nobody to ask, a limit will do."""
    unknown = any(one.cost is None for one in estimates)
    total = sum(one.cost or 0.0 for one in estimates)
    if yes or not (unknown or total):
        return
    if sys.stdin.isatty():
        what = "Its cost is unknown" if unknown else f"It costs about {total:.4f}"
        typer.confirm(f"{what}. Go on?", abort=True, err=True)
        return
    from evals.errors import BudgetExceeded

    if unknown:
        raise BudgetExceeded(
            "what the run costs is not known and there is nobody to ask: set "
            "PLUMB_PRICES_INPUT_PER_MILLION and PLUMB_PRICES_OUTPUT_PER_MILLION (0 for a model that "
            "is free; the judge's likewise), or agree with --yes."
        )
    if not capped:
        raise BudgetExceeded(
            f"the run would cost about {total:.4f} and there is nobody to ask: agree with --yes, or "
            "set a limit with --max-cost."
        )
