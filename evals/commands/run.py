"""`plumb eval run` asks a suite's questions and scores the answers; `plumb eval runs` lists stored runs. Heavy imports wait."""

from __future__ import annotations

import json as encoder
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.commands.new_runs import Limit, SuiteName, Yes, new_runs
from ingestion.cli.flags import IndexUrl, Json, Setting, named_version, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.datasets.suite import Suite
    from evals.running.plan import System


SOME_FAILED = 3
SYSTEMS = "What is run"


def run(
    context: typer.Context,
    suite: SuiteName,
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
            help="A version of the document set, or the file that `plumb ingest --output` wrote. "
            "Default: the suite's, else the live one.",
            rich_help_panel=SYSTEMS,
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, max=100, help="How often each question is asked.")
    ] = None,
    limit: Limit = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only questions with this tag; may be repeated.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="The most that each run may cost.")
    ] = None,
    yes: Yes = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Write the run to this file, for later steps. One prompt, one model."),
    ] = None,
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

    from evals.datasets.suite import read_suite
    from evals.files import write_text
    from evals.running.console import run_facts, show_run

    wanted = _with_flags(read_suite(suite), repeats=repeats, tags=tag, max_cost=max_cost)
    systems = _systems(wanted, prompt, model, _version(wanted, index_version))
    if output is not None and len(systems) > 1:
        names = ", ".join(f"{one.prompt} {one.model or ''}".strip() for one in systems)
        raise typer.BadParameter(
            f"a file holds one run, and these are {len(systems)}: {names}; give one --prompt and at "
            "most one --model.",
            param_hint="--output",
        )
    facts, failed = [], False
    try:
        for done, file in new_runs(wanted, systems, settings, yes=yes, limit=limit):
            failed = failed or any(result.answer is None for result in done.results)
            if output is not None:
                write_text(output, done.model_dump_json(), private=True)
            if json:
                facts.append(run_facts(done, file))
            else:
                show_run(done, file, Console())
    finally:
        if json and facts:
            typer.echo(encoder.dumps(facts, indent=2))
    if failed:
        raise typer.Exit(SOME_FAILED)


def _version(suite: Suite, given: str | None) -> str | None:
    """The index version that a flag names, which must be one of the suite's document set."""
    if given is None:
        return None
    found = named_version(given)
    if found.document_set not in (None, suite.document_set):
        from evals.errors import SuiteError

        raise SuiteError(
            f"{given}: is about the document set {found.document_set!r}, and the suite "
            f"{suite.name!r} asks {suite.document_set!r}; take that set's file."
        )
    return found.version


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
    from evals.running.plan import System

    return [
        System(prompt=prompt, model=model, index_version=index_version)
        for prompt in dict.fromkeys(prompts or suite.prompts)
        for model in dict.fromkeys(models or suite.models or (None,))
    ]


def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many to list, the latest first.")] = 20,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List the runs that are kept, the latest first."""
    settings = settings_from(context, setting)
    from evals.errors import UnknownRun
    from evals.running.console import run_facts, show_runs
    from evals.running.run_store import RunStore

    folder = RunStore(settings.evals.folder)
    found = []
    for run_id in reversed(folder.ids()[-limit:]):
        try:
            found.append(folder.load(run_id))
        except UnknownRun as error:
            typer.echo(f"left out: {error}", err=True)
    if json:
        typer.echo(encoder.dumps([run_facts(run) for run in found], indent=2))
    else:
        show_runs(found, settings.evals.folder)
