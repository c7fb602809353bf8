"""`plumb eval runs`: the runs that are kept."""

from __future__ import annotations

import json as encoder
from typing import Annotated

import typer

from ingestion.flags import Json, Setting, settings_from


def mount(group: typer.Typer) -> None:
    """Add the command to its group."""
    group.command("runs")(runs)


def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many to list, the latest first.")] = 20,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List the runs that are kept, the latest first."""
    settings = settings_from(context, setting)
    from evals.commands.shown import run_facts, show_runs
    from evals.errors import UnknownRun
    from evals.runs.kept import RunFolder

    folder = RunFolder(settings.evals.folder)
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
