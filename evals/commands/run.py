"""`plumb eval run`: ask a suite's questions and score the answers. Heavy imports wait until it runs."""

from __future__ import annotations

import json as encoder
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.flags import IndexUrl, Json, Setting, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.running.estimate import Estimate
    from evals.running.system import System
    from evals.suites.suite import Suite

SOME_FAILED = 3
SYSTEMS = "What is run"


def mount(group: typer.Typer) -> None:
    """Add the command to its group."""
    group.command("run")(run)


def run(
    context: typer.Context,
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help="A suite's YAML file, or a shipped suite's name.",
            show_default=False,
        ),
    ],
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            help="Version or alias of the answer prompt; may be repeated.", rich_help_panel=SYSTEMS
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="extractive, or provider:model; may be repeated.", rich_help_panel=SYSTEMS
        ),
    ] = None,
    index_version: Annotated[
        str | None,
        typer.Option(
            help="A version of the document set. Default: the suite's, else the live one.",
            rich_help_panel=SYSTEMS,
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, max=100, help="How often each question is asked.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Ask only the first of the questions.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only questions with this tag; may be repeated.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="What each run may cost at the most.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")] = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Ask a suite's questions, score the answers, and keep the run.

    Every prompt is run with every model. What an earlier run has paid for is not paid for again:
    stop it however you like, and run it again to go on. The exit code is 3 if some questions
    could not be answered.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from rich.console import Console

    from evals.commands.shown import run_facts, show_estimate, show_run
    from evals.commands.told import tell_of_new
    from evals.commands.told_progress import told_progress
    from evals.running.run import SuiteRunner
    from evals.runs.kept import RunFolder
    from evals.suites.reading import read_suite

    wanted = _with_flags(read_suite(suite), repeats=repeats, tags=tag, max_cost=max_cost)
    systems = _systems(wanted, prompt, model, index_version)
    console, notes = Console(), Console(stderr=True)
    runner, folder = SuiteRunner(settings), RunFolder(settings.evals.folder)
    facts, failed = [], False
    try:
        estimates = [runner.estimate(wanted, system, limit) for system in systems]
        show_estimate(estimates, notes)
        agree(estimates, yes, capped=_capped(wanted, settings))
        for system in systems:
            with told_progress(notes) as on_progress:
                done = runner.run(wanted, system, on_progress, limit)
            file = folder.save(done)
            failed = failed or any(result.answer is None for result in done.results)
            if json:
                facts.append(run_facts(done, file))
            else:
                show_run(done, file, console)
            tell_of_new(done, settings)
    finally:
        runner.close()
        if json and facts:
            typer.echo(encoder.dumps(facts, indent=2))
    if failed:
        raise typer.Exit(SOME_FAILED)


def _with_flags(suite: Suite, **given: Any) -> Suite:
    """The suite with what the command line says in place of its own."""
    chosen = {name: value for name, value in given.items() if value is not None}
    if "tags" in chosen:
        chosen["tags"] = tuple(chosen["tags"])
    return suite.model_copy(update=chosen)


def _systems(
    suite: Suite,
    prompts: Sequence[str] | None,
    models: Sequence[str] | None,
    index_version: str | None,
) -> list[System]:
    """Every prompt with every model."""
    from evals.running.system import System

    return [
        System(prompt=prompt, model=model, index_version=index_version)
        for prompt in dict.fromkeys(prompts or suite.prompts)
        for model in dict.fromkeys(models or suite.models or (None,))
    ]


def _capped(suite: Suite, settings: Any) -> bool:
    return suite.max_cost is not None or settings.evals.max_cost is not None


def agree(estimates: Sequence[Estimate], yes: bool, *, capped: bool) -> None:
    """Have it agreed to that money is spent; where there is nobody to ask, a bound will do."""
    unknown = any(one.cost is None for one in estimates)
    total = sum(one.cost or 0.0 for one in estimates)
    if yes or not (unknown or total):
        return
    if sys.stdin.isatty():
        what = (
            "It costs something that cannot be told" if unknown else f"It costs about {total:.4f}"
        )
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
            "set a bound with --max-cost."
        )
